import type { BucketCount, Observations } from '../prometheus/histogram.ts';
import { MAX_VALUES_PER_METRIC } from './limits.ts';

/** A distribution as AWS's own agents write it into EMF: `Counts[i]` observations of `Values[i]`. */
export type Distribution = {
  readonly Values: readonly number[];
  readonly Counts: readonly number[];
  readonly Min: number;
  readonly Max: number;
  readonly Sum: number;
  readonly Count: number;
};

/**
 * The distribution of these observations; undefined if there are none, or only such as no bound and no sum tells
 * anything about. Each value lies within its bucket, all at the same fraction of their buckets' widths, so that they
 * add up to the sum; what lies above a last bound has the mean that the sum leaves for it. Min and Max are the bounds
 * of the outermost buckets, or that mean. More than 100 buckets are merged where that moves the fewest observations
 * the least.
 */
export function distributionOf({ buckets, sum }: Observations): Distribution | undefined {
  const bounded = merged(buckets.map(withLowerBound).sort(byBounds), MAX_VALUES_PER_METRIC);
  const Count = bounded.reduce((total, { count }) => total + count, 0);
  if (Count === 0) return undefined;
  const known = isKnown(sum) ? sum : undefined;
  const places = placesOf(bounded, known);
  if (places === undefined) return undefined;
  const Sum = known ?? places.reduce((total, { value, count }) => total + value * count, 0);
  const values = new Map<number, number>();
  for (const { value, count } of places.toSorted((a, b) => a.value - b.value))
    values.set(value, (values.get(value) ?? 0) + count);
  const mean = Sum / Count;
  return {
    Values: [...values.keys()],
    Counts: [...values.values()],
    Min: Math.min(mean, ...places.map(({ lower }) => lower)),
    Max: Math.max(mean, ...places.map(({ upper }) => upper)),
    Sum,
    Count,
  };
}

function isKnown(sum: number | undefined): sum is number {
  return sum !== undefined && Number.isFinite(sum);
}

/** Every observation as a number of its own, for readers that know the public specification only. */
export function repeatedValues({ Values, Counts }: Distribution): number[] {
  return Values.flatMap((value, index) => new Array<number>(Math.round(Counts[index] ?? 0)).fill(value));
}

/** Observations of several histograms as those of one. Those without a sum add what they would show alone. */
export function joinObservations(all: readonly Observations[]): Observations {
  const buckets = new Map<string, BucketCount>();
  for (const bucket of all.flatMap((each) => each.buckets)) {
    const key = `${bucket.lower} ${bucket.upper}`;
    buckets.set(key, { ...bucket, count: bucket.count + (buckets.get(key)?.count ?? 0) });
  }
  if (!all.some(({ sum }) => isKnown(sum))) return { buckets: [...buckets.values()], sum: undefined };
  const sums = all.map((each) => (isKnown(each.sum) ? each.sum : (distributionOf(each)?.Sum ?? 0)));
  return { buckets: [...buckets.values()], sum: sums.reduce((total, sum) => total + sum, 0) };
}

/** The first bucket begins at zero, as for histogram_quantile; where its bound is not above zero, it is that bound. */
function withLowerBound(bucket: BucketCount): BucketCount {
  const { lower, upper } = bucket;
  if (lower !== Number.NEGATIVE_INFINITY || upper === Number.POSITIVE_INFINITY) return bucket;
  return { ...bucket, lower: Math.min(0, upper) };
}

function byBounds(a: BucketCount, b: BucketCount): number {
  return a.upper === b.upper ? compare(a.lower, b.lower) : compare(a.upper, b.upper);
}

/** Bounds may be infinite, so that their difference is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type Placed = { readonly value: number; readonly count: number; readonly lower: number; readonly upper: number };

function placesOf(buckets: readonly BucketCount[], sum: number | undefined): Placed[] | undefined {
  const within = buckets.filter(({ upper }) => upper !== Number.POSITIVE_INFINITY);
  const above = buckets.filter(({ upper }) => upper === Number.POSITIVE_INFINITY);
  const level = sum === undefined ? leastOf(above) : levelOf(above, sum - total(within, HALF));
  if (above.length > 0 && !Number.isFinite(level)) return undefined;
  const meanOf = ({ lower }: BucketCount) => Math.max(lower, level);
  const left =
    sum === undefined ? undefined : above.reduce((rest, bucket) => rest - meanOf(bucket) * bucket.count, sum);
  const fraction = left === undefined ? HALF : fractionOf(within, left);
  return [
    ...within.map((bucket) => ({ ...bucket, value: rounded(bucket.lower + fraction * widthOf(bucket), bucket) })),
    ...above.map((bucket) => {
      const value = rounded(meanOf(bucket), bucket);
      return { value, count: bucket.count, lower: value, upper: value };
    }),
  ];
}

/** The lowest of the last bounds. */
function leastOf(above: readonly BucketCount[]): number {
  return Math.min(...above.map(({ lower }) => lower).filter(Number.isFinite));
}

