import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { built } from './parts/command.ts';
import { type FlawedProxy, startFlawedProxy } from './parts/flawed-proxy.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { seedBucket, seedNetwork, seedQueue, seedRole, seedTasks } from './parts/moto-seeds.ts';
import { takeMessages } from './parts/queued-messages.ts';

const prefix = 'prom-emf-real';
const documentsPrefix = '/prom-emf/real';
const ROLE = 'prom-emf-real-discovery';
const PROMETHEUS = 'scrape_configs: [{job_name: ecs, file_sd_configs: [{files: [/tmp/cwagent_ecs_auto_sd.yaml]}]}]';
const AGENT = {
  logs: {
    metrics_collected: {
      prometheus: {
        ecs_service_discovery: {
          task_definition_list: [{ sd_metrics_ports: '9404', sd_task_definition_arn_pattern: ':task-definition/web:' }],
        },
      },
    },
  },
};

type Report = {
  readonly cluster: string;
  readonly targets: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly arn: string; readonly reason: string }[];
};

// The tests stand on each other's results: the second account is throttled after it was read once.
describe('clusters of two accounts', () => {
  let moto: MotoPart;
  let proxy: FlawedProxy;
  let env: Readonly<Record<string, string>>;
  let discover: FunctionPart;
  const { kept } = keeping();
  const start = (more: Readonly<Record<string, string>> = {}) =>
    kept(
      startFunction({
        bundleDir: built('functions', 'discover'),
        handler: 'handler.handler',
        env: { ...env, ...more },
        timeoutMs: 50_000,
      }),
    );

  beforeAll(async () => {
    moto = await kept(startMoto());
    proxy = await kept(startFlawedProxy(moto.url));
    await seedQueue(moto.client, `${prefix}-shards`);
    await seedBucket(moto.client, `${prefix}-123456789012-eu-west-1`);
    const far = await seedRole(moto.client, '222222222222', ROLE);
    const containers = [{ name: 'web', containerPorts: [9404] }];
    for (const [client, clusterName, count] of [
      [moto.client, 'near', 1],
      [far.client, 'far', 2],
    ] as const) {
      await seedTasks(client, await seedNetwork(client), { clusterName, family: 'web', containers, count });
      await seedDocuments(moto, clusterName);
    }
    const remote = [{ name: 'far', region: 'eu-west-1', role_arn: far.arn, external_id: 'shared' }];
    env = {
      ...moto.environment,
      AWS_ENDPOINT_URL_ECS: proxy.url,
      AWS_ENDPOINT_URL_STS: proxy.url,
      DOCUMENTS_PREFIX: documentsPrefix,
      BUCKET_PREFIX: prefix,
      QUEUE_NAME: `${prefix}-shards`,
      CLUSTERS: 'near',
      REMOTE_CLUSTERS: JSON.stringify(remote),
    };
    discover = await start();
  });

  const run = async (part: FunctionPart) => {
    const outcome = await part.invoke({ scheduled_time: new Date().toISOString() });
    if (outcome.kind !== 'response') throw new Error(JSON.stringify(outcome));
    const { reports } = outcome.response as { reports: readonly Report[] };
    return Object.fromEntries(reports.map((report) => [report.cluster, report]));
  };

  it('are not visible to each other', async () => {
    const ecs = new ECSClient(moto.client);
    await expect(ecs.send(new ListTasksCommand({ cluster: 'far' }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });

  it('are read in one tick, each in its role, and their targets queued', async () => {
    const { near, far } = await run(discover);
    expect([near?.targets, far?.targets]).toEqual([{ web: 1 }, { web: 2 }]);
    expect([near?.failures, far?.failures]).toEqual([[], []]);
    const queued = await clustersQueued(moto);
    expect(queued.sort()).toEqual(['far', 'near']);
  });

  it('keep their targets while their tasks cannot be listed, also in a process that never saw them', async () => {
    proxy.judge = (call) => (call.endsWith('.ListTasks') ? 'refused' : 'passed');
    for (const part of [discover, await start()]) {
      const { near, far } = await run(part);
      expect([near?.targets, far?.targets]).toEqual([{ web: 1 }, { web: 2 }]);
      expect(far?.failures).toEqual([
        {
          arn: 'far',
          reason:
            'cluster "far" in eu-west-1: ListTasks: AccessDeniedException: refused by the test; allow the role of discover to list and describe the tasks of this cluster; its tasks of 0 minutes ago are scraped',
        },
      ]);
    }
    proxy.judge = () => 'passed';
  });

  it('do not harm each other when a role cannot be assumed', async () => {
    const wrong = [{ name: 'far2', role_arn: 'arn:aws:iam::222222222222:role/other' }];
    proxy.judge = (call) => (call === 'POST /' ? 'refused' : 'passed');
    const { near, far2 } = await run(await start({ REMOTE_CLUSTERS: JSON.stringify(wrong) }));
    expect(near?.targets).toEqual({ web: 1 });
    expect(far2).toBeUndefined();
    proxy.judge = () => 'passed';
  });
});

async function seedDocuments(moto: MotoPart, cluster: string): Promise<void> {
  const ssm = new SSMClient(moto.client);
  for (const [kind, Value] of [
    ['prometheus', PROMETHEUS],
    ['agent', JSON.stringify(AGENT)],
  ])
    await ssm.send(
      new PutParameterCommand({ Name: `${documentsPrefix}/${cluster}/web/${kind}`, Value, Type: 'String' }),
    );
  ssm.destroy();
}

async function clustersQueued(moto: MotoPart): Promise<string[]> {
  const messages = await takeMessages(moto, `${prefix}-shards`);
  return messages.map(({ body }) => (JSON.parse(body) as { cluster: string }).cluster);
}
