import { parseShardMessage } from '../../lib/shard-input.ts';
import type { AwsServer } from './aws/server.ts';
import type { QueuedMessage } from './aws/sqs.ts';
import { callBound } from './call-bound.ts';
import { addEmitted, type Emitted, mergeEmitted, newEmitted } from './emitted.ts';
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

export function newProgress(): Progress {
  return { emitted: newEmitted(), scrapes: new Map(), definitions: new Set() };
}

/**
 * The tick of this time (Unix ms): discover once, then scrape for every message.
 * @throws {Error} when discover fails or a function prints anything but EMF.
 */
export async function runCycle(
  { fleet, aws, discover, poller }: Site,
  progress: Progress,
  dueAt: number,
  disorder: Disorder,
): Promise<CycleFigures> {
  const found = await discover.invoke({ scheduled_time: new Date(dueAt).toISOString() });
  if (found.error !== undefined) throw new Error(`discover: ${found.error}\n${found.stderr}`);
  const discoverCalls = aws.takeCalls();
  const messages = aws.takeMessages();
  const scrapes: Invocation[] = [];
  for (const wave of wavesOf(messages)) scrapes.push(...(await poller.deliver(wave, disorder)));
  const emitted = newEmitted();
  for (const { stdout } of [found, ...scrapes]) addEmitted(emitted, stdout);
  mergeEmitted(progress.emitted, emitted);
  addScrapes(progress.scrapes, aws.objects, fleet);
  return figuresOf({
    tasks: fleet.tasks.size,
    discover: found,
    discoverCalls,
    messages,
    scrapes,
    scrapeCalls: aws.takeCalls(),
    bound: callBound(fleet, progress.definitions),
    state_bytes: stateBytes(aws),
    metrics: emitted.sums.size,
    values: emitted.values,
    documents: emitted.documents,
  });
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
