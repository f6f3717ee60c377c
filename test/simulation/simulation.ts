import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseShardMessage } from '../../lib/shard-input.ts';
import { type AwsServer, startAws } from './aws/server.ts';
import type { QueuedMessage } from './aws/sqs.ts';
import { callBound } from './call-bound.ts';
import { type CounterCheck, checkCounters } from './counter-check.ts';
import { publishDocuments } from './documents.ts';
import { addEmitted, mergeEmitted, newEmitted } from './emitted.ts';
import { startExporter } from './exporter.ts';
import { type CycleFigures, figuresOf } from './figures.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { type FunctionHost, type Invocation, startFunction } from './function-host.ts';
import { functionSettings } from './function-settings.ts';
import { createPoller, type Disorder, ORDERLY, type Poller } from './poller.ts';
import { seededRandom } from './random.ts';
import { addScrapes, isState, type Scrapes } from './scrapes.ts';

export type SimulationSettings = {
  readonly tasks: number;
  readonly families: number;
  readonly clusters?: number;
  /** Of each target. */
  readonly series?: number;
  readonly intervalSeconds?: number;
  /** How many processes of scrape run at once. */
  readonly scrapers?: number;
  readonly seed?: number;
  /** How long credentials of assumed roles are good; undefined: as long as was asked for. */
  readonly sessionMs?: () => number | undefined;
};

/** A site at work: what a test changes between its cycles, and what it looks at. */
export type Simulation = {
  readonly fleet: Fleet;
  readonly aws: AwsServer;
  readonly discover: FunctionHost;
  readonly scrapers: readonly FunctionHost[];
  readonly poller: Poller;
  /** One tick: discover, then scrape for every message. @throws {Error} when discover does or when stdout is not EMF. */
  readonly cycle: (disorder?: Disorder) => Promise<CycleFigures>;
  /** What the counters rose by since the start, and what was emitted. */
  readonly counters: () => CounterCheck;
  readonly stop: () => Promise<void>;
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const STAGE = 'simulation';
/** Messages of parts of a minute are for the minute after the tick; of a later one scrape would not take them yet. */
const MINUTE_MS = 60_000;

/** Starts the AWS server, the exporters, and the bundles of dist in processes of their own; publishes all documents. */
export async function startSimulation(settings: SimulationSettings): Promise<Simulation> {
  const { tasks, families, clusters = 1, series = 100, intervalSeconds = 60, scrapers: count = 2, seed = 1 } = settings;
  const stops: (() => Promise<void>)[] = [];
  const kept = async <T extends { readonly stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    stops.push(part.stop);
    return part;
  };
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const exporter = await kept(startExporter(series));
    const fleet = createFleet({ tasks, families, clusters, ports: exporter.ports, seed });
    exporter.answerFor(fleet);
    const discoverSettings = settingsOf('discover', fleet);
    const { DOCUMENTS_PREFIX: prefix = '', QUEUE_NAME: queueName = '' } = discoverSettings.environment;
    const aws = await kept(startAws({ fleet, region: REGION, queueName, seed, sessionMs: settings.sessionMs }));
    await publishDocuments(fleet, { url: aws.url, region: REGION, prefix, interval: `${intervalSeconds}s` });
    const start = (name: 'discover' | 'scrape') => kept(startFunction(hostSettings(name, fleet, aws.url)));
    const discover = await start('discover');
    const scrapers = await Promise.all(Array.from({ length: count }, () => start('scrape')));
    const poller = createPoller(scrapers, seededRandom(seed + 1));
    const total = newEmitted();
    const counted: Scrapes = new Map();
    const knownDefinitions = new Set<string>();
    let dueAt = 0;
    aws.takeCalls();

    const cycle = async (disorder = ORDERLY): Promise<CycleFigures> => {
      dueAt = await nextTick(dueAt, intervalSeconds * 1000);
      const invocation = await discover.invoke({ scheduled_time: new Date(dueAt).toISOString() });
      if (invocation.error !== undefined) throw new Error(`discover: ${invocation.error}\n${invocation.stderr}`);
      const discoverCalls = aws.takeCalls();
      const messages = aws.takeMessages();
      const scrapes: Invocation[] = [];
      for (const wave of wavesOf(messages)) scrapes.push(...(await poller.deliver(wave, disorder)));
      const emitted = newEmitted();
      for (const { stdout } of scrapes) addEmitted(emitted, stdout);
      mergeEmitted(total, emitted);
      addScrapes(counted, aws.objects, fleet);
      return figuresOf({
        tasks: fleet.tasks.size,
        discover: invocation,
        discoverCalls,
        messages,
        scrapes,
        scrapeCalls: aws.takeCalls(),
        bound: callBound(fleet, knownDefinitions),
        state_bytes: stateBytes(aws),
        metrics: emitted.sums.size,
        values: emitted.values,
        documents: emitted.documents,
      });
    };
    return {
      fleet,
      aws,
      discover,
      scrapers,
      poller,
      cycle,
      counters: () => checkCounters(counted, total, series),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function settingsOf(name: string, fleet: Fleet) {
  const params = { clusters: fleet.clusters.join(','), allowedNetworks: '127.64.0.0/10' };
  return functionSettings(ROOT, name, STAGE, params);
}

function hostSettings(name: string, fleet: Fleet, url: string) {
  const awsEnvironment = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: name,
    AWS_SECRET_ACCESS_KEY: 'placeholder',
    // On an older Node the SDK tells on stderr that it will be too old one day.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:prom-emf-${STAGE}-${name}`;
  return { root: ROOT, name, arn, awsEnvironment, ...settingsOf(name, fleet) };
}

/** The time of the next tick. Intervals of less than a minute need ticks that are a minute apart, which takes its time. */
async function nextTick(lastMs: number, intervalMs: number): Promise<number> {
  const now = Date.now();
  if (intervalMs >= MINUTE_MS || lastMs === 0) return Math.max(now, lastMs + 1);
  await sleep(Math.max(0, lastMs + MINUTE_MS - now));
  return lastMs + MINUTE_MS;
}

/** Messages of one shard for the parts of a minute would not wait for each other, as their delays make them. */
function wavesOf(messages: readonly QueuedMessage[]): readonly (readonly QueuedMessage[])[] {
  const waves = new Map<number | undefined, QueuedMessage[]>();
  for (const message of messages) {
    const { slot } = parseShardMessage(message.body);
    waves.set(slot?.start, [...(waves.get(slot?.start) ?? []), message]);
  }
  return [...waves].sort(([a = 0], [b = 0]) => a - b).map(([, wave]) => wave);
}

function stateBytes(aws: AwsServer): number {
  const states = [...aws.objects].filter(([name]) => isState(name));
  return states.reduce((sum, [, { body }]) => sum + body.length, 0);
}
