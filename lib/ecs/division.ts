import { type Division, divide, familyOf, type Layout, type ShardTarget } from './shard.ts';
import { MAX_LOAD, type ShardLoads } from './shard-load.ts';

/** More shards than this are not made. */
export const MAX_SHARDS = 4096;

/**
 * How the targets are to be divided: a known division as long as it serves, since each change reads and seals the
 * states before it. A shard has `maxPerShard` targets on average, and twice as many at the most.
 */
export function divisionFor(
  targets: readonly ShardTarget[],
  maxPerShard: number,
  known: Layout | undefined,
  loads: ShardLoads | undefined,
): Division {
  const needed = leastDivision(targets, maxPerShard);
  if (known === undefined) return needed;
  const current = loads?.generation === known.generation ? [...loads.byShard.values()] : [];
  if (Math.max(0, ...current) > MAX_LOAD && targets.length > known.shards) return finer(known);
  if (fullest(targets, known) > 2 * maxPerShard) return coarsestOf(known, needed);
  const total = current.reduce((sum, load) => sum + load, 0);
  const isLight = total * 4 <= known.shards * MAX_LOAD;
  const isEmpty = targets.length * 4 <= known.shards * maxPerShard;
  const isScattered = known.spread > 4 * needed.spread;
  if (!isLight || !(isEmpty || isScattered)) return known;
  const shards = Math.max(needed.shards, powerOfTwo((total * 2) / MAX_LOAD));
  return { shards: Math.min(shards, known.shards), spread: Math.min(needed.spread, known.spread) };
}

/** Twice as many shards, and families over twice as many: half of each shard on average. */
export function finer({ shards, spread }: Division): Division {
  const more = Math.min(MAX_SHARDS, shards * 2);
  return { shards: more, spread: Math.min(more, spread * 2) };
}

/** The division that serves both; a finer one than the first. */
function coarsestOf(known: Division, needed: Division): Division {
  const shards = Math.max(known.shards, needed.shards);
  const spread = Math.max(known.spread, needed.spread);
  return shards === known.shards && spread === known.spread ? finer(known) : { shards, spread };
}

function leastDivision(targets: readonly ShardTarget[], maxPerShard: number): Division {
  const families = new Map<string, number>();
  for (const target of targets) families.set(familyOf(target), (families.get(familyOf(target)) ?? 0) + 1);
  const spread = powerOfTwo(Math.max(0, ...families.values()) / maxPerShard);
  let shards = Math.max(spread, powerOfTwo(targets.length / maxPerShard));
  // Families are of different sizes: some shards get more than others.
  while (shards < MAX_SHARDS && fullest(targets, { shards, spread }) > 2 * maxPerShard) shards *= 2;
  return { shards, spread };
}

function fullest(targets: readonly ShardTarget[], division: Division): number {
  return Math.max(0, ...[...divide(targets, division).values()].map((members) => members.length));
}

/** The smallest power of two that is no less, at least 1. */
function powerOfTwo(value: number): number {
  return Math.min(MAX_SHARDS, 2 ** Math.ceil(Math.log2(Math.max(1, value))));
}
