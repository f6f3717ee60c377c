import { parseGoFloat } from '../../lib/prometheus/go-float.ts';
import type { Pair } from './reading.ts';

/** An upper bound and how many observations are not above it. */
export type Bucket = readonly [bound: number, cumulative: number];

/** Buckets ascend and end with +Inf. What the target does not tell is undefined; a summary has no buckets. */
export type Histogram = {
  readonly buckets: readonly Bucket[] | undefined;
  readonly sum: number | undefined;
  readonly count: number | undefined;
  readonly createdMs: number | undefined;
};

/** Observations between two bounds. */
export type BucketCount = { readonly lower: number; readonly upper: number; readonly count: number };
export type Observations = { readonly buckets: readonly BucketCount[]; readonly sum: number | undefined };

export function boundOf(labels: readonly Pair[]): number | undefined {
  return parseGoFloat(labels.find(([name]) => name === 'le')?.[1] ?? '');
}

/** Buckets as exposed, in any order; undefined if there are none, or if they tell nothing. */
export function bucketsOf(exposed: readonly Bucket[], count: number | undefined): readonly Bucket[] | undefined {
  if (exposed.length === 0 || exposed.some(([bound]) => Number.isNaN(bound))) return undefined;
  const bounds = [...new Set(exposed.map(([bound]) => bound))].sort((a, b) => (a < b ? -1 : 1));
  const buckets = bounds.map((bound) => exposed.find(([other]) => other === bound) as Bucket);
  // The last bucket may be left to the count.
  const isOpen = bounds.at(-1) !== Number.POSITIVE_INFINITY;
  if (isOpen && count === undefined) return undefined;
  const all = isOpen ? [...buckets, [Number.POSITIVE_INFINITY, count ?? 0] as const] : buckets;
  return all.every(([, cumulative]) => cumulative >= 0 && Number.isFinite(cumulative)) ? all : undefined;
}

/**
 * The observations of each bucket alone. Where a bucket is below the one before it, the exporter was read while it
 * counted: the higher count holds.
 */
export function observationsOf(buckets: readonly Bucket[], sum: number | undefined): Observations {
  const counts = buckets.map(([upper, cumulative], at) => {
    const lower = buckets[at - 1]?.[0] ?? Number.NEGATIVE_INFINITY;
    const below = Math.max(0, ...buckets.slice(0, at).map(([, before]) => before));
    return { lower, upper, count: cumulative - below };
  });
  return { buckets: counts.filter(({ count }) => count > 0), sum };
}
