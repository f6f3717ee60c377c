import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jmxAgentOption, jvmOptions } from './jmx.ts';
import { answers, cached, childEnvironment, freePort, type Stop, startPart, type Workshop } from './program.ts';

/** A Kafka broker and a Kafka Connect worker that moves the lines of one file into another. */
export type KafkaConnectPart = {
  readonly host: string;
  readonly port: number;
  /** The exposition of the JMX exporter 0.16.1 inside the Connect worker. */
  readonly url: string;
  /** REST API of Kafka Connect. */
  readonly restUrl: string;
  readonly stop: Stop;
};

const sourceName = 'source.ledger.v1';
const sinkName = 'sink.ledger.v1';
const heapMegabytes = 512;

/**
 * Starts a single-node broker (KRaft) and a standalone Connect worker with the connectors source.ledger.v1 and
 * sink.ledger.v1. Ready once the sink has committed offsets; lines keep flowing until the stop.
 */
export function startKafkaConnect(
  address: { readonly host?: string; readonly port?: number } = {},
): Promise<KafkaConnectPart> {
  return startPart('kafka-connect', async (workshop) => {
    const brokerPort = await startBroker(workshop);
    const host = address.host ?? '127.0.0.1';
    const port = address.port ?? (await freePort(host));
    const url = `http://${host}:${port}/metrics`;
    const restPort = await freePort();
    const restUrl = `http://127.0.0.1:${restPort}`;
    feedLines(workshop, join(workshop.folder, 'source.txt'));
    await workshop.start({
      name: 'kafka-connect',
      command: 'java',
      args: [
        ...javaArguments(workshop.folder),
        jmxAgentOption('0.16.1', host, port),
        'org.apache.kafka.connect.cli.ConnectStandalone',
        ...connectProperties(workshop.folder, brokerPort, restUrl),
      ],
      ready: async () => (await answers(url)) && hasCommitted(await (await fetch(url)).text()),
      timeoutMs: 90_000,
    });
    return { host, port, url, restUrl };
  });
}

async function startBroker({ folder, start }: Workshop): Promise<number> {
  const brokerPort = await freePort();
  const controllerPort = await freePort();
  const java = javaArguments(folder);
  writeFileSync(
    join(folder, 'log4j.properties'),
    properties({
      'log4j.rootLogger': 'WARN, stdout',
      'log4j.appender.stdout': 'org.apache.log4j.ConsoleAppender',
      'log4j.appender.stdout.layout': 'org.apache.log4j.PatternLayout',
      'log4j.appender.stdout.layout.ConversionPattern': '%d{ISO8601} %p %c: %m%n',
    }),
  );
  const configuration = join(folder, 'broker.properties');
  writeFileSync(
    configuration,
    properties({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'log.dirs': join(folder, 'broker'),
      'log.cleaner.enable': 'false',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
    }),
  );
  // A Kafka UUID is 16 bytes in base64url without padding and must not begin with a hyphen.
  const clusterId = Buffer.concat([Buffer.of(1), randomBytes(15)]).toString('base64url');
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', configuration];
  await promisify(execFile)('java', [...java, ...format], { env: childEnvironment(), timeout: 60_000 });
  await start({
    name: 'kafka-broker',
    command: 'java',
    args: [...java, 'kafka.Kafka', configuration],
    ready: () => accepts(brokerPort),
    timeoutMs: 60_000,
  });
  return brokerPort;
}

/** Writes the worker's and the connectors' configurations and returns their paths. */
function connectProperties(folder: string, brokerPort: number, restUrl: string): readonly string[] {
  const stringConverter = 'org.apache.kafka.connect.storage.StringConverter';
  const configurations = {
    worker: {
      'bootstrap.servers': `127.0.0.1:${brokerPort}`,
      'key.converter': stringConverter,
      'value.converter': stringConverter,
      'offset.storage.file.filename': join(folder, 'offsets'),
      'offset.flush.interval.ms': '500',
      listeners: restUrl,
      // The connectors are on the class path and listed in its service files: nothing needs to be searched.
      'plugin.discovery': 'service_load',
    },
    source: {
      name: sourceName,
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
      'tasks.max': '1',
      file: join(folder, 'source.txt'),
      topic: 'ledger',
    },
    sink: {
      name: sinkName,
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
      'tasks.max': '1',
      file: join(folder, 'sink.txt'),
      topics: 'ledger',
    },
  };
  return Object.entries(configurations).map(([name, entries]) => {
    const path = join(folder, `connect-${name}.properties`);
    writeFileSync(path, properties(entries));
    return path;
  });
}

/** Appends lines to the source connector's file five times a second, so that every metric moves. */
function feedLines({ onStop }: Workshop, path: string): void {
  let line = 0;
  const feed = () => appendFileSync(path, Array.from({ length: 20 }, () => `line ${line++}\n`).join(''));
  feed();
  const timer = setInterval(feed, 200);
  timer.unref();
  onStop(async () => clearInterval(timer));
}

function hasCommitted(body: string): boolean {
  const completions = `kafka_connect_sink_task_metrics_offset_commit_completion_total{connector="${sinkName}",task="0",}`;
  const line = body.split('\n').find((candidate) => candidate.startsWith(completions));
  return line !== undefined && Number(line.slice(completions.length)) > 0;
}

function javaArguments(folder: string): readonly string[] {
  return [
    ...jvmOptions(heapMegabytes),
    `-Dlog4j.configuration=file:${join(folder, 'log4j.properties')}`,
    '-cp',
    join(cached('kafka'), '*'),
  ];
}

function properties(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
