import { parseShardMessage } from '../../lib/shard-input.ts';
import type { AwsServer, CallCount } from './aws/server.ts';
import type { QueuedMessage } from './aws/sqs.ts';
import { callBound } from './call-bound.ts';
import { addEmitted, type Emitted, mergeEmitted, metricsOfTargets, newEmitted } from './emitted.ts';
import { type CycleFigures, figuresOf } from './figures.ts';
import type { Fleet } from './fleet.ts';
import type { FunctionHost, Invocation } from './function-host.ts';
import type { Disorder, Poller } from './poller.ts';
import { addScrapes, isState, type Scrapes } from './scrapes.ts';

/** What runs. */
export type Site = {
  readonly fleet: Fleet;
  readonly aws: AwsServer;
  readonly discover: FunctionHost;
  readonly poller: Poller;
};

/** What has been seen in all cycles; each adds to it. */
export type Progress = {
  readonly emitted: Emitted;
  readonly scrapes: Scrapes;
  /** Task definitions that discover had to read. */
  readonly definitions: Set<string>;
};

/** What a tick of discover came to, whether it failed or not. */
export type DiscoverTick = {
  /** Unix ms. */
  readonly dueAt: number;
  readonly discover: Invocation;
  readonly messages: readonly QueuedMessage[];
  readonly calls: readonly CallCount[];
  /** What it wrote. */
  readonly emitted: Emitted;
};

/** What scrape made of messages. */
export type ScrapeRun = {
  readonly scrapes: readonly Invocation[];
  readonly calls: readonly CallCount[];
  /** What all of them wrote. */
  readonly emitted: Emitted;
};

export function newProgress(): Progress {
  return { emitted: newEmitted(), scrapes: new Map(), definitions: new Set() };
}

/**
 * The tick of this time (Unix ms): discover once, then scrape for every message.
 * @throws {Error} when discover fails or a function prints anything but EMF.
 */
export async function runCycle(
  site: Site,
  progress: Progress,
  dueAt: number,
  disorder: Disorder,
): Promise<CycleFigures> {
  const { fleet, aws } = site;
  const { discover, messages, calls: discoverCalls, emitted } = await runDiscoverTick(site, progress, dueAt);
  if (discover.error !== undefined) throw new Error(`discover: ${discover.error}\n${discover.stderr}`);
  const run = await runScrapes(site, progress, messages, disorder);
  mergeEmitted(emitted, run.emitted);
  return figuresOf({
    tasks: fleet.tasks.size,
    discover,
    discoverCalls,
    messages,
    scrapes: run.scrapes,
    scrapeCalls: run.calls,
    bound: callBound(fleet, progress.definitions),
    state_bytes: stateBytes(aws),
    metrics: metricsOfTargets(emitted),
    values: emitted.values,
    documents: emitted.documents,
  });
}

/** Discover at this time. @throws {Error} when it prints anything but EMF. */
export async function runDiscoverTick(
  { aws, discover }: Pick<Site, 'aws' | 'discover'>,
  progress: Progress,
  dueAt: number,
): Promise<DiscoverTick> {
  const found = await discover.invoke({ scheduled_time: new Date(dueAt).toISOString() });
  const emitted = emittedBy([found], progress);
  return { dueAt, discover: found, messages: aws.takeMessages(), calls: aws.takeCalls(), emitted };
}

/** Scrape for each of these messages. @throws {Error} when it prints anything but EMF. */
export async function runScrapes(
  { fleet, aws, poller }: Omit<Site, 'discover'>,
  progress: Progress,
  messages: readonly QueuedMessage[],
  disorder: Disorder,
): Promise<ScrapeRun> {
  const scrapes: Invocation[] = [];
  for (const wave of wavesOf(messages)) scrapes.push(...(await poller.deliver(wave, disorder)));
  const emitted = emittedBy(scrapes, progress);
  addScrapes(progress.scrapes, aws.objects, fleet);
  return { scrapes, calls: aws.takeCalls(), emitted };
}

function emittedBy(invocations: readonly Invocation[], progress: Progress): Emitted {
  const emitted = newEmitted();
  for (const { stdout, error } of invocations) addEmitted(emitted, stdout, error !== undefined);
  mergeEmitted(progress.emitted, emitted);
  return emitted;
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