/** The mean of what lies above last bounds; those that are above it get their bound. All of them add up to the sum. */
function levelOf(above: readonly BucketCount[], sum: number): number {
  const ascending = above.toSorted((a, b) => compare(a.lower, b.lower));
  let left = sum;
  let count = ascending.reduce((most, bucket) => most + bucket.count, 0);
  for (let bucket = ascending.pop(); bucket !== undefined && left / count < bucket.lower; bucket = ascending.pop()) {
    if (ascending.length === 0) return bucket.lower;
    left -= bucket.lower * bucket.count;
    count -= bucket.count;
  }
  return left / count;
}

/** To what a reader cares for, without leaving the bucket: digits are bytes of a log. */
function rounded(value: number, { lower, upper }: { readonly lower: number; readonly upper: number }): number {
  return Math.min(upper, Math.max(lower, Number(value.toPrecision(SIGNIFICANT_DIGITS))));
}

const SIGNIFICANT_DIGITS = 12;

function widthOf({ lower, upper }: BucketCount): number {
  return upper - lower;
}

const HALF = 0.5;

/** What the observations add up to, placed at this fraction of their buckets' widths. */
function total(buckets: readonly BucketCount[], fraction: number): number {
  return buckets.reduce((sum, bucket) => sum + (bucket.lower + fraction * widthOf(bucket)) * bucket.count, 0);
}

/** The fraction at which the observations add up to the sum, as far as the buckets allow. */
function fractionOf(buckets: readonly BucketCount[], sum: number): number {
  const least = total(buckets, 0);
  const width = total(buckets, 1) - least;
  return width > 0 ? Math.min(1, Math.max(0, (sum - least) / width)) : HALF;
}

/** At most `most` buckets: neighbours are joined, first those whose joining costs least. */
function merged(buckets: readonly BucketCount[], most: number): readonly BucketCount[] {
  if (buckets.length <= most) return buckets;
  let left = [...buckets];
  while (left.length > MANY) left = thinned(left, Math.ceil((left.length - MANY) / 2));
  const costs = left.slice(1).map((bucket, index) => costOf(left[index] as BucketCount, bucket));
  while (left.length > most) {
    let cheapest = 0;
    for (let at = 1; at < costs.length; at += 1) if ((costs[at] ?? 0) < (costs[cheapest] ?? 0)) cheapest = at;
    const [a, b] = left.slice(cheapest, cheapest + 2) as [BucketCount, BucketCount];
    left.splice(cheapest, 2, joined(a, b));
    costs.splice(cheapest, 1);
    for (const at of [cheapest - 1, cheapest]) {
      const [before, after] = [left[at], left[at + 1]];
      if (before !== undefined && after !== undefined) costs[at] = costOf(before, after);
    }
  }
  return left;
}

/** Of more buckets than these the cheapest neighbours are not looked for one pair after the other. */
const MANY = 1000;

/** At most `most` pairs of neighbours joined, of those whose joining costs least, and at least one. */
function thinned(buckets: readonly BucketCount[], most: number): BucketCount[] {
  const costs = buckets.slice(1).map((bucket, index) => costOf(buckets[index] as BucketCount, bucket));
  const limit = costs.toSorted(compare)[most - 1] ?? 0;
  const left: BucketCount[] = [];
  let joins = 0;
  for (let at = 0; at < buckets.length; at += 1) {
    const [bucket, next] = [buckets[at] as BucketCount, buckets[at + 1]];
    const isJoined = next !== undefined && joins < most && (costs[at] ?? 0) <= limit;
    left.push(isJoined ? joined(bucket, next) : bucket);
    if (!isJoined) continue;
    joins += 1;
    at += 1;
  }
  return left;
}

function joined(a: BucketCount, b: BucketCount): BucketCount {
  return { lower: Math.min(a.lower, b.lower), upper: Math.max(a.upper, b.upper), count: a.count + b.count };
}

/** How far observations may be moved, in relation to their size, times their number. */
function costOf(a: BucketCount, b: BucketCount): number {
  const { lower, upper, count } = joined(a, b);
  if (upper === Number.POSITIVE_INFINITY) return upper;
  return (count * (upper - lower)) / Math.max(Math.abs(lower), Math.abs(upper), Number.MIN_VALUE);
}
