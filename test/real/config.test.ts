import { readFileSync } from 'node:fs';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnswerServer, startAnswerServer } from './parts/answer-server.ts';
import { built, runCommand } from './parts/command.ts';
import { type FlawedProxy, startFlawedProxy } from './parts/flawed-proxy.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { seedBucket, seedNetwork, seedQueue, seedTasks } from './parts/moto-seeds.ts';

const prefix = 'prom-emf-config';
const documents = '/prom-emf/config';
const cluster = 'prod';
const bucket = `${prefix}-123456789012-eu-west-1`;
const path = `${documents}/${cluster}`;

type Parameter = { readonly value: string; readonly version: number };
type Outcome = { readonly family: string; readonly outcome: string; readonly error?: string; readonly diff?: string };
type Result = { readonly outcomes: readonly Outcome[]; readonly written: readonly string[] };

const composeOf = (name: string) => readFileSync(`examples/compose/${name}.yaml`, 'utf8');
const nginx = composeOf('nginx');
const changed = nginx.replace('ExporterPort: 9113', 'ExporterPort: 9114').replace('target: 9113', 'target: 9114');
const inline = (project: string, ...texts: readonly string[]) => ({
  cluster,
  project,
  compose: texts.map((text, index) => ({ file: `${index}.yaml`, text })),
});

