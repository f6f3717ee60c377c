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
