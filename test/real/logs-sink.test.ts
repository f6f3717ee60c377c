import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
  type OutputLogEvent,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import { LOGS_CLIENT, logsSink } from '../../lib/io/logs-sink.ts';
import { built } from './parts/command.ts';
import { readEmf } from './parts/emf.ts';
import { type FlawedProxy, startFlawedProxy, type Verdict } from './parts/flawed-proxy.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';

const HOUR_MS = 3_600_000;
const nowMs = Date.now();

let moto: MotoPart;
let proxy: FlawedProxy;
let logs: CloudWatchLogsClient;
const { kept } = keeping();

beforeAll(async () => {
  moto = await kept(startMoto());
  proxy = await kept(startFlawedProxy(moto.url));
  logs = new CloudWatchLogsClient(moto.client);
});

/** The calls of CloudWatch Logs since the test began. */
let calls: string[] = [];
/** What becomes of the PutLogEvents calls of the test, in turn; later ones pass. */
const spoil = (...verdicts: Verdict[]) => {
  calls = [];
  proxy.judge = (call) => {
    const name = call.replace('Logs_20140328.', '');
    calls.push(name);
    return (name === 'PutLogEvents' ? verdicts.shift() : undefined) ?? 'passed';
  };
};
beforeEach(() => spoil());

const document = (logGroupName: string, line: string, agoMs = 0, logStreamName = 'connect'): EmfDocument => ({
  line,
  timestampMs: nowMs - agoMs,
  logGroupName,
  logStreamName,
  metrics: 1,
});

/** All events of a stream, from the oldest. */
async function eventsOf(logGroupName: string, logStreamName = 'connect'): Promise<readonly OutputLogEvent[]> {
  const found: OutputLogEvent[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = { logGroupName, logStreamName, startFromHead: true, limit: 1000, nextToken };
    const { events = [], nextForwardToken } = await logs.send(new GetLogEventsCommand(page));
    found.push(...events);
    if (events.length === 0 || nextForwardToken === nextToken) return found;
    nextToken = nextForwardToken;
  }
}
const messagesOf = async (group: string, stream?: string) =>
  (await eventsOf(group, stream)).map(({ message }) => message);

async function retentionOf(logGroupNamePrefix: string): Promise<number | undefined> {
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
  expect(logGroups.map(({ logGroupName }) => logGroupName)).toEqual([logGroupNamePrefix]);
  return logGroups[0]?.retentionInDays;
}

async function streamsOf(logGroupName: string): Promise<readonly (string | undefined)[]> {
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
  return logStreams.map(({ logStreamName }) => logStreamName).sort();
}

