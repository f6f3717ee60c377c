import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AwsServer, startAws } from './aws/server.ts';
import type { QueuedMessage } from './aws/sqs.ts';
import { type CounterCheck, checkCounters } from './counter-check.ts';
import { type DiscoverTick, newProgress, runCycle, runDiscoverTick, runScrapes, type ScrapeRun } from './cycle.ts';
import { type DocumentsSettings, publishDocuments } from './documents.ts';
import type { Emitted } from './emitted.ts';
import { startExporter } from './exporter.ts';
import type { CycleFigures } from './figures.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { type FunctionHost, startFunction } from './function-host.ts';
import { functionSettings } from './function-settings.ts';
import { createPoller, type Disorder, ORDERLY, type Poller } from './poller.ts';
import { seededRandom } from './random.ts';

export type SimulationSettings = {
  readonly tasks: number;
  readonly families: number;
  readonly clusters?: number;
  /** Of each target. */
  readonly series?: number;
  readonly intervalSeconds?: number;
  /** The scrape_timeout of each job. */
  readonly timeout?: string;
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
  /** One tick. @throws {Error} when discover does or when stdout is not EMF. */
  readonly cycle: (disorder?: Disorder) => Promise<CycleFigures>;
  /** The first part of a tick, now or at a time of its own (Unix ms); discover may fail. */
  readonly discoverTick: (dueAt?: number) => Promise<DiscoverTick>;
  /** The second part: scrape for these messages. */
  readonly scrape: (messages: readonly QueuedMessage[], disorder?: Disorder) => Promise<ScrapeRun>;
  /** What all of them have written. */
  readonly emitted: Emitted;
  /** One more process of a function. */
  readonly start: (name: 'discover' | 'scrape') => Promise<FunctionHost>;
  /** Renders and stores the documents of every family again. */
  readonly publish: (settings: Partial<DocumentsSettings>) => Promise<void>;
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
    const documents = { url: aws.url, region: REGION, prefix, interval: `${intervalSeconds}s` };
    const publish = (changed: Partial<DocumentsSettings>) => publishDocuments(fleet, { ...documents, ...changed });
    await publish({ timeout: settings.timeout });
    const start = (name: 'discover' | 'scrape') => kept(startFunction(hostSettings(name, fleet, aws.url)));
    const discover = await start('discover');
    const scrapers = await Promise.all(Array.from({ length: count }, () => start('scrape')));
    const poller = createPoller(scrapers, seededRandom(seed + 1));
    const progress = newProgress();
    let dueAt = 0;
    aws.takeCalls();
    const site = { fleet, aws, discover, poller };
    const cycle = async (disorder = ORDERLY): Promise<CycleFigures> => {
      dueAt = await nextTick(dueAt, intervalSeconds * 1000);
      return runCycle(site, progress, dueAt, disorder);
    };
    const discoverTick = async (at?: number): Promise<DiscoverTick> => {
      dueAt = at ?? (await nextTick(dueAt, intervalSeconds * 1000));
      return runDiscoverTick(site, progress, dueAt);
    };
    return {
      fleet,
      aws,
      discover,
      scrapers,
      poller,
      cycle,
      discoverTick,
      scrape: (messages, disorder = ORDERLY) => runScrapes(site, progress, messages, disorder),
      emitted: progress.emitted,
      start,
      publish,
      counters: () => checkCounters(progress.scrapes, progress.emitted, series),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function settingsOf(name: string, fleet: Fleet) {
  // By cluster, so that tests see which of them a fault concerns.
  const own = { selfMetrics: 'cluster' };
  const params = { clusters: fleet.clusters.join(','), allowedNetworks: '127.64.0.0/10', ...own };
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
