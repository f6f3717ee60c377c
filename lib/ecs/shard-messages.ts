import { divisionFor, finer, MAX_SHARDS } from './division.ts';
import { type Division, divide, type Layout, MAX_MESSAGE_BYTES, type ShardMessage, type ShardTarget } from './shard.ts';
import type { ShardLoads } from './shard-load.ts';

/** A document whose Prometheus configuration names targets of its own. */
export type OwnTargets = { readonly document: number; readonly family: string };

/** What all messages of a tick have in common. */
export type MessageHead = Pick<
  ShardMessage,
  'version' | 'plan' | 'secrets' | 'cluster' | 'due_at' | 'slot' | 'joining'
>;

/** A shard with everything that belongs to it. */
export type Shard = Pick<ShardMessage, 'shard' | 'targets' | 'own_targets'>;

/**
 * One shard for each part of the targets and one for each document with targets of its own. They are divided further
 * until the message of each is at most MAX_MESSAGE_BYTES. Targets that fit into no message are given back. A known
 * layout is kept as long as it serves; a new one has the tick as its generation.
 */
export function layShards(
  head: MessageHead,
  targets: readonly ShardTarget[],
  own: readonly OwnTargets[],
  maxPerShard: number,
  known: Layout | undefined,
  loads?: ShardLoads,
): { readonly layout: Layout; readonly shards: readonly Shard[]; readonly tooLarge: readonly ShardTarget[] } {
  const most = { shards: MAX_SHARDS, spread: MAX_SHARDS };
  const widestLayout = nextLayout(head.due_at, most, { generation: head.due_at, ...most });
  const widest = { shard: String(MAX_SHARDS), own_targets: [] };
  const isSmall = (target: ShardTarget) => fits(messageBody(head, widestLayout, { ...widest, targets: [target] }));
  const tooLarge = targets.filter((target) => !isSmall(target));
  const rest = tooLarge.length === 0 ? targets : targets.filter(isSmall);

  for (let division = divisionFor(rest, maxPerShard, known, loads); ; division = finer(division)) {
    const isKnown = known?.shards === division.shards && known.spread === division.spread;
    const layout = known !== undefined && isKnown ? known : nextLayout(head.due_at, division, known);
    const shards = shardsUnder(layout, rest);
    const oversized = shards.filter((shard) => !fits(messageBody(head, layout, shard)));
    if (oversized.length > 0 && division.spread < MAX_SHARDS) continue;
    const ofDocuments = own.map(
      ({ document, family }): Shard => ({ shard: `family-${family}`, targets: [], own_targets: [document] }),
    );
    return {
      layout,
      shards: [...shards.filter((shard) => !oversized.includes(shard)), ...ofDocuments],
      tooLarge: [...tooLarge, ...oversized.flatMap((shard) => shard.targets)],
    };
  }
}

/** Targets on the shards of a layout as it is. */
export function shardsUnder(layout: Layout, targets: readonly ShardTarget[]): Shard[] {
  return [...divide(targets, layout)].map(([shard, members]) => ({
    shard: String(shard),
    targets: members,
    own_targets: [],
  }));
}

/** The part of a shard that concerns these documents; undefined if there is none. */
export function partOfShard({ shard, targets, own_targets }: Shard, documents: ReadonlySet<number>): Shard | undefined {
  const part = {
    shard,
    targets: targets.filter(({ document }) => documents.has(document)),
    own_targets: own_targets.filter((document) => documents.has(document)),
  };
  return part.targets.length + part.own_targets.length === 0 ? undefined : part;
}

/** How far into a slot a shard is asked: shards are spread over it. */
export function offsetOf({ shard }: Shard, { shards }: Layout, slotMs: number): number {
  const index = Number(shard);
  return Number.isNaN(index) ? 0 : Math.floor((slotMs * index) / shards);
}

/** JSON in which the two characters that JSON allows and SQS refuses are escaped. */
export function messageBody(head: MessageHead, layout: Layout, { shard, targets, own_targets }: Shard): string {
  const message: ShardMessage = { ...head, layout, shard, targets, own_targets };
  return JSON.stringify(message).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}

function nextLayout(generation: number, { shards, spread }: Division, known: Layout | undefined): Layout {
  const next = { generation, shards, spread };
  return known === undefined ? next : { ...next, parent: youngest(known, MAX_ANCESTORS) };
}

/** Further ones are too old to matter, unless the number of shards changes at every tick. */
const MAX_ANCESTORS = 4;

function youngest({ parent, ...layout }: Layout, most: number): Layout {
  return parent === undefined || most <= 1 ? layout : { ...layout, parent: youngest(parent, most - 1) };
}

function fits(body: string): boolean {
  return Buffer.byteLength(body) <= MAX_MESSAGE_BYTES;
}