describe('the logs sink, over a real AWS protocol', () => {
  const write = (documents: readonly EmfDocument[], deadline?: number) => {
    const client = new CloudWatchLogsClient({ ...moto.client, endpoint: proxy.url, ...LOGS_CLIENT });
    return logsSink(client, { retentionDays: 30, deadline })(documents);
  };

  it('makes the group with its retention and the streams, and writes each in the order of time', async () => {
    const group = '/aws/ecs/containerinsights/new/prometheus';
    // The newest first: 2.4 MB, and two events with more than a day between them.
    const lines = Array.from({ length: 40 }, (_, hours) => `${hours} ${'x'.repeat(60_000)}`);
    const documents = lines.map((line, hours) => document(group, line, hours * HOUR_MS));
    await write([...documents, document(group, 'new', 0, 'nginx'), document(group, 'old', 30 * HOUR_MS, 'nginx')]);

    expect(await messagesOf(group)).toEqual(lines.toReversed());
    expect((await eventsOf(group)).map(({ timestamp }) => timestamp)).toEqual(
      documents.map(({ timestampMs }) => timestampMs).reverse(),
    );
    expect(await messagesOf(group, 'nginx')).toEqual(['old', 'new']);
    expect(await streamsOf(group)).toEqual(['connect', 'nginx']);
    expect(await retentionOf(group)).toBe(30);
    expect(calls.filter((name) => name === 'CreateLogGroup')).toHaveLength(1);
    // Two found no group; three batches of one stream, two of the other.
    expect(calls.filter((name) => name === 'PutLogEvents')).toHaveLength(2 + 3 + 2);
  });

  it('takes a group that is there as it is, with or without a retention', async () => {
    for (const group of ['/kept/365', '/kept/for-ever'])
      await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/kept/365', retentionInDays: 365 }));
    await write([document('/kept/365', 'a'), document('/kept/for-ever', 'b')]);
    expect(await messagesOf('/kept/365')).toEqual(['a']);
    expect(await messagesOf('/kept/for-ever')).toEqual(['b']);
    expect(await retentionOf('/kept/365')).toBe(365);
    expect(await retentionOf('/kept/for-ever')).toBeUndefined();
    expect(calls).not.toContain('PutRetentionPolicy');
  });

  it('writes once what was throttled or met a service that was not there', async () => {
    await write([document('/retried', 'first')]);
    spoil('throttled', 'unavailable', 'throttled');
    await write([document('/retried', 'second')]);
    expect(await messagesOf('/retried')).toEqual(['first', 'second']);
    expect(calls).toEqual(Array(4).fill('PutLogEvents'));
  });

  it('tries each call no more often than it says: the SDK adds no attempts', async () => {
    spoil(...Array<Verdict>(20).fill('throttled'));
    await expect(write([document('/throttled', 'a')])).rejects.toThrow(
      '1 of 1 documents were not written to CloudWatch Logs: log group /throttled, stream connect: ' +
        '1 given up after 6 attempts: ThrottlingException: refused by the test',
    );
    expect(calls).toEqual(Array(6).fill('PutLogEvents'));
  });

  it('writes twice what was stored when its answer was lost, as docs/sinks.md tells', async () => {
    await write([document('/lost', 'first')]);
    spoil('lost');
    await write([document('/lost', 'second')]);
    expect(await messagesOf('/lost')).toEqual(['first', 'second', 'second']);
  });

  it('writes the other events and streams beside what is refused, and tells', async () => {
    const tooLong = 'x'.repeat(513);
    const documents = [
      document('/refused', 'now'),
      document('/refused', 'far ahead', -3 * HOUR_MS),
      document(tooLong, 'in a group that cannot be'),
      document('/refused', 'other', 0, 'nginx'),
    ];
    const failure = await write(documents).catch((error: Error) => error.message);
    expect(failure).toContain('2 of 4 documents were not written to CloudWatch Logs: ');
    expect(failure).toContain('log group /refused, stream connect: 1 refused as more than 2 hours ahead; ');
    expect(failure).toContain(`log group ${tooLong}, stream connect: 1 InvalidParameterException: `);
    expect(await messagesOf('/refused')).toEqual(['now']);
    expect(await messagesOf('/refused', 'nginx')).toEqual(['other']);
  });

  it('ends at its deadline where nothing answers, as without a route', async () => {
    spoil(...Array<Verdict>(20).fill('silent'));
    const startedAt = Date.now();
    await expect(write([document('/silent', 'a')], startedAt + 1000)).rejects.toThrow(
      /stream connect: 1 given up after one attempt: Error: no answer within \d+ ms \(is there a route to CloudWatch Logs\?/,
    );
    expect(Date.now() - startedAt).toBeLessThan(2000);
  });

  it('tells what it may not do', async () => {
    spoil('refused');
    await expect(write([document('/denied', 'a')])).rejects.toThrow(
      '1 AccessDeniedException: refused by the test (docs/sinks.md lists the rights that it takes)',
    );
    expect(calls).toEqual(['PutLogEvents']);
  });
});

describe('scrape with SINK=logs under the real runtime client', () => {
  const start = (days: string): Promise<FunctionPart> => {
    const env = { ...moto.environment, SINK: 'logs', LOG_RETENTION_DAYS: days };
    return kept(startFunction({ bundleDir: built('functions', 'scrape'), handler: 'handler.handler', env }));
  };

  it("writes to the agent's group with the days of LOG_RETENTION_DAYS, and nothing on stdout", async () => {
    const scrape = await start('3');
    const outcome = await scrape.invoke(directEvent('edge', 20));
    expect(outcome).toMatchObject({ response: { outcome: 'emitted', documents: 20 } });
    expect(scrape.stdout().toString()).toBe('');

    const group = '/aws/ecs/containerinsights/edge/prometheus';
    expect(await retentionOf(group)).toBe(3);
    expect(await streamsOf(group)).toEqual(['gateway']);
    const events = await eventsOf(group, 'gateway');
    const metrics = readEmf(events.map(({ message }) => `${message}\n`).join(''));
    expect(metrics.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, minute) => 19 - minute));
    expect(metrics.map(({ timestampMs }) => timestampMs)).toEqual(events.map(({ timestamp }) => timestamp));
  });

  it('does not start with days that CloudWatch Logs does not allow', async () => {
    await expect(start('13')).rejects.toThrow(/LOG_RETENTION_DAYS: expected the days .* found "13"/);
  });
});

/** A static target, whose recorded answer holds samples of the last minutes, the newest first. */
function directEvent(cluster: string, minutes: number) {
  const declaration = {
    source_labels: ['job'],
    label_matcher: '^gateway$',
    dimensions: [['ClusterName', 'queue']],
    metric_selectors: ['^depth$'],
  };
  const prometheus = { cluster_name: cluster, emf_processor: { metric_declaration: [declaration] } };
  const job = { job_name: 'gateway', static_configs: [{ targets: ['10.0.0.7:1234'] }] };
  const samples = Array.from(
    { length: minutes },
    (_, minute) => `depth{queue="q${minute}"} ${minute} ${nowMs - minute * 60_000}`,
  );
  const body = ['# TYPE depth gauge', ...samples, ''].join('\n');
  return {
    cluster,
    documents: {
      gateway: {
        prometheus: JSON.stringify({ scrape_configs: [job] }),
        agent: JSON.stringify({ logs: { metrics_collected: { prometheus } } }),
      },
    },
    recorded: { 'http://10.0.0.7:1234/metrics': { contentType: 'text/plain; version=0.0.4', body } },
  };
}
