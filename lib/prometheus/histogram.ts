import { beganLater, isRounding, type NoDelta } from './counter-delta.ts';

/** An upper bound (`le`) and how many observations lie at or below it. */
export type Bucket = readonly [bound: number, cumulative: number];

/**
 * The values of a classic histogram, or of a summary, which has no buckets. Parts that are not exposed or not read
 * are absent. Buckets ascend and end with +Inf.
 */
export type HistogramValues = {
  readonly buckets?: readonly Bucket[];
  readonly sum?: number;
  readonly count?: number;
  /** When the series began (Unix ms), where the target tells it. */
  readonly createdMs?: number;
};

/** What is remembered of a histogram, and when it was scraped (Unix ms). */
export type HistogramBaseline = HistogramValues & { readonly atMs: number };

/** Observations above `lower` and at or below `upper`; the outermost bounds may be infinite. */
export type BucketCount = { readonly lower: number; readonly upper: number; readonly count: number };

/** Observations of one interval; a bucket is there only if it has any. */
export type Observations = {
  readonly buckets: readonly BucketCount[];
  /** Undefined where the target does not tell it. */
  readonly sum: number | undefined;
};

/** The increase of each part since the baseline; undefined for a part that is absent. */
export type HistogramDelta = {
  readonly observations: Observations | NoDelta | undefined;
  readonly sum: number | NoDelta | undefined;
  readonly count: number | NoDelta | undefined;
};

/** Buckets as they were exposed, in the order in which the values of a histogram have them; undefined if they cannot be used. */
export function bucketsOf(exposed: readonly Bucket[], count: number | undefined): readonly Bucket[] | undefined {
  const buckets = exposed
    .toSorted(([a], [b]) => a - b)
    .filter(([bound], at, all) => at === 0 || bound !== all[at - 1]?.[0]);
  if (buckets.at(-1)?.[0] !== Number.POSITIVE_INFINITY) {
    // Exporters may leave the last bucket to `_count`.
    if (count === undefined) return undefined;
    buckets.push([Number.POSITIVE_INFINITY, count]);
  }
  const usable = buckets.every(
    ([bound, cumulative]) => !Number.isNaN(bound) && cumulative >= 0 && Number.isFinite(cumulative),
  );
  return usable ? buckets : undefined;
}

/**
 * What a histogram observed since its baseline. A reset concerns the histogram as a whole: then the current values
 * are the increase. Without a baseline there is no increase, unless the series began after the target's last scrape.
 */
export function histogramDelta(
  exposed: HistogramValues,
  baseline: HistogramBaseline | undefined,
  scrapedAtMs: number | undefined,
): HistogramDelta {
  const current = withSteadySum(exposed, baseline);
  const { createdMs } = current;
  const isNew =
    baseline === undefined && createdMs !== undefined && scrapedAtMs !== undefined && createdMs > scrapedAtMs;
  const isReset = baseline !== undefined && (beganLater(createdMs, baseline) || hasFallen(current, baseline));
  const from = isNew || isReset ? NOTHING : baseline;
  const rise = (now: number | undefined, then: number | undefined) => {
    if (now === undefined) return undefined;
    return then === undefined ? ('first_sample' as const) : now - then;
  };
  return {
    observations: observed(current, from),
    sum: rise(current.sum, from?.sum),
    count: rise(current.count, from?.count),
  };
}

/** The observations of a gauge histogram are those that it has now. */
export function currentObservations({ buckets = [], sum }: HistogramValues): Observations {
  return { buckets: apart(buckets), sum };
}

/** A histogram that has just begun. */
const NOTHING: HistogramValues = { buckets: [[Number.POSITIVE_INFINITY, 0]], sum: 0, count: 0 };

/** A sum that fell by no more than its rounding did not change. */
function withSteadySum(exposed: HistogramValues, before: HistogramValues | undefined): HistogramValues {
  const { sum } = exposed;
  const then = before?.sum;
  if (sum === undefined || then === undefined) return exposed;
  return isRounding(sum, then) ? { ...exposed, sum: then } : exposed;
}

/** Whether a part fell. A sum may also fall by observations below zero, which bounds or sums below zero give away. */
function hasFallen(current: HistogramValues, before: HistogramValues): boolean {
  if (fell(current.count, before.count)) return true;
  if (current.buckets !== undefined && before.buckets !== undefined && !continues(current.buckets, before.buckets))
    return true;
  return fell(current.sum, before.sum) && !isSigned(current) && !isSigned(before);
}

function fell(now: number | undefined, then: number | undefined): boolean {
  return now !== undefined && then !== undefined && now < then;
}

function isSigned({ buckets, sum }: HistogramValues): boolean {
  return (buckets?.[0]?.[0] ?? 0) < 0 || (sum ?? 0) < 0;
}

/**
 * Whether no bucket fell. Bounds that the baseline does not have are of an exporter that leaves empty buckets out, or
 * of another process: then the increase falls from one bound to the next.
 */
function continues(buckets: readonly Bucket[], before: readonly Bucket[]): boolean {
  const known = new Set(before.map(([bound]) => bound));
  const hasNewBounds = buckets.some(([bound]) => !known.has(bound));
  let least = 0;
  for (const [, rise] of risesOf(buckets, before)) {
    if (rise < least) return false;
    if (hasNewBounds) least = rise;
  }
  return true;
}

/** The increase of each bucket. A bound that the baseline lacks had as many observations as the one below it. */
function risesOf(buckets: readonly Bucket[], before: readonly Bucket[]): Bucket[] {
  let at = 0;
  let then = 0;
  return buckets.map(([bound, now]) => {
    for (; at < before.length && (before[at]?.[0] ?? 0) <= bound; at += 1) then = before[at]?.[1] ?? 0;
    return [bound, now - then];
  });
}

function observed(current: HistogramValues, before: HistogramValues | undefined): HistogramDelta['observations'] {
  if (current.buckets === undefined) return undefined;
  if (before?.buckets === undefined) return 'first_sample';
  const { sum } = current;
  const known = sum === undefined || before.sum === undefined ? undefined : sum - before.sum;
  return { buckets: apart(risesOf(current.buckets, before.buckets)), sum: known };
}

/**
 * Cumulative buckets as counts of their own. An exporter that is read while it counts may show a bucket below the one
 * before it: the higher count is taken, as histogram_quantile does.
 */
function apart(buckets: readonly Bucket[]): BucketCount[] {
  const counts: BucketCount[] = [];
  let lower = Number.NEGATIVE_INFINITY;
  let below = 0;
  for (const [upper, cumulative] of buckets) {
    if (cumulative > below) {
      counts.push({ lower, upper, count: cumulative - below });
      below = cumulative;
    }
    lower = upper;
  }
  return counts;
}
