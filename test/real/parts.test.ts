import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { articleMetrics } from './parts/article.ts';
import { bodyOf, namesIn, valueIn } from './parts/exposition.ts';
import { type FunctionPart, type FunctionSettings, startFunction } from './parts/function.ts';
import { type JmxPart, startJmx } from './parts/jmx.ts';
import { type KafkaConnectPart, startKafkaConnect } from './parts/kafka-connect.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { type MotoNetwork, seedBucket, seedNetwork, seedQueue, seedTasks } from './parts/moto-seeds.ts';
import { type NginxPart, startNginx } from './parts/nginx.ts';

const workerMetrics = articleMetrics['ClusterName TaskDefinitionFamily connector'];
const allArticleMetrics = Object.values(articleMetrics).flat();

describe('nginx', () => {
  let nginx: NginxPart;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx.stop());

  it('counts the connections it accepts', async () => {
    const before = await sampleValue(nginx.url, 'nginx_connections_accepted');
    for (let request = 0; request < 3; request++) {
      await requestAlone(nginx.siteUrl);
    }
    expect(await sampleValue(nginx.url, 'nginx_connections_accepted')).toBeGreaterThanOrEqual(before + 3);
    expect(await sampleValue(nginx.url, 'nginx_up')).toBe(1);
  });

  it('listens on any loopback address it is given', async () => {
    const other = await startNginx({ host: '127.42.0.200', port: 9113 });
    expect(await sampleValue('http://127.42.0.200:9113/metrics', 'nginx_up')).toBe(1);
    await other.stop();
    await expect(fetch(other.url)).rejects.toThrow();
  });
});

// 1.0.1 takes the _total off a gauge's name: the article's selector for it matches nothing.
const jmxVersions = [
  { version: '0.16.1', names: allArticleMetrics },
  { version: '1.0.1', names: allArticleMetrics.map((name) => name.replace(/_total$/, '')) },
] as const;

describe.each(jmxVersions)('jmx_prometheus_javaagent $version', ({ version, names }) => {
  let jmx: JmxPart;
  beforeAll(async () => {
    jmx = await startJmx(version);
  });
  afterAll(() => jmx.stop());

  it("exposes exactly the article's metrics of Kafka Connect, as gauges", async () => {
    const body = await bodyOf(jmx.url);
    const kafkaNames = namesIn(body).filter((name) => name.startsWith('kafka_'));
    expect(kafkaNames).toEqual([...names].sort());
    for (const name of kafkaNames) expect(body).toContain(`# TYPE ${name} gauge\n`);
  });

  it('moves between two scrapes', async () => {
    const commits = names.filter((name) => /completion(_total)?$/.test(name))[0] ?? '';
    const series = `${commits}{connector="sink.orders.v1",task="0"`;
    const before = await sampleValue(jmx.url, series);
    await sleep(300);
    expect(await sampleValue(jmx.url, series)).toBeGreaterThan(before);
  });

  it('exposes what the predefined Java/JMX rules select of the operating system', async () => {
    expect(await sampleValue(jmx.url, 'java_lang_operatingsystem_openfiledescriptorcount')).toBeGreaterThan(0);
  });
});

describe('kafka connect', () => {
  let kafkaConnect: KafkaConnectPart;
  beforeAll(async () => {
    kafkaConnect = await startKafkaConnect();
  });
  afterAll(() => kafkaConnect.stop());

  it("exposes the article's metrics of a real source and a real sink", async () => {
    const body = await bodyOf(kafkaConnect.url);
    expect(namesIn(body)).toEqual(expect.arrayContaining(allArticleMetrics));
    expect(body).toContain(`${workerMetrics[3]}{connector="source.ledger.v1",} 1.0`);
    expect(body).toContain('kafka_connect_connector_task_metrics_batch_size_max{connector="sink.ledger.v1",task="0",}');
  });

  it('commits offsets between two scrapes', async () => {
    const series = 'kafka_connect_sink_task_metrics_offset_commit_completion_total{connector="sink.ledger.v1"';
    const before = await sampleValue(kafkaConnect.url, series);
    await sleep(2_000);
    expect(await sampleValue(kafkaConnect.url, series)).toBeGreaterThan(before);
  });
});

