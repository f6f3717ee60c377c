import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { articleMetrics } from './parts/article.ts';
import { built, runCommand } from './parts/command.ts';
import { type EmfMetric, emfLines, namesBySet, readEmf } from './parts/emf.ts';
import { bodyOf, valueIn } from './parts/exposition.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { type JmxPart, startJmx } from './parts/jmx.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { type MotoTask, seedBucket, seedNetwork, seedQueue, seedTasks } from './parts/moto-seeds.ts';
import { type NginxPart, startNginx } from './parts/nginx.ts';
import { takeMessages } from './parts/queued-messages.ts';

const prefix = 'prom-emf-real';
const documentsPrefix = '/prom-emf/real';
const queueName = `${prefix}-shards`;
/** BUCKET_PREFIX with the account and region of the ARN that the Runtime API tells. */
const bucket = `${prefix}-123456789012-eu-west-1`;
const clusterName = 'prod';

type FunctionName = 'config' | 'discover' | 'scrape' | 'secondScrape' | 'guardedScrape' | 'logsScrape';
type SqsMessage = { readonly id: string; readonly body: string };
type Target = { readonly targets: readonly string[]; readonly labels: readonly (readonly [string, string])[] };
/** What scrape tells on stderr. */
type ScrapeSummary = {
  readonly outcome: string;
  readonly families: readonly { readonly family: string; readonly up: number; readonly down: number }[];
  readonly down: { readonly first: readonly { readonly url: string; readonly error: string }[] };
  readonly documents: number;
};
type Tick = {
  readonly report: Readonly<Record<string, unknown>>;
  readonly messages: readonly SqsMessage[];
  readonly nginxBody: string;
  readonly metrics: readonly EmfMetric[];
  readonly scrapeReports: readonly ScrapeSummary[];
};

