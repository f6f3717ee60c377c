import { setTimeout as sleep } from 'node:timers/promises';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { SSMClient } from '@aws-sdk/client-ssm';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Cluster } from '../ports.ts';
import { CLIENT_TIMEOUTS } from './client-timeouts.ts';
import { type RequestBudget, type RequestCategory, requestBudget } from './request-budget.ts';

/** Where a client calls, and as whom; what is absent is as the AWS SDK finds it. */
export type ClientSettings = {
  readonly region?: string;
  readonly credentials?: ReturnType<typeof fromTemporaryCredentials>;
};

/** How clients are made. */
export type EcsClients = {
  readonly ecs: (settings: ClientSettings) => ECSClient;
  readonly ec2: (settings: ClientSettings) => EC2Client;
  readonly ssm: (settings: ClientSettings) => SSMClient;
  readonly cloudMap: (settings: ClientSettings) => ServiceDiscoveryClient;
};

/**
 * Retries with jitter, within the request budget below. The SDK's adaptive mode would go down to a request in two seconds
 * for all clusters of an account and region: 30 pages of which ECS throttles a third took 15 to 27 seconds, and take 7 to 11.
 */
const CLIENT = {
  maxAttempts: 4,
  retryMode: 'standard',
  ...CLIENT_TIMEOUTS,
} as const;

/** Clients that keep within the budget of an account and region. `deadline`: of the last request, Unix ms. */
export function budgetedClients(deadline: () => number = () => Number.POSITIVE_INFINITY): EcsClients {
  const within = <Client extends ECSClient | EC2Client | SSMClient | ServiceDiscoveryClient>(
    client: Client,
  ): Client => {
    keepWithin(requestBudget({ clock: Date.now, sleep, deadline }), client as ECSClient);
    endAt(deadline, client as ECSClient);
    return client;
  };
  return {
    ecs: (settings) => within(new ECSClient({ ...CLIENT, ...settings })),
    ec2: (settings) => within(new EC2Client({ ...CLIENT, ...settings })),
    ssm: (settings) => within(new SSMClient({ ...CLIENT, ...settings })),
    cloudMap: (settings) => within(new ServiceDiscoveryClient({ ...CLIENT, ...settings })),
  };
}

/** After the SDK's own retries in the order of things, so that each attempt counts. */
function keepWithin(budget: RequestBudget, { middlewareStack }: Pick<ECSClient, 'middlewareStack'>): void {
  middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        await budget(categoryOf(commandName));
        return next(args);
      },
    { step: 'finalizeRequest', priority: 'low', name: 'requestBudget' },
  );
}

/** Before the SDK's own retries: their waits, and the wait for an answer, know no end of an invocation. */
function endAt(deadline: () => number, { middlewareStack }: Pick<ECSClient, 'middlewareStack'>): void {
  middlewareStack.add(
    (next, { commandName = 'the call' }) =>
      async (args) => {
        const leftMs = deadline() - Date.now();
        if (leftMs === Number.POSITIVE_INFINITY) return next(args);
        let timer: NodeJS.Timeout | undefined;
        const over = new Promise<never>((_, reject) => {
          const error = new Error(
            `no time left in this invocation: ${commandName.replace(/Command$/, '')} was not answered`,
          );
          timer = setTimeout(() => reject(error), Math.max(0, leftMs));
        });
        try {
          return await Promise.race([next(args), over]);
        } finally {
          clearTimeout(timer);
        }
      },
    { step: 'initialize', priority: 'high', name: 'deadline' },
  );
}

/** ECS counts requests by what they read. */
function categoryOf(commandName: string): RequestCategory {
  if (commandName.includes('TaskDefinition')) return 'TaskDefinition';
  return commandName.includes('Services') ? 'Services' : 'resources';
}

/** What the services answer to credentials that no longer count, although they have not reached their expiry. */
const EXPIRED = /ExpiredToken|InvalidClientTokenId|UnrecognizedClient/;

/**
 * Calls with the client of a cluster's region and role; there is one for each. A role is assumed when it is first
 * needed, its credentials are used until shortly before they expire, and it is assumed anew when they are refused.
 */
export function perCluster<Client>(create: (settings: ClientSettings) => Client) {
  const clients = new Map<string, Client>();
  return async <Result>(cluster: Cluster, call: (client: Client) => Promise<Result>): Promise<Result> => {
    const { region, role_arn, external_id } = cluster;
    const key = JSON.stringify([region, role_arn, external_id]);
    const clientOf = () => {
      const client = clients.get(key) ?? create(settingsOf(cluster));
      clients.set(key, client);
      return client;
    };
    try {
      return await call(clientOf());
    } catch (error) {
      if (role_arn === undefined || !EXPIRED.test((error as Error).name)) throw error;
      clients.delete(key);
      return call(clientOf());
    }
  };
}

function settingsOf({ region, role_arn, external_id }: Cluster): ClientSettings {
  const place = region === undefined ? {} : { region };
  if (role_arn === undefined) return place;
  const params = { RoleArn: role_arn, RoleSessionName: 'prom-emf', ...(external_id && { ExternalId: external_id }) };
  return { ...place, credentials: fromTemporaryCredentials({ params }) };
}
