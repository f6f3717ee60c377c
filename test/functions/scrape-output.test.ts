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
import { type Output, takeOutput, writer } from './output.ts';

const s3 = memoryS3();
const logs = mockClient(CloudWatchLogsClient);
const PLAN = 'a'.repeat(64);
const MINUTE = 60_000;

/** What the exporter answers: a body, a status, or what happens before it answers. */
let answer: () => { readonly status?: number; readonly body?: string };
/** Declarations and `agent.debug` of the family. */
let rules: { readonly declarations: readonly object[]; readonly debug?: boolean };
let server: Server;
let output: Output;

beforeEach(async () => {
  s3.clear();
  logs.reset();
  vi.resetModules();
  answer = () => ({ body: '# TYPE g gauge\ng 5\n' });
  rules = { declarations: [{ source_labels: ['job'], dimensions: [['ClusterName']], metric_selectors: ['^g$'] }] };
  server = createServer((_, response) => {
    const { status = 200, body = '' } = answer();
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  output = takeOutput();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The plan of a family whose own target is the exporter. */
function plan(family: string): string {
  const { port } = server.address() as AddressInfo;
  const { declarations, debug } = rules;
  const prometheus = { cluster_name: 'prod', emf_processor: { metric_declaration: declarations } };
  const agent = { ...(debug !== undefined && { agent: { debug } }), logs: { metrics_collected: { prometheus } } };
  const targets = [`127.0.0.1:${port}`];
  const scrape_configs = [{ job_name: 'j', static_configs: [{ targets, labels: { ClusterName: 'prod' } }] }];
  const config = readFamily(family, {
    prometheus: { address: 'prometheus', text: JSON.stringify({ scrape_configs }) },
    agent: { address: 'agent', text: JSON.stringify(agent) },
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
      'environment variable SELF_METRICS: expected one of off, stage, cluster, family, found "all"',
    );
  });
});

describe("scrape's summary", () => {
  const summaryOf = async () => {
    await scrape(Date.now());
    expect(output.stderr).toHaveLength(1);
    return JSON.parse(output.stderr[0] ?? '');
  };

  it('is a line of the cluster and its families', async () => {
    expect(await summaryOf()).toMatchObject({
      outcome: 'emitted',
      cluster: 'prod',
      shard: 'prod/family-web',
      families: [{ family: 'web', up: 1, down: 0, scraped: 1, selected: 1, emitted: 1, dropped: {} }],
      down: { first: [], more: 0 },
    });
  });

  it('says more where the agent configuration says debug', async () => {
    const declaration = { source_labels: ['job'], dimensions: [['ClusterName']], metric_selectors: ['^(g|c_total)$'] };
    rules = { declarations: [declaration, { ...declaration, metric_selectors: ['^absent$'] }], debug: true };
    answer = () => ({
      body: '# TYPE c_total counter\nc_total{code="200"} 1\nc_total{code="500"} 1\n# TYPE g gauge\ng 1\n',
    });
    expect((await summaryOf()).debug).toEqual([
      {
        family: 'web',
        rules: [{ declaration: 0, dimensions: ['ClusterName'], metrics: 1 }],
        withoutMetrics: [1],
        droppedSamples: {
          first: [
            { metric: 'c_total', reason: 'first_sample', samples: 2, example: expect.stringContaining('code="200"') },
          ],
          more: 0,
        },
      },
    ]);
  });

  const hostile: readonly { name: string; value: string }[] = [
    { name: 'control characters', value: '\u0001\u0007\b\r\u007f\u0085' },
    { name: 'line separators', value: 'a\u2028b\u2029c' },
    { name: 'escapes of terminals', value: '\u001b[2J\u001b]0;title\u0007\u009b31m' },
    { name: 'directions of text', value: '\u202egpj.exe\u2066' },
    { name: 'ten thousand characters', value: 'x'.repeat(10_000) },
    { name: 'what looks like a summary', value: '{\\"outcome\\":\\"emitted\\"}' },
  ];
  it.each(hostile)('is one short, printable line whatever labels hold: $name', async ({ value }) => {
    const declaration = { source_labels: ['job'], dimensions: [['absent']], metric_selectors: ['.*'] };
    rules = { declarations: [declaration], debug: true };
    answer = () => ({ body: `# TYPE g gauge\ng{l="${value}",o="x"} 1\ng{"${value}"="y"} NaN\n` });
    const { debug } = await summaryOf();
    const [line = ''] = output.stderr;
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    expect(line.length).toBeLessThan(3000);
    expect(debug[0].droppedSamples.first).toHaveLength(2);
  });

  it.each(hostile)('tells the answer of a target that is down the same way: $name', async ({ value }) => {
    answer = () => ({ body: `g{l="\u0000${value}` });
    expect((await summaryOf()).down.first).toHaveLength(1);
    const [line = ''] = output.stderr;
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    expect(line.length).toBeLessThan(1500);
  });
});