// The tests stand on each other's results, in the order of a first deployment.
describe('the deployed bundles, from a compose file to EMF lines', () => {
  let moto: MotoPart;
  let s3: S3Client;
  let nginx: NginxPart;
  let connect: JmxPart;
  let functions: Readonly<Record<FunctionName, FunctionPart>>;
  const { kept } = keeping();

  beforeAll(async () => {
    moto = await kept(startMoto());
    s3 = new S3Client(moto.client);
    await seedQueue(moto.client, queueName);
    await seedBucket(moto.client, bucket);
    const tasks = await seedCluster(moto);
    nginx = await kept(startNginx({ host: tasks.nginx.address, port: 9113 }));
    connect = await kept(startJmx('0.16.1', { host: tasks.connect.address, port: 1234 }));
    const env = {
      ...moto.environment,
      DOCUMENTS_PREFIX: documentsPrefix,
      BUCKET_PREFIX: prefix,
      QUEUE_NAME: queueName,
      CLUSTERS: clusterName,
      ALLOWED_NETWORKS: '127.0.0.0/8',
    };
    const start = (name: string, more: Readonly<Record<string, string>> = {}) =>
      kept(
        startFunction({ bundleDir: built('functions', name), handler: 'handler.handler', env: { ...env, ...more } }),
      );
    functions = {
      config: await start('config'),
      discover: await start('discover'),
      scrape: await start('scrape'),
      secondScrape: await start('scrape'),
      guardedScrape: await start('scrape', { ALLOWED_NETWORKS: '' }),
      logsScrape: await start('scrape', { SINK: 'logs' }),
    };
  });

  /** One run of discover and what scrape makes of the messages it queued. */
  const tick = async (scheduled: number): Promise<Tick> => {
    const queued = await queueTick(scheduled);
    const nginxBody = await bodyOf(nginx.url);
    return { ...queued, nginxBody, ...(await scrape(queued.messages)) };
  };
  const queueTick = async (scheduled: number) => {
    const outcome = await functions.discover.invoke({ scheduled_time: new Date(scheduled).toISOString() });
    const { reports } = responseOf(outcome) as { reports: [Readonly<Record<string, unknown>>] };
    const messages = await receiveAll(Number(reports[0].messages));
    return { report: reports[0], messages };
  };
  const receiveAll = async (count: number): Promise<readonly SqsMessage[]> => {
    const received: SqsMessage[] = [];
    for (let attempt = 0; attempt < 50 && received.length < count; attempt++) {
      for (const { messageId, body } of await takeMessages(moto, queueName)) received.push({ id: messageId, body });
      await sleep(100);
    }
    return received;
  };
  /** Hands all messages to scrape in one event; gives the part of its output that this invocation wrote. */
  const scrape = async (messages: readonly SqsMessage[], part = functions.scrape) => {
    const [stdoutBytes, stderrBytes] = [part.stdout().length, part.stderr().length];
    const response = responseOf(await part.invoke(sqsEvent(messages)));
    const stderr = part.stderr().subarray(stderrBytes).toString();
    const reports = stderr.split('\n').filter((line) => line.startsWith('{'));
    return {
      response,
      stderr,
      metrics: readEmf(part.stdout().subarray(stdoutBytes)),
      scrapeReports: reports.map((line) => JSON.parse(line) as ScrapeSummary),
    };
  };

  it('config writes the documents of the compose files to SSM', async () => {
    const names = ['connect', 'kafdrop', 'nginx'];
    const compose = names.map((name) => {
      const file = `examples/compose/${name}.yaml`;
      return { file, text: readFileSync(file, 'utf8') };
    });
    const outcome = await functions.config.invoke({ cluster: clusterName, compose, write: true });
    const { families, warnings, written } = responseOf(outcome) as {
      families: readonly ({ family: string } & Readonly<Record<'prometheus' | 'agent' | 'options', string>>)[];
      warnings: readonly string[];
      written: readonly string[];
    };
    expect(families.map(({ family }) => family).sort()).toEqual(names);
    expect(warnings).toEqual([]);
    const expected = families.flatMap(({ family, prometheus, agent, options }) =>
      Object.entries({ prometheus, agent, options }).map(([kind, text]) => [
        `${documentsPrefix}/${clusterName}/${family}/${kind}`,
        text,
      ]),
    );
    expect(Object.fromEntries(await parametersUnder(moto, documentsPrefix))).toEqual(Object.fromEntries(expected));
    expect([...written].sort()).toEqual(expected.map(([name]) => name).sort());
  });

  let first: Tick;
  it('discover stores the plan and queues the tasks it found', async () => {
    const scheduled = Date.now();
    first = await tick(scheduled);
    expect(first.report).toMatchObject({ cluster: clusterName, failures: [] });
    expect(first.report.targets).toEqual({ connect: 1, kafdrop: 0, nginx: 1 });
    expect(first.messages).toHaveLength(Number(first.report.messages));
    expect(first.messages.length).toBeGreaterThan(0);

    const bodies = first.messages.map(({ body }) => JSON.parse(body) as Readonly<Record<string, unknown>>);
    for (const body of bodies) expect(body).toMatchObject({ version: 1, plan: first.report.plan, due_at: scheduled });
    const addresses = bodies.flatMap((body) =>
      (body.targets as { targets: readonly string[] }[]).flatMap((t) => t.targets),
    );
    expect(addresses.sort()).toEqual([`${connect.host}:1234`, `${nginx.host}:9113`].sort());

    const plan = await objectText(s3, `plans/${String(first.report.plan)}.json`);
    expect(createHash('sha256').update(plan).digest('hex')).toBe(first.report.plan);
    expect(JSON.parse(plan)).toMatchObject({ version: 1, cluster: clusterName });
  });

  it('scrape gives the metrics of the article, and no counter yet', async () => {
    for (const report of first.scrapeReports) expect(report.outcome).toBe('emitted');
    const families = first.scrapeReports.flatMap((report) => report.families);
    expect(families.map(({ family, up, down }) => [family, up, down]).sort()).toEqual([
      ['connect', 1, 0],
      ['nginx', 1, 0],
    ]);
    expect(namesBySet(first.metrics.filter(({ name }) => name.startsWith('kafka_')))).toEqual(articleMetrics);
    for (const { dimensions } of first.metrics)
      expect(dimensions).toMatchObject({
        ClusterName: clusterName,
        TaskDefinitionFamily: expect.stringMatching(/^(connect|nginx)$/),
      });
    expect(namesBySet(first.metrics.filter(isOfNginx))).toEqual({
      'ClusterName ServiceName TaskDefinitionFamily': [
        'nginx_connections_active',
        'nginx_connections_reading',
        'nginx_connections_waiting',
        'nginx_connections_writing',
        'nginx_up',
      ],
    });
    expect(first.metrics.find(isOfNginx)?.dimensions.ServiceName).toBe('prod-nginx-service');
  });

  it('scrape keeps the counters of the shard in the bucket', async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'state/' }));
    const keys = Contents.map(({ Key = '' }) => Key);
    const confirmed = keys.filter((key) => key.endsWith('.confirmed'));
    const kept = keys.filter((key) => !confirmed.includes(key));
    expect(kept).toHaveLength(first.messages.length);
    expect(confirmed).toEqual(kept.map((key) => `${key}.confirmed`));
    const states = await Promise.all(kept.map((key) => objectText(s3, key)));
    expect(states.join('\n')).toContain('nginx_http_requests_total');
  });

  let second: Tick;
  it('gives the increase of the counters at the next tick, which waits in the queue until it is due', async () => {
    for (let request = 0; request < 23; request++) await (await fetch(nginx.siteUrl)).arrayBuffer();
    const scheduled = Date.now() + 3_000;
    second = await tick(scheduled);
    expect(Date.now()).toBeGreaterThanOrEqual(scheduled);
    expect(second.report.plan).toBe(first.report.plan);

    const increase = (name: string) => valueIn(second.nginxBody, name) - valueIn(first.nginxBody, name);
    // The exporter asks nginx once for each body, ours as well as the function's: both ticks are one request ahead.
    expect(increase('nginx_http_requests_total')).toBeGreaterThanOrEqual(23);
    expect(valuesOf(second.metrics, 'nginx_http_requests_total')).toEqual([increase('nginx_http_requests_total')]);
    expect(valuesOf(second.metrics, 'nginx_connections_accepted')).toHaveLength(1);
    expect(valuesOf(second.metrics, 'nginx_up')).toEqual([1]);
    for (const { timestampMs } of second.metrics) expect(timestampMs).toBe(scheduled);
    expect(namesBySet(second.metrics.filter(({ name }) => name.startsWith('kafka_')))).toEqual(articleMetrics);
  });

  it('writes nothing for a message that is delivered again', async () => {
    const { response, metrics, scrapeReports } = await scrape([...first.messages, ...second.messages]);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(metrics).toEqual([]);
    expect(scrapeReports.map(({ outcome }) => outcome)).toEqual(
      [...first.messages, ...second.messages].map(() => 'superseded'),
    );
  });

  it('writes nothing for a message that is late', async () => {
    const late = second.messages.map(({ id, body }) => ({
      id,
      body: withFields(body, { due_at: Date.now() - 121_000 }),
    }));
    const { response, metrics, scrapeReports } = await scrape(late);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(metrics).toEqual([]);
    expect(scrapeReports.map(({ outcome }) => outcome)).toEqual(late.map(() => 'late'));
  });

  it('hands back messages it cannot use, with the reason, and does the work of the others', async () => {
    const [good] = second.messages;
    const next = { due_at: Date.now() };
    const unknown = '0'.repeat(64);
    const messages = [
      { id: 'empty', body: '' },
      { id: 'unknown-plan', body: withFields(good?.body ?? '', { ...next, plan: unknown }) },
      { id: 'no-json', body: 'a poison message' },
      { id: 'other-version', body: withFields(good?.body ?? '', { ...next, version: 99 }) },
      { id: 'good', body: withFields(good?.body ?? '', next) },
      { id: 'half', body: (good?.body ?? '').slice(0, 100) },
    ];
    const { response, stderr, metrics } = await scrape(messages);
    const bad = ['empty', 'unknown-plan', 'no-json', 'other-version', 'half'];
    expect(response).toEqual({ batchItemFailures: bad.map((itemIdentifier) => ({ itemIdentifier })) });
    expect(metrics.length).toBeGreaterThan(0);
    for (const id of bad) expect(stderr).toMatch(new RegExp(`^message ${id}: \\S.*$`, 'm'));
    expect(stderr).toMatch(/^message empty: expected a shard message, found an empty body/m);
    expect(stderr).toMatch(new RegExp(`^message unknown-plan: plan ${unknown} is not in bucket ${bucket}`, 'm'));
    expect(stderr).toMatch(/^message other-version: expected shard message version 1, found 99/m);
  });

  it('writes once what two instances are given at the same time', async () => {
    const { messages } = await queueTick(Date.now());
    const parts = [functions.scrape, functions.secondScrape];
    const [one, other] = await Promise.all(parts.map((part) => scrape(messages, part)));
    for (const message of messages.keys()) {
      const outcomes = [one, other].map((run) => run?.scrapeReports[message]?.outcome);
      expect(outcomes.filter((outcome) => outcome === 'emitted')).toHaveLength(1);
      expect(outcomes.filter((outcome) => /^(lost_race|superseded)$/.test(outcome ?? ''))).toHaveLength(1);
    }
    const metrics = [one, other].flatMap((run) => run?.metrics ?? []);
    expect(valuesOf(metrics, 'nginx_up')).toEqual([1]);
    expect(valuesOf(metrics, 'nginx_http_requests_total')).toHaveLength(1);
  });

  it('carries counters over from one instance to another', async () => {
    const before = await tick(Date.now());
    for (let request = 0; request < 9; request++) await (await fetch(nginx.siteUrl)).arrayBuffer();
    const { messages } = await queueTick(Date.now());
    const total = 'nginx_http_requests_total';
    const increase = valueIn(await bodyOf(nginx.url), total) - valueIn(before.nginxBody, total);
    const { metrics } = await scrape(messages, functions.secondScrape);
    expect(valuesOf(metrics, total)).toEqual([increase]);
  });

  it('asks no address outside the private networks unless the stack allows it', async () => {
    const { messages } = await queueTick(Date.now());
    const { response, metrics, scrapeReports } = await scrape(messages, functions.guardedScrape);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(metrics).toEqual([]);
    const errors = scrapeReports.flatMap(({ down }) => down.first.map(({ error }) => error));
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toMatch(/127\.42\.\d+\.\d+ is outside the allowed networks/);
    expect(scrapeReports.flatMap(({ families }) => families).filter(({ up }) => up > 0)).toEqual([]);
  });

  it('writes to the log group of the agent configuration where the stack asks for it', async () => {
    const { messages } = await queueTick(Date.now());
    const { response, metrics, scrapeReports } = await scrape(messages, functions.logsScrape);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(metrics).toEqual([]);
    const logs = new CloudWatchLogsClient(moto.client);
    const logGroupName = `/aws/ecs/containerinsights/${clusterName}/prometheus`;
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
    const written = readEmf(events.map(({ message }) => `${message}\n`).join(''));
    expect(events).toHaveLength(scrapeReports.reduce((sum, { documents }) => sum + documents, 0));
    expect(namesBySet(written.filter(({ name }) => name.startsWith('kafka_')))).toEqual(articleMetrics);
    expect(valuesOf(written, 'nginx_up')).toEqual([1]);
    for (const { timestamp, message } of events) expect(readEmf(`${message}\n`)[0]?.timestampMs).toBe(timestamp);
  });

  it('gives the command the same documents and targets as the functions', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prom-emf-pipeline-test-'));
    const elsewhere = '/prom-emf/command';
    const compose = ['connect', 'kafdrop', 'nginx'].map((name) => `examples/compose/${name}.yaml`);
    const render = ['render', ...compose, '--cluster', clusterName, '--ssm', elsewhere];
    const rendered = await runCommand(render, moto.environment);
    expect(rendered).toMatchObject({ status: 0 });
    const ofFunctions = await parametersUnder(moto, documentsPrefix);
    const ofCommand = await parametersUnder(moto, elsewhere);
    expect(ofCommand).toEqual(ofFunctions.map(([name, text]) => [name.replace(documentsPrefix, elsewhere), text]));
    expect(rendered.stdout.trim().split('\n').sort()).toEqual(ofCommand.map(([name]) => name).sort());

    const agent = join(folder, 'agent.json');
    writeFileSync(agent, new Map(ofFunctions).get(`${documentsPrefix}/${clusterName}/nginx/agent`) ?? '');
    const discover = (cluster: string) =>
      runCommand(['discover', '--agent', agent, '--cluster', cluster], moto.environment);
    const found = await discover(clusterName);
    expect(found).toMatchObject({ status: 0 });
    const messages = second.messages.map(({ body }) => JSON.parse(body) as { readonly targets: readonly Target[] });
    const queued = messages
      .flatMap(({ targets }) => targets)
      .map(({ targets, labels }) => ({ targets, labels: Object.fromEntries(labels) }));
    expect(JSON.parse(found.stdout)).toEqual(queued.filter(({ labels }) => labels.TaskDefinitionFamily === 'nginx'));

    const unknown = await discover('nowhere');
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/cluster "nowhere".*ClusterNotFoundException.*check the name of the cluster/);
    rmSync(folder, { recursive: true });
  });

  it('tells which target is down and gives the metrics of the other', async () => {
    await connect.stop();
    const { metrics, scrapeReports } = await tick(Date.now());
    expect(scrapeReports.flatMap(({ down }) => down.first)).toMatchObject([
      { url: connect.url, error: expect.stringMatching(/127\.42\..*refused/i) },
    ]);
    const families = scrapeReports.flatMap((report) => report.families);
    expect(families.find(({ family }) => family === 'nginx')).toMatchObject({ up: 1, down: 0 });
    expect(valuesOf(metrics, 'nginx_up')).toEqual([1]);
    expect(metrics.every(isOfNginx)).toBe(true);
  });

  it('never wrote anything but EMF lines on stdout', () => {
    expect(functions.config.stdout().toString()).toBe('');
    expect(functions.discover.stdout().toString()).toBe('');
    expect(emfLines(functions.scrape.stdout()).length).toBeGreaterThan(0);
  });
});