// The tests stand on each other's results: what one leaves, the next one finds.
describe('config and discover over SSM and S3', () => {
  let moto: MotoPart;
  let proxy: FlawedProxy;
  let server: AnswerServer;
  let ssm: SSMClient;
  let s3: S3Client;
  let config: FunctionPart;
  let discover: FunctionPart;
  const { kept } = keeping();

  beforeAll(async () => {
    moto = await kept(startMoto());
    proxy = await kept(startFlawedProxy(moto.url));
    server = await kept(startAnswerServer());
    ssm = new SSMClient(moto.client);
    s3 = new S3Client(moto.client);
    await seedBucket(moto.client, bucket);
    await seedQueue(moto.client, `${prefix}-shards`);
    const containers = [{ name: 'nginx', containerPorts: [9113] }];
    const network = await seedNetwork(moto.client);
    await seedTasks(moto.client, network, { clusterName: cluster, family: 'nginx', containers, count: 1 });
    const env = {
      ...moto.environment,
      DOCUMENTS_PREFIX: documents,
      BUCKET_PREFIX: prefix,
      QUEUE_NAME: `${prefix}-shards`,
      CLUSTERS: cluster,
    };
    const start = (name: string, more: Readonly<Record<string, string>> = {}) =>
      kept(
        startFunction({ bundleDir: built('functions', name), handler: 'handler.handler', env: { ...env, ...more } }),
      );
    config = await start('config', { AWS_ENDPOINT_URL: proxy.url });
    discover = await start('discover');
  });

  const invoke = async (event: unknown): Promise<Result> => {
    const outcome = await config.invoke(event);
    expect(outcome).toMatchObject({ kind: 'response' });
    return (outcome as { response: Result }).response;
  };
  const outcomesOf = (result: Result) =>
    Object.fromEntries(result.outcomes.map(({ family, outcome }) => [family, outcome]));
  const parameters = async (): Promise<Readonly<Record<string, Parameter>>> => {
    const found: Record<string, Parameter> = {};
    const pages = paginateGetParametersByPath({ client: ssm }, { Path: `${documents}/`, Recursive: true });
    for await (const { Parameters = [] } of pages)
      for (const { Name = '', Value = '', Version = 0 } of Parameters)
        found[Name.slice(path.length + 1)] = { value: Value, version: Version };
    return found;
  };
  const documentsOf = async () =>
    Object.fromEntries(
      Object.entries(await parameters())
        .filter(([name]) => !name.endsWith('/release'))
        .map(([name, { value }]) => [name, value]),
    );
  /** What discover makes of the documents: their hash, the families, and what it told on stderr. */
  const discovered = async () => {
    const before = discover.stderr().length;
    const outcome = await discover.invoke({ scheduled_time: new Date().toISOString() });
    const { reports } = (outcome as { response: { reports: { plan: string; targets: object }[] } }).response;
    const told = discover.stderr().subarray(before).toString();
    return { plan: reports[0]?.plan, families: Object.keys(reports[0]?.targets ?? {}), told };
  };

  it('renders families, and writes nothing the second time', async () => {
    const first = await invoke(inline('shop', nginx, composeOf('connect')));
    expect(outcomesOf(first)).toEqual({ connect: 'created', nginx: 'created' });
    expect(first.written).toHaveLength(6);
    expect((await discovered()).families).toEqual(['connect', 'nginx']);
    const stored = await parameters();
    const second = await invoke(inline('shop', nginx, composeOf('connect')));
    expect(outcomesOf(second)).toEqual({ connect: 'unchanged', nginx: 'unchanged' });
    expect(second.written).toEqual([]);
    expect(await parameters()).toEqual(stored);
  });

  it('shows a change before it is made, and then writes what changes and nothing else', async () => {
    const before = await parameters();
    const event = inline('shop', changed, composeOf('connect'));
    const dry = await invoke({ ...event, dry_run: true });
    expect(outcomesOf(dry)).toEqual({ connect: 'unchanged', nginx: 'changed' });
    const diff = dry.outcomes.find(({ family }) => family === 'nginx')?.diff;
    expect(diff).toMatch(/^--- nginx\/agent\tdeployed\n\+\+\+ nginx\/agent\trendered\n@@/);
    expect(diff).toMatch(/^-.*"sd_metrics_ports": "9113"/m);
    expect(diff).toMatch(/^\+.*"sd_metrics_ports": "9114"/m);
    expect(await parameters()).toEqual(before);

    expect(outcomesOf(await invoke(event))).toEqual({ connect: 'unchanged', nginx: 'changed' });
    const after = await parameters();
    const moved = Object.keys(after).filter((name) => after[name]?.version !== before[name]?.version);
    expect(moved.sort()).toEqual(['nginx/agent', 'nginx/release']);
  });

  it('puts everything back when any call fails, and discover never notices', async () => {
    const { plan } = await discovered();
    const before = await documentsOf();
    // Two documents differ, and so does the release.
    const event = inline('shop', nginx.replace('EnableCWAgentDebug: true', 'ScrapingConfiguration: {Interval: 30s}'));
    for (const bad of [0, 1, 2]) {
      let puts = 0;
      proxy.judge = (call) => (call === 'AmazonSSM.PutParameter' && puts++ === bad ? 'refused' : 'passed');
      const failed = await config.invoke(event);
      proxy.judge = () => 'passed';
      expect(failed).toMatchObject({
        kind: 'error',
        error: {
          errorMessage: expect.stringMatching(/^family nginx: PutParameter .*the previous documents are in place$/),
        },
      });
      expect(await documentsOf()).toEqual(before);
      const seen = await discovered();
      expect(seen.plan).toBe(plan);
      expect(seen.told).not.toContain('warning');
    }
  });

  it('leaves discover with the previous documents when it dies in the middle, and the next run ends the work', async () => {
    const { plan } = await discovered();
    const event = inline('shop', nginx.replace('EnableCWAgentDebug: true', 'ScrapingConfiguration: {Interval: 30s}'));
    let puts = 0;
    // After one document nothing gets through any more, not even the attempt to put it back.
    proxy.judge = (call) => {
      puts += call === 'AmazonSSM.PutParameter' ? 1 : 0;
      return puts > 1 ? 'refused' : 'passed';
    };
    const died = await config.invoke(event);
    proxy.judge = () => 'passed';
    expect(died).toMatchObject({
      kind: 'error',
      error: { errorMessage: expect.stringContaining('not everything was put back') },
    });
    const seen = await discovered();
    expect(seen.plan).toBe(plan);
    expect(seen.told).toMatch(
      /ssm:\/prom-emf\/config\/prod\/nginx\/prometheus:1:1: warning: expected version \d+, which the release names, found version \d+ with another text/,
    );
    expect(outcomesOf(await invoke(event))).toEqual({ nginx: 'changed' });
    const done = await discovered();
    expect(done.plan).not.toBe(plan);
    expect(done.told).not.toContain('warning');
  });

  it('uses the released version after a change by hand', async () => {
    const { plan } = await discovered();
    await ssm.send(new PutParameterCommand({ Name: `${path}/nginx/agent`, Value: '{"broken', Overwrite: true }));
    const seen = await discovered();
    expect(seen.plan).toBe(plan);
    expect(seen.families).toEqual(['connect', 'nginx']);
  });

  it('refuses another project, and prunes only what its own has left', async () => {
    const other = await config.invoke(inline('blog', nginx));
    expect(other).toMatchObject({
      kind: 'error',
      error: { errorMessage: expect.stringContaining('these documents belong to project "shop"') },
    });
    expect(outcomesOf(await invoke(inline('blog', composeOf('kafdrop'))))).toEqual({ kafdrop: 'created' });
    const pruned = await invoke({ ...inline('shop', composeOf('connect')), prune: true });
    expect(outcomesOf(pruned)).toEqual({ connect: 'unchanged', nginx: 'pruned' });
    expect(Object.keys(await parameters()).filter((name) => name.startsWith('nginx/'))).toEqual([]);
    expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
  });

  it('keeps what is over 8 KB in the bucket, and discover follows', async () => {
    const selectors = Array.from(
      { length: 200 },
      (_, index) => `                  - "^kafka_connect_metric_number_${index}_of_many$"\n`,
    );
    const large = composeOf('connect').replace(/metric_selectors:\n/, `metric_selectors:\n${selectors.join('')}`);
    expect(outcomesOf(await invoke(inline('shop', large)))).toEqual({ connect: 'changed' });
    const pointer = JSON.parse((await parameters())['connect/agent']?.value ?? '') as {
      document: string;
      sha256: string;
    };
    expect(pointer).toMatchObject({ version: 1, document: `s3://${bucket}/documents/${pointer.sha256}` });
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `documents/${pointer.sha256}` }));
    expect(Buffer.byteLength((await object.Body?.transformToString()) ?? '')).toBeGreaterThan(8192);
    expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
    expect(outcomesOf(await invoke(inline('shop', large)))).toEqual({ connect: 'unchanged' });

    const agent = await config.invoke({ ...inline('shop', large), engine: 'agent' });
    expect(agent).toMatchObject({
      kind: 'error',
      error: { errorMessage: expect.stringMatching(/holds at most 8192 bytes, this document has \d+/) },
    });
    expect(outcomesOf(await invoke(inline('shop', composeOf('connect'))))).toEqual({ connect: 'changed' });
  });

  it('leaves a family to the agent it is rendered for, until it is rendered for the functions again', async () => {
    const forAgent = await invoke({ ...inline('shop', composeOf('connect')), engine: 'agent' });
    expect(outcomesOf(forAgent)).toEqual({ connect: 'changed' });
    expect((await discovered()).families).toEqual(['kafdrop']);
    expect(outcomesOf(await invoke(inline('shop', composeOf('connect'))))).toEqual({ connect: 'changed' });
    expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
  });

  it('renders what is uploaded, and prunes it when it is deleted', async () => {
    const put = (name: string, Body: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: `compose/prod/kafka connect/${name}`, Body }));
    await put('compose.yaml', 'services:\n  nginx:\n    extends: {file: base/web.yaml, service: nginx}\n');
    await put('compose.override.yml', 'services: {nginx: {deploy: {labels: {ecs.task.family: uploaded}}}}\n');
    await put('base/web.yaml', nginx);
    const uploaded = await config.invoke(uploadEvent('config-upload'));
    expect(uploaded).toMatchObject({
      kind: 'response',
      response: [{ outcomes: [{ family: 'uploaded', outcome: 'created' }] }],
    });
    expect((await discovered()).families).toEqual(['connect', 'kafdrop', 'uploaded']);
    expect(JSON.parse((await parameters())['uploaded/release']?.value ?? '')).toMatchObject({
      project: 'kafka connect',
    });

    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'compose/prod/kafka connect/compose.yaml' }));
    const removed = await config.invoke(uploadEvent('config-upload-removed'));
    expect(removed).toMatchObject({ response: [{ outcomes: [{ family: 'uploaded', outcome: 'pruned' }] }] });
    expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
  });

  it('renders addresses', async () => {
    const Key = 'compose/elsewhere.yaml';
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: composeOf('kafdrop') }));
    const result = await invoke({ cluster, project: 'blog', compose: [`s3://${bucket}/${Key}`] });
    expect(outcomesOf(result)).toEqual({ kafdrop: 'unchanged' });
  });

  describe('a custom resource', () => {
    const custom = (name: string, properties: object = {}, more: object = {}) => {
      const event = JSON.parse(readFileSync(`events/config-custom-resource-${name}.json`, 'utf8'));
      const ResourceProperties = { ...event.ResourceProperties, Compose: nginx, ...properties };
      return { ...event, ...more, ResourceProperties, ResponseURL: server.url };
    };
    const PhysicalResourceId = 'prom-emf:prod/monitoring-Metrics';

    it('creates, updates and deletes', async () => {
      await config.invoke(custom('create'));
      const answers = server.answers();
      expect(answers).toMatchObject([
        { Status: 'SUCCESS', PhysicalResourceId, LogicalResourceId: 'Metrics', Data: { Families: 'nginx' } },
      ]);
      expect((await discovered()).families).toEqual(['connect', 'kafdrop', 'nginx']);

      await config.invoke(custom('update', { Compose: [changed] }));
      expect(server.answers()).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId }]);
      expect((await parameters())['nginx/agent']?.value).toContain('9114');

      await config.invoke(custom('delete', { Compose: changed }));
      expect(server.answers()).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId }]);
      expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
    });

    it('moves to another project without a gap', async () => {
      await config.invoke(custom('create'));
      await config.invoke(custom('update', { Project: 'renamed' }));
      // CloudFormation deletes the former once the new one stands.
      await config.invoke(custom('delete'));
      expect(server.answers()).toMatchObject([
        { Status: 'SUCCESS', PhysicalResourceId },
        { Status: 'SUCCESS', PhysicalResourceId: 'prom-emf:prod/renamed' },
        { Status: 'SUCCESS', PhysicalResourceId },
      ]);
      expect((await discovered()).families).toEqual(['connect', 'kafdrop', 'nginx']);
      await config.invoke(custom('delete', {}, { PhysicalResourceId: 'prom-emf:prod/renamed' }));
      expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
      server.answers();
    });

    it('answers FAILED with the reason, and a Delete after that succeeds', async () => {
      await config.invoke(custom('create', { Compose: 'services: {web: {x-prometheus: 1}}' }));
      const [refused] = server.answers();
      expect(refused).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Compose:1:') });
      await config.invoke(custom('create', { Cluster: undefined }));
      const [unusable] = server.answers() as { PhysicalResourceId: string }[];
      expect(unusable).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Cluster') });
      await config.invoke(custom('delete', {}, { PhysicalResourceId: unusable?.PhysicalResourceId }));
      expect(server.answers()).toMatchObject([{ Status: 'SUCCESS' }]);
    });

    it('answers FAILED when a write fails, with the documents as they were', async () => {
      const before = await documentsOf();
      let puts = 0;
      proxy.judge = (call) => (call === 'AmazonSSM.PutParameter' && puts++ === 2 ? 'refused' : 'passed');
      await config.invoke(custom('create'));
      proxy.judge = () => 'passed';
      expect(server.answers()).toMatchObject([
        { Status: 'FAILED', Reason: expect.stringContaining('family nginx: PutParameter') },
      ]);
      expect(await documentsOf()).toEqual(before);
    });
  });

  it('lets the command show, change and prune the same documents', async () => {
    const render = (...args: readonly string[]) =>
      runCommand(['render', ...args, '--cluster', cluster, '--ssm', documents, '--project', 'shop'], moto.environment);
    const connect = 'examples/compose/connect.yaml';
    const added = await render(connect, 'examples/compose/nginx.yaml');
    expect(added.stderr).toMatch(/^connect: unchanged in ssm:\/prom-emf\/config\/prod: prometheus \d+ bytes/m);
    expect(added.stderr).toMatch(/^nginx: created in /m);
    expect(added.stdout.split('\n')).toContain(`${path}/nginx/agent`);
    const before = await parameters();
    const dry = await render(connect, '--prune', '--dry-run');
    expect(dry).toMatchObject({ status: 0, stderr: expect.stringContaining('nginx: would be pruned in ') });
    expect(dry.stdout).toMatch(/^--- nginx\/prometheus\tdeployed\n\+\+\+ \/dev\/null\trendered\n/);
    expect(await parameters()).toEqual(before);
    expect(await render(connect, '--prune')).toMatchObject({ status: 0 });
    expect((await discovered()).families).toEqual(['connect', 'kafdrop']);
    const foreign = await render('examples/compose/kafdrop.yaml', connect);
    expect(foreign).toMatchObject({ status: 1, stderr: expect.stringContaining('kafdrop: failed in ssm:') });
    expect(foreign.stdout).toContain(`${path}/connect/agent`);
  });
});

/** A notification of S3 about objects of the test's bucket. */
function uploadEvent(name: string): unknown {
  const text = readFileSync(`events/${name}.json`, 'utf8');
  return JSON.parse(text.replaceAll('prom-emf-dev-123456789012-eu-west-1', bucket));
}
