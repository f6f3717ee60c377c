import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFamily } from '../../lib/documents.ts';
import { selfValues } from '../self-values.ts';
import { memoryS3 } from './memory-s3.ts';

const s3 = memoryS3();
const logs = mockClient(CloudWatchLogsClient);
const PLAN = 'a'.repeat(64);
const MINUTE = 60_000;

/** What the exporter answers: a body, a status, or what happens before it answers. */
let answer: () => { readonly status?: number; readonly body?: string };
let server: Server;
let output: { stdout: string[]; stderr: string[] };

beforeEach(async () => {
  s3.clear();
  logs.reset();
  vi.resetModules();
  answer = () => ({ body: '# TYPE g gauge\ng 5\n' });
  server = createServer((_, response) => {
    const { status = 200, body = '' } = answer();
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  output = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation(
      writer((text) => {
        output[name].push(text.trimEnd());
        return undefined;
      }),
    );
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A stream's write that hands over each text, and fails with what that gives back. */
function writer(take: (text: string) => Error | undefined) {
  const write = (text: string | Uint8Array, done?: unknown) => {
    const failure = take(String(text));
    if (typeof done === 'function') (done as (error?: Error) => void)(failure);
    return true;
  };
  return write as typeof process.stdout.write;
}

/** The plan of a family whose own target is the exporter. */
function plan(family: string): string {
  const { port } = server.address() as AddressInfo;
  const declaration = { source_labels: ['job'], dimensions: [['ClusterName']], metric_selectors: ['^g$'] };
  const prometheus = { cluster_name: 'prod', emf_processor: { metric_declaration: [declaration] } };
  const targets = [`127.0.0.1:${port}`];
  const scrape_configs = [{ job_name: 'j', static_configs: [{ targets, labels: { ClusterName: 'prod' } }] }];
  const config = readFamily(family, {
    prometheus: { address: 'prometheus', text: JSON.stringify({ scrape_configs }) },
    agent: { address: 'agent', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  return JSON.stringify({ version: 1, cluster: 'prod', documents: [config] });
}

/** What one message comes to: its self-metrics and what was handed back. */
async function scrape(due_at: number, environment: Readonly<Record<string, string>> = {}) {
  const settings = { STAGE: 'dev', BUCKET_PREFIX: 'b', ALLOWED_NETWORKS: '127.0.0.0/8', SELF_METRICS: 'family' };
  for (const [name, value] of Object.entries({ ...settings, ...environment })) vi.stubEnv(name, value);
  const { handler } = await import('../../functions/scrape.ts');
  s3.put(`plans/${PLAN}.json`, gzipSync(plan('web')));
  const layout = { version: 1, generation: 1, shards: 1 };
  const message = {
    version: 1,
    plan: PLAN,
    cluster: 'prod',
    layout,
    shard: 'family-web',
    targets: [],
    own_targets: [0],
  };
  const event = { Records: [{ messageId: 'm', body: JSON.stringify({ ...message, due_at }) }] } as unknown as SQSEvent;
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:scrape',
    getRemainingTimeInMillis: () => 40_000,
  } as Context;
  const written = output.stdout.length;
  const response = (await handler(event, context)) as SQSBatchResponse;
  const lines = output.stdout.slice(written);
  const own = lines.filter((line) => line.includes('"PromEmf"'));
  return { response, samples: lines.length - own.length, own, values: selfValues(own) };
}

describe("scrape's self-metrics", () => {
  it('follow the documents on stdout, by cluster, stage and family', async () => {
    const { samples, values } = await scrape(Date.now());
    expect(samples).toBe(1);
    expect(values).toEqual({
      prod: {
        ...{ TargetsUp: 1, TargetsDown: 0, SamplesScraped: 1, SamplesSelected: 1 },
        ...{
          SamplesEmitted: 1,
          SamplesDropped: 0,
          ScrapeTime: expect.any(Number),
          NewestSampleAge: expect.any(Number),
        },
      },
      dev: { TargetsDown: 0, SamplesEmitted: 1 },
      'prod web': { TargetsUp: 1, TargetsDown: 0, SamplesEmitted: 1, SamplesDropped: 0 },
    });
  });

  it('are there when all targets are down', async () => {
    answer = () => ({ status: 503 });
    const { samples, values } = await scrape(Date.now());
    expect(samples).toBe(0);
    expect(values.prod).toMatchObject({ TargetsUp: 0, TargetsDown: 1, SamplesEmitted: 0 });
    expect(values.prod).not.toHaveProperty('NewestSampleAge');
    expect(values.dev).toEqual({ TargetsDown: 1, SamplesEmitted: 0 });
  });

  it('tell a late message, and one that comes again', async () => {
    expect(await scrape(Date.now() - 10 * MINUTE)).toMatchObject({ samples: 0, values: { prod: { LateTicks: 1 } } });
    const due = Date.now();
    await scrape(due);
    expect(await scrape(due)).toMatchObject({ samples: 0, values: { prod: { SupersededTicks: 1 } } });
  });

  it('tell that another invocation won the state, and nothing of its targets', async () => {
    await scrape(Date.now() - MINUTE);
    const [state = ''] = s3.keys().filter((key) => key.startsWith('state/') && !key.endsWith('.confirmed'));
    answer = () => {
      s3.put(state, gzipSync('{}'), 'of another');
      return { body: 'g 1\n' };
    };
    const { samples, values } = await scrape(Date.now());
    expect(samples).toBe(0);
    expect(values).toEqual({ prod: { StateConflicts: 1 } });
  });

  it('tell on stdout that the sink failed, and the message goes back', async () => {
    const denied = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });
    logs.on(PutLogEventsCommand).rejects(denied);
    const { response, values } = await scrape(Date.now(), { SINK: 'logs' });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(values.prod).toMatchObject({ TargetsUp: 1, WriteFailures: 1 });
    expect(values.dev).toEqual({ TargetsDown: 0 });
  });

  it('are of the cluster alone, or off', async () => {
    expect(Object.keys((await scrape(Date.now(), { SELF_METRICS: 'cluster' })).values)).toEqual(['prod', 'dev']);
    vi.resetModules();
    expect(await scrape(Date.now() + 1, { SELF_METRICS: 'off' })).toMatchObject({ samples: 1, own: [] });
  });

  it('cost nothing else when they cannot be written', async () => {
    const broken = new Error('broken pipe');
    vi.mocked(process.stdout.write).mockImplementation(
      writer((text) => (text.includes('"PromEmf"') ? broken : undefined)),
    );
    expect((await scrape(Date.now())).response).toEqual({ batchItemFailures: [] });
    expect(output.stderr).toContain('self-metrics: broken pipe');
    expect(s3.keys().filter((key) => key.endsWith('.confirmed'))).toHaveLength(1);
  });

  it('have levels, and no others', async () => {
    await expect(scrape(Date.now(), { SELF_METRICS: 'all' })).rejects.toThrow(
      'environment variable SELF_METRICS: expected one of off, cluster, family, found "all"',
    );
  });
});