/** Runs a task of the article's connect and nginx as services; kafdrop has none. */
async function seedCluster(moto: MotoPart): Promise<Readonly<Record<'connect' | 'nginx', MotoTask>>> {
  const network = await seedNetwork(moto.client);
  const [connect] = await seedTasks(moto.client, network, {
    clusterName,
    family: 'connect',
    serviceName: 'prod-connect-service',
    containers: [
      { name: 'connect-files', containerPorts: [] },
      { name: 'connect', containerPorts: [8083, 1234], dockerLabels: { container_name: 'connect' } },
    ],
    count: 1,
  });
  const [nginx] = await seedTasks(moto.client, network, {
    clusterName,
    family: 'nginx',
    serviceName: 'prod-nginx-service',
    containers: [
      { name: 'nginx', containerPorts: [443] },
      { name: 'nginx-prometheus-exporter', containerPorts: [9113] },
    ],
    count: 1,
  });
  if (connect === undefined || nginx === undefined) throw new Error('moto ran no task');
  return { connect, nginx };
}

/** An event as Lambda makes it of messages of the queue. */
function sqsEvent(messages: readonly SqsMessage[]) {
  return {
    Records: messages.map(({ id, body }) => ({
      messageId: id,
      receiptHandle: id,
      body,
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${queueName}`,
      awsRegion: 'eu-west-1',
    })),
  };
}

function responseOf(outcome: { readonly kind: string; readonly response?: unknown }): unknown {
  expect(outcome).toMatchObject({ kind: 'response' });
  return outcome.response;
}

/** The documents, without the releases that name them. */
async function parametersUnder(moto: MotoPart, Path: string): Promise<readonly (readonly [string, string])[]> {
  const ssm = new SSMClient(moto.client);
  const found: [string, string][] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(new GetParametersByPathCommand({ Path, Recursive: true, NextToken }));
    for (const { Name = '', Value = '' } of page.Parameters ?? [])
      if (!Name.endsWith('/release')) found.push([Name, Value]);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** The text of a compressed object of the bucket. */
async function objectText(s3: S3Client, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const bytes = await Body?.transformToByteArray();
  return gunzipSync(bytes ?? Buffer.alloc(0)).toString('utf8');
}

function withFields(body: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...(JSON.parse(body) as object), ...fields });
}

function isOfNginx({ name }: EmfMetric): boolean {
  return name.startsWith('nginx_');
}

function valuesOf(metrics: readonly EmfMetric[], wanted: string): readonly number[] {
  return metrics.filter(({ name }) => name === wanted).map(({ value }) => value);
}