describe('moto', () => {
  let moto: MotoPart;
  let network: MotoNetwork;
  beforeAll(async () => {
    moto = await startMoto();
    network = await seedNetwork(moto.client);
  });
  afterAll(() => moto.stop());

  it('runs Fargate tasks whose attachments tell a loopback address', async () => {
    const seeded = await seedTasks(moto.client, network, {
      clusterName: 'lab',
      family: 'connect',
      containers: [{ name: 'connect', containerPorts: [8083, 1234], dockerLabels: { container_name: 'connect' } }],
      count: 2,
      serviceName: 'lab-connect-service',
    });
    const ecs = new ECSClient(moto.client);
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'lab' }));
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: 'lab', tasks: taskArns }));
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'connect' }));

    expect([...taskArns].sort()).toEqual(seeded.map(({ taskArn }) => taskArn).sort());
    expect(new Set(seeded.map(({ address }) => address)).size).toBe(2);
    for (const { address } of seeded) expect(address).toMatch(/^127\.42\./);
    expect(tasks.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    expect(tasks[0]?.startedBy).toMatch(/^ecs-svc\//);
    expect(taskDefinition?.containerDefinitions?.[0]?.dockerLabels).toEqual({ container_name: 'connect' });
    expect(taskDefinition?.containerDefinitions?.[0]?.portMappings).toHaveLength(2);
  });

  it('runs tasks of network mode host on container instances with loopback addresses', async () => {
    const seeded = await seedTasks(moto.client, network, {
      launchType: 'EC2',
      clusterName: 'hosts',
      family: 'nginx',
      containers: [{ name: 'nginx', containerPorts: [9113] }],
      count: 2,
    });
    const ecs = new ECSClient(moto.client);
    const taskArns = seeded.map(({ taskArn }) => taskArn);
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: 'hosts', tasks: taskArns }));
    const containerInstances = tasks.map(({ containerInstanceArn }) => containerInstanceArn ?? '');
    const described = await ecs.send(new DescribeContainerInstancesCommand({ cluster: 'hosts', containerInstances }));
    const InstanceIds = (described.containerInstances ?? []).map(({ ec2InstanceId }) => ec2InstanceId ?? '');
    const { Reservations = [] } = await new EC2Client(moto.client).send(new DescribeInstancesCommand({ InstanceIds }));
    const addresses = Reservations.flatMap(({ Instances = [] }) => Instances.map((one) => one.PrivateIpAddress));

    expect(tasks.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    expect(addresses.sort()).toEqual(seeded.map(({ address }) => address).sort());
    expect(new Set(addresses).size).toBe(2);
    for (const { address } of seeded) expect(address).toMatch(/^127\.43\./);
  });

  it('gives a task an address at which an exporter can listen', async () => {
    const [task] = await seedTasks(moto.client, network, {
      clusterName: 'site',
      family: 'nginx',
      containers: [{ name: 'nginx', containerPorts: [9113] }],
      count: 1,
    });
    const host = task?.address ?? '';
    const nginx = await startNginx({ host, port: 9113 });
    expect(await sampleValue(`http://${host}:9113/metrics`, 'nginx_up')).toBe(1);
    await nginx.stop();
  });

  it('keeps a task running however often it is described', async () => {
    await seedTasks(moto.client, network, {
      clusterName: 'steady',
      family: 'steady',
      containers: [{ name: 'a', containerPorts: [1] }],
      count: 1,
    });
    const ecs = new ECSClient(moto.client);
    for (let round = 0; round < 10; round++) {
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'steady' }));
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: 'steady', tasks: taskArns }));
      expect(tasks[0]?.lastStatus).toBe('RUNNING');
    }
  });

  it('delivers messages of a queue', async () => {
    const QueueUrl = await seedQueue(moto.client, 'scrapes');
    const sqs = new SQSClient(moto.client);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'target' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.[0]?.Body).toBe('target');
  });

  it('refuses to overwrite an object under If-None-Match and If-Match', async () => {
    await seedBucket(moto.client, 'state');
    const s3 = new S3Client(moto.client);
    const object = { Bucket: 'state', Key: 'a/b', Body: 'one' };
    const { ETag } = await s3.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }));
    await expect(s3.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }))).rejects.toThrow(/pre-conditions/);
    await s3.send(new PutObjectCommand({ ...object, Body: 'two', IfMatch: ETag }));
    await expect(s3.send(new PutObjectCommand({ ...object, IfMatch: ETag }))).rejects.toThrow(/pre-conditions/);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'state', Key: 'a/b' }));
    expect(await Body?.transformToString()).toBe('two');
  });

  it('keeps SSM parameters', async () => {
    const ssm = new SSMClient(moto.client);
    await ssm.send(new PutParameterCommand({ Name: '/lab/agent.json', Value: '{}', Type: 'String' }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/lab/agent.json' }));
    expect(Parameter?.Value).toBe('{}');
  });
});

