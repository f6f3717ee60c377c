import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../fleet.ts';
import { seededRandom } from '../random.ts';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService } from './call.ts';
import { ec2Service } from './ec2.ts';
import { ecsService } from './ecs.ts';
import { addFault, errorOf, type Fault, type FaultEffect, type Faults, faultsMeeting } from './faults.ts';
import { readCall } from './request.ts';
import { type S3Objects, s3Service } from './s3.ts';
import { type QueuedMessage, type SqsQueue, sqsService } from './sqs.ts';
import { type SsmParameters, ssmService } from './ssm.ts';
import { type Sessions, stsService } from './sts.ts';
import { element, escaped } from './xml.ts';

/** So many calls of an operation, by who called and the cluster that they named. */
export type CallCount = Pick<AwsCall, 'service' | 'operation' | 'caller' | 'cluster'> & { readonly count: number };

export type AwsServer = {
  readonly url: string;
  readonly objects: S3Objects;
  readonly parameters: SsmParameters;
  /** The calls since the last time, also those that were answered with an error. */
  readonly takeCalls: () => readonly CallCount[];
  /** The messages in the queue, which is empty then. */
  readonly takeMessages: () => readonly QueuedMessage[];
  /** Puts a fault in force; the function that is returned ends it. */
  readonly addFault: (fault: Fault) => () => void;
  readonly stop: () => Promise<void>;
};

export type AwsServerSettings = {
  readonly fleet: Fleet;
  readonly region: string;
  readonly queueName: string;
  readonly seed: number;
  /** How long the credentials of assumed roles are good, where that is not as long as was asked for. */
  readonly sessionMs?: (() => number | undefined) | undefined;
};

type Site = { readonly services: Readonly<Record<string, AwsService>>; readonly sessions: Sessions };

/** The AWS APIs that the functions call, in the protocols of their clients, at one loopback address. */
export async function startAws({ fleet, region, queueName, seed, sessionMs }: AwsServerSettings): Promise<AwsServer> {
  const objects: S3Objects = new Map();
  const parameters: SsmParameters = new Map();
  const queue: SqsQueue = { name: queueName, messages: [], sent: 0 };
  const sessions: Sessions = new Map();
  const faults: Faults = { list: [], random: seededRandom(seed) };
  let counts = new Map<string, CallCount>();

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const services = {
    ecs: ecsService(fleet, region),
    ec2: ec2Service(fleet),
    s3: s3Service(objects),
    sqs: sqsService(queue, `${url}/000000000000/${queueName}`),
    ssm: ssmService(parameters),
    sts: stsService(sessions, sessionMs),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request, sessions);
    const { service, operation, caller, cluster } = call;
    const key = JSON.stringify([service, operation, caller, cluster]);
    counts.set(key, { service, operation, caller, cluster, count: (counts.get(key)?.count ?? 0) + 1 });
    const effects = faultsMeeting(faults, call);
    for (const effect of effects) if (effect.effect === 'latency') await sleep(effect.ms);
    if (await isCut(call, effects)) {
      request.socket.destroy();
      return;
    }
    const { status, headers, body } = perform(call, effects, { services, sessions });
    for (const effect of effects)
      if (effect.effect === 'event' && effect.when === 'after') await effect.run(call, status);
    if (effects.some(({ effect }) => effect === 'lost_response')) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': contentType(service), ...headers });
    response.end(body);
  }

  return {
    url,
    objects,
    parameters,
    takeCalls: () => {
      const taken = [...counts.values()];
      counts = new Map();
      return taken;
    },
    takeMessages: () => queue.messages.splice(0),
    addFault: (fault) => addFault(faults, fault),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Whether an event before the call keeps it from being done. */
async function isCut(call: AwsCall, effects: readonly FaultEffect[]): Promise<boolean> {
  for (const effect of effects)
    if (effect.effect === 'event' && effect.when === 'before' && (await effect.run(call)) === 'cut') return true;
  return false;
}

function perform(call: AwsCall, effects: readonly FaultEffect[], { services, sessions }: Site): AwsAnswer {
  try {
    for (const effect of [...effects, ...expiry(call, sessions)]) {
      const error = errorOf(call, effect);
      if (error !== undefined) throw error;
    }
    const service = services[call.service];
    if (service === undefined) throw new AwsError('UnknownOperationException', `${call.service} is not simulated`);
    return service(call);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return errorAnswer(call, error);
  }
}

function expiry({ headers }: AwsCall, sessions: Sessions): readonly FaultEffect[] {
  const token = /^session-of-(.*)$/.exec(String(headers['x-amz-security-token'] ?? ''))?.[1];
  const session = token === undefined ? undefined : sessions.get(token);
  return session !== undefined && session.expiresAtMs <= Date.now() ? [{ effect: 'expired_token' }] : [];
}

function contentType(service: string): string {
  if (service === 's3' || service === 'ec2' || service === 'sts') return 'text/xml';
  return service === 'sqs' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1';
}

/** An error in the protocol of its service. */
function errorAnswer({ service, method }: AwsCall, { code, message, status }: AwsError): AwsAnswer {
  const texts = `${element('Code', code)}${element('Message', escaped(message))}`;
  switch (service) {
    case 's3':
      // The answer to HEAD has no body, so that the client can only go by the status.
      return { status, body: method === 'HEAD' ? '' : element('Error', texts) };
    case 'ec2':
      return { status, body: element('Response', element('Errors', element('Error', texts))) };
    case 'sts':
      return { status, body: element('ErrorResponse', element('Error', texts)) };
    default:
      return { status, body: JSON.stringify({ __type: code, message }) };
  }
}
