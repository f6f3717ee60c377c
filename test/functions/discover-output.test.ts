import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memorySsm, mockSsm } from '../lib/io/memory-ssm.ts';
import { selfValues } from '../self-values.ts';
import { memoryS3 } from './memory-s3.ts';
import { type Output, takeOutput } from './output.ts';

const ssm = mockSsm();
const s3 = memoryS3();
const ecs = mockClient(ECSClient);
const sqs = mockClient(SQSClient);
const DUE = '2026-01-01T00:00:00Z';
const STEADY = { TasksFound: 0, ApiCalls: 1, DiscoveryTime: expect.any(Number) };

let output: Output;
let documents: ReturnType<typeof memorySsm>;
beforeEach(() => {
  ssm.reset();
  ecs.reset();
  sqs.reset();
  s3.clear();
  vi.resetModules();
  documents = memorySsm(ssm);
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'http://127.0.0.1/queue' });
  sqs.on(SendMessageCommand).resolves({ MessageId: 'm' });
  output = takeOutput();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Documents of a family that discovers tasks by their definition. */
function store(cluster: string, family: string, options: object = {}): void {
  const ecs_service_discovery = {
    task_definition_list: [{ sd_metrics_ports: '9404', sd_task_definition_arn_pattern: 'web' }],
  };
  const agent = { logs: { metrics_collected: { prometheus: { ecs_service_discovery } } } };
  const scrape_configs = [{ job_name: 'ecs', file_sd_configs: [{ files: ['/tmp/cwagent_ecs_auto_sd.yaml'] }] }];
  for (const [kind, document] of Object.entries({ prometheus: { scrape_configs }, agent, options }))
    documents.put(`/prom-emf/dev/${cluster}/${family}/${kind}`, JSON.stringify(document));
}

async function discover(CLUSTERS: string, SELF_METRICS = 'cluster') {
  const settings = { STAGE: 'dev', BUCKET_PREFIX: 'b', QUEUE_NAME: 'q', DOCUMENTS_PREFIX: '/prom-emf/dev' };
  for (const [name, value] of Object.entries({ ...settings, CLUSTERS, SELF_METRICS, AWS_REGION: 'eu-west-1' }))
    vi.stubEnv(name, value);
  const { handler } = await import('../../functions/discover.ts');
  const invokedFunctionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:discover';
  return handler({ scheduled_time: DUE }, { invokedFunctionArn, getRemainingTimeInMillis: () => 50_000 } as Context);
}

describe("discover's self-metrics", () => {
  it('are all that is on stdout: a document for each cluster, with the time of the tick', async () => {
    store('prod', 'web');
    store('tools', 'web');
    await discover('prod,tools');
    expect(selfValues(output.stdout)).toEqual({
      prod: { TargetsFound: 0, ...STEADY },
      tools: { TargetsFound: 0, ...STEADY },
    });
    expect(output.stdout.map((line) => JSON.parse(line)._aws.Timestamp)).toEqual([Date.parse(DUE), Date.parse(DUE)]);
  });

  it('tell a cluster that failed, and the others as ever', async () => {
    store('prod', 'web');
    store('tools', 'web');
    const denied = Object.assign(new Error('not allowed\u2028\u001b[31m'), { name: 'AccessDeniedException' });
    ecs.on(ListTasksCommand, { cluster: 'tools' }).rejects(denied);
    await discover('prod,tools');
    const failed = { DiscoveryTime: expect.any(Number), DiscoveryFailures: 1 };
    expect(selfValues(output.stdout)).toEqual({
      prod: { TargetsFound: 0, ...STEADY },
      tools: failed,
      dev: { DiscoveryFailures: 1 },
    });
    expect(output.stderr[0]).toContain('cluster tools: DiscoveryError: cluster "tools": ListTasks: AccessDenied');
    expect(output.stderr[0]).toContain('not allowed\\u2028\\u001b[31m');
  });

  it('tell that no cluster could be read, although the invocation fails', async () => {
    await expect(discover('prod')).rejects.toThrow('there are no documents under /prom-emf/dev/prod/');
    expect(selfValues(output.stdout)).toMatchObject({ prod: { DiscoveryFailures: 1 }, dev: { DiscoveryFailures: 1 } });
  });

  it('count families that are paused, of which nothing is asked or queued', async () => {
    store('prod', 'web', { paused: true });
    await discover('prod');
    const idle = { TargetsFound: 0, TasksFound: 0, ApiCalls: 0, DiscoveryTime: expect.any(Number) };
    expect(selfValues(output.stdout)).toEqual({ prod: { ...idle, FamiliesPaused: 1 } });
    expect(JSON.parse(output.stderr[0] ?? '')).toMatchObject({ paused: ['web'], messages: 0 });
    expect(sqs.calls()).toEqual([]);
  });

  it('are none where they are off', async () => {
    store('prod', 'web');
    await discover('prod', 'off');
    expect(output.stdout).toEqual([]);
  });
});
