import type { Distribution } from '../../lib/cloudwatch/distribution.ts';
import { MAX_VALUES_PER_METRIC } from '../../lib/cloudwatch/limits.ts';
import type { BucketCount, Observations } from './histogram.ts';

type Placed = BucketCount & { readonly value: number };

/**
 * The distribution of observations of which only their buckets, and maybe their sum, are known: each value lies in its
 * bucket, all at the same fraction of their buckets' widths, so that they add up to the sum. Undefined where nothing
 * tells where they lie.
 */
export function distributionOf({ buckets, sum }: Observations): Distribution | undefined {
  const known = sum !== undefined && Number.isFinite(sum) ? sum : undefined;
  const placed = placedOf(joinedToFit(buckets.map(fromZero).sort(byBounds)), known);
  const Count = placed?.reduce((total, { count }) => total + count, 0) ?? 0;
  if (placed === undefined || Count === 0) return undefined;
  const Sum = known ?? placed.reduce((total, { value, count }) => total + value * count, 0);
  const mean = Sum / Count;
  const counts = new Map<number, number>();
  for (const { value, count } of placed.toSorted((a, b) => a.value - b.value))
    counts.set(value, (counts.get(value) ?? 0) + count);
  return {
    Values: [...counts.keys()],
    Counts: [...counts.values()],
    Min: Math.min(mean, ...placed.map(({ lower }) => lower)),
    Max: Math.max(mean, ...placed.map(({ upper }) => upper)),
    Sum,
    Count,
  };
}

/** Those of several histograms as those of one; where some tell no sum, theirs is that of the values they would show. */
export function joinObservations(all: readonly Observations[]): Observations {
  const counts = new Map<string, BucketCount>();
  for (const bucket of all.flatMap(({ buckets }) => buckets)) {
    const key = `${bucket.lower} ${bucket.upper}`;
    counts.set(key, { ...bucket, count: bucket.count + (counts.get(key)?.count ?? 0) });
  }
  const isKnown = (sum: number | undefined) => sum !== undefined && Number.isFinite(sum);
  const sums = all.map((each) => (isKnown(each.sum) ? each.sum : distributionOf(each)?.Sum) ?? 0);
  const sum = all.some((each) => isKnown(each.sum)) ? sums.reduce((total, one) => total + one, 0) : undefined;
  return { buckets: [...counts.values()], sum };
}

/** The first bucket begins at zero, or at its bound where that is not above zero. */
function fromZero(bucket: BucketCount): BucketCount {
  const isFirst = bucket.lower === Number.NEGATIVE_INFINITY && bucket.upper !== Number.POSITIVE_INFINITY;
  return isFirst ? { ...bucket, lower: Math.min(0, bucket.upper) } : bucket;
}

function byBounds(a: BucketCount, b: BucketCount): number {
  if (a.upper !== b.upper) return a.upper < b.upper ? -1 : 1;
  return a.lower < b.lower ? -1 : Number(a.lower > b.lower);
}

/** Of more buckets than these the product joins several pairs at once, which no body here needs. */
const MANY_BUCKETS = 1000;

/** At most as many buckets as a metric may have values: again and again the first of the cheapest neighbours are joined. */
function joinedToFit(buckets: readonly BucketCount[]): readonly BucketCount[] {
  if (buckets.length > MANY_BUCKETS)
    throw new Error(`expected at most ${MANY_BUCKETS} buckets, found ${buckets.length}`);
  if (buckets.length <= MAX_VALUES_PER_METRIC) return buckets;
  const pairs = buckets.slice(1).map((bucket, at) => joined(buckets[at] as BucketCount, bucket));
  const costs = pairs.map(costOf);
  const cheapest = costs.reduce((best, cost, at) => (cost < (costs[best] ?? 0) ? at : best), 0);
  return joinedToFit(buckets.toSpliced(cheapest, 2, pairs[cheapest] as BucketCount));
}

function joined(a: BucketCount, b: BucketCount): BucketCount {
  return { lower: Math.min(a.lower, b.lower), upper: Math.max(a.upper, b.upper), count: a.count + b.count };
}

/** How far observations may be moved, in relation to their size, times their number. */
function costOf({ lower, upper, count }: BucketCount): number {
  if (upper === Number.POSITIVE_INFINITY) return upper;
  return (count * (upper - lower)) / Math.max(Math.abs(lower), Math.abs(upper), Number.MIN_VALUE);
}

const HALF = 0.5;

function placedOf(buckets: readonly BucketCount[], sum: number | undefined): Placed[] | undefined {
  const within = buckets.filter(({ upper }) => upper !== Number.POSITIVE_INFINITY);
  const above = buckets.filter(({ upper }) => upper === Number.POSITIVE_INFINITY);
  const level = sum === undefined ? lowestOf(above) : levelOf(above, sum - totalOf(within, HALF));
  if (above.length > 0 && !Number.isFinite(level)) return undefined;
  const meanOf = ({ lower }: BucketCount) => Math.max(lower, level);
  const rest = above.reduce((left, bucket) => left - meanOf(bucket) * bucket.count, sum ?? 0);
  const fraction = sum === undefined ? HALF : fractionOf(within, rest);
  return [
    ...within.map((bucket) => {
      const value = rounded(bucket.lower + fraction * (bucket.upper - bucket.lower), bucket);
      return { ...bucket, value };
    }),
    // What lies above a last bound has one value, and is bounded by it.
    ...above.map((bucket) => {
      const value = rounded(meanOf(bucket), bucket);
      return { lower: value, upper: value, count: bucket.count, value };
    }),
  ];
}

function lowestOf(above: readonly BucketCount[]): number {
  return Math.min(...above.map(({ lower }) => lower).filter(Number.isFinite));
}

/** The mean of what lies above last bounds, all of which add up to the sum; those above it get their bound instead. */
function levelOf(above: readonly BucketCount[], sum: number): number {
  const count = above.reduce((total, bucket) => total + bucket.count, 0);
  const [highest, ...others] = above.toSorted((a, b) => (a.lower > b.lower ? -1 : Number(a.lower < b.lower)));
  if (highest === undefined || !(sum / count < highest.lower)) return sum / count;
  if (others.length === 0) return highest.lower;
  return levelOf(others.reverse(), sum - highest.lower * highest.count);
}

/** What the observations add up to, each at this fraction of its bucket. */
function totalOf(buckets: readonly BucketCount[], fraction: number): number {
  return buckets.reduce((sum, { lower, upper, count }) => sum + (lower + fraction * (upper - lower)) * count, 0);
}

function fractionOf(buckets: readonly BucketCount[], sum: number): number {
  const least = totalOf(buckets, 0);
  const width = totalOf(buckets, 1) - least;
  return width > 0 ? Math.min(1, Math.max(0, (sum - least) / width)) : HALF;
}

function rounded(value: number, { lower, upper }: BucketCount): number {
  return Math.min(upper, Math.max(lower, Number(value.toPrecision(12))));
}
