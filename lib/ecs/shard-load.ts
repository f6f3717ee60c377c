import type { Layout } from './shard.ts';

/** What the shards of a layout were to scrape when they were scraped last. */
export type ShardLoads = { readonly generation: number; readonly byShard: ReadonlyMap<string, number> };

/** A sample that is selected costs as much as so many that are only read. Source: npm run bench. */
const SELECTED_SAMPLE = 20;
/** About four seconds of a function of 512 MB. */
export const MAX_LOAD = 1_000_000;

/** What a scrape came to, in samples that are only read. */
export function loadOf(targets: readonly { readonly scraped: number; readonly selected: number }[]): number {
  return targets.reduce((sum, { scraped, selected }) => sum + scraped + SELECTED_SAMPLE * selected, 0);
}

/**
 * How many shards there are to be at least. They double while one of them is too much and has more than one target,
 * and stay until they are three quarters empty: each change reads and seals the states before it.
 */
export function leastShards(
  targets: number,
  maxPerShard: number,
  known: Layout | undefined,
  loads: ShardLoads | undefined,
): number {
  if (known === undefined) return 1;
  const current = loads?.generation === known.generation ? [...loads.byShard.values()] : [];
  if (Math.max(0, ...current) > MAX_LOAD && targets > known.shards) return known.shards * 2;
  const total = current.reduce((sum, load) => sum + load, 0);
  const isUsed = targets * 4 > known.shards * maxPerShard || total * 4 > known.shards * MAX_LOAD;
  return isUsed ? known.shards : 2 ** Math.ceil(Math.log2(Math.max(1, (total * 2) / MAX_LOAD)));
}