const bundle = `
const line = (length) => JSON.stringify({ text: 'x'.repeat(length) }) + '\\n';
const written = (text) => new Promise((resolve) => process.stdout.write(text, resolve));
export const handler = async (event, context) => {
  if (event.fail) throw new TypeError('told to fail');
  if (event.exit) process.exit(3);
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  for (let count = 0; count < (event.lines ?? 0); count++) {
    if (event.awaited) await written(line(event.length));
    else process.stdout.write(line(event.length));
  }
  if (event.stderr) process.stderr.write(event.stderr);
  return { echoed: event, id: context.awsRequestId, setting: process.env.SETTING };
};
`;

describe('function', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'prom-emf-bundle-'));
    writeFileSync(join(folder, 'index.mjs'), bundle);
    writeFileSync(join(folder, 'broken.mjs'), "throw new Error('no such thing');\n");
  });
  const started: FunctionPart[] = [];
  const start = async (settings: Partial<FunctionSettings> = {}) => {
    const part = await startFunction({ bundleDir: folder, handler: 'index.handler', ...settings });
    started.push(part);
    return part;
  };
  afterEach(async () => {
    for (const part of started.splice(0)) await part.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('answers one event after another', async () => {
    const part = await start({ env: { SETTING: 'set' } });
    const expected = { kind: 'response', response: { setting: 'set', id: expect.stringMatching(/^[0-9a-f-]{36}$/) } };
    expect(await part.invoke({ a: 1 })).toMatchObject({ ...expected, response: { echoed: { a: 1 } } });
    expect(await part.invoke({ a: 2, stderr: 'told\n' })).toMatchObject(expected);
    expect(part.stderr().toString()).toBe('told\n');
  });

  it('reports a thrown error and answers the next event', async () => {
    const part = await start();
    expect(await part.invoke({ fail: true })).toMatchObject({
      kind: 'error',
      error: { errorType: 'TypeError', errorMessage: 'told to fail' },
    });
    expect(await part.invoke({})).toMatchObject({ kind: 'response' });
  });

  it('says how a function ended that does not answer', async () => {
    const exiting = await start();
    await expect(exiting.invoke({ exit: true })).rejects.toThrow(/^index.handler ended with exit code 3/);
    const hanging = await start({ timeoutMs: 1_500 });
    await expect(hanging.invoke({ hang: true })).rejects.toThrow(/^index.handler ended with SIGKILL \(limit 1.5 s\)/);
  });

  it('refuses a bundle that does not load', async () => {
    await expect(start({ handler: 'broken.handler' })).rejects.toThrow(/no such thing/);
  });

  const event = { lines: 12, length: 32_768 };
  const bytes = event.lines * (event.length + '{"text":""}\n'.length);

  it('captures every byte of a function that awaits its writes, also when read slowly', async () => {
    const part = await start({ readSlowly: 400_000 });
    await part.invoke({ ...event, awaited: true });
    expect(part.stdout().length).toBe(bytes);
  });

  it('shows what a function leaves unwritten that does not await', async () => {
    const part = await start({ readSlowly: 400_000 });
    await part.invoke({ ...event, awaited: false });
    expect(part.stdout().length).toBeLessThan(bytes);
  });
});

/** A request on a connection of its own. */
async function requestAlone(url: string): Promise<void> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
}

/** Value of the first sample whose line begins with `series`. */
async function sampleValue(url: string, series: string): Promise<number> {
  return valueIn(await bodyOf(url), series);
}
