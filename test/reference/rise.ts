import type { NoDelta } from '../../lib/prometheus/counter-delta.ts';
import { type Bucket, type Histogram, type Observations, observationsOf } from './histogram.ts';

/** What is remembered of a series: its value, when it was scraped, and when the series began (Unix ms). */
export type Baseline = { readonly value: number; readonly atMs: number; readonly createdMs: number | undefined };
export type HistogramBaseline = Histogram & { readonly atMs: number };

/** What is remembered of a target, by series. */
export type Memory = {
  readonly scrapedAtMs: number;
  readonly counters: ReadonlyMap<string, Baseline>;
  readonly histograms: ReadonlyMap<string, HistogramBaseline>;
  /** The own times of gauges. */
  readonly times: ReadonlyMap<string, number>;
};

/** What one scrape of a target says that is compared with the one before. */
export type Scraped = {
  readonly counters: ReadonlyMap<string, { readonly value: number; readonly createdMs: number | undefined }>;
  readonly histograms: ReadonlyMap<string, Histogram>;
  readonly times: ReadonlyMap<string, number>;
};

export type HistogramRise = {
  readonly observations: Observations | NoDelta | undefined;
  readonly sum: number | NoDelta | undefined;
  readonly count: number | NoDelta | undefined;
};

/** What each series rose by; `repeated`: gauges whose sample was there in the last scrape already. */
export type Rises = {
  readonly counters: ReadonlyMap<string, number | NoDelta>;
  readonly histograms: ReadonlyMap<string, HistogramRise>;
  readonly repeated: ReadonlySet<string>;
};

export const NO_RISES: Rises = { counters: new Map(), histograms: new Map(), repeated: new Set() };

/**
 * Step 4. What the series of a target rose by since they were scraped last, and what is remembered from now on.
 * Baselines are forgotten when they are older than `maxAgeMs`; with `forgetsAbsent` also when a series is absent.
 */
export function risesOf(
  before: Memory | undefined,
  scraped: Scraped,
  { nowMs, maxAgeMs, forgetsAbsent }: { nowMs: number; maxAgeMs: number; forgetsAbsent: boolean },
): { readonly rises: Rises; readonly memory: Memory } {
  const isYoung = ([, { atMs }]: readonly [string, { readonly atMs: number }]) => atMs >= nowMs - maxAgeMs;
  const counters = new Map([...(before?.counters ?? [])].filter(isYoung));
  const histograms = new Map([...(before?.histograms ?? [])].filter(isYoung));
  const rises: Rises = {
    counters: new Map(
      [...scraped.counters].map(([key, now]) => [key, counterRise(now, counters.get(key), before?.scrapedAtMs)]),
    ),
    histograms: new Map(
      [...scraped.histograms].map(([key, now]) => [key, histogramRise(now, histograms.get(key), before?.scrapedAtMs)]),
    ),
    repeated: new Set(
      [...scraped.times].filter(([key, ms]) => ms <= (before?.times.get(key) ?? -Infinity)).map(([key]) => key),
    ),
  };
  if (forgetsAbsent) counters.clear();
  if (forgetsAbsent) histograms.clear();
  for (const [key, { value, createdMs }] of scraped.counters) {
    if (value < 0) counters.delete(key);
    else counters.set(key, { value, atMs: nowMs, createdMs });
  }
  for (const [key, now] of scraped.histograms) histograms.set(key, { ...now, atMs: nowMs });
  return { rises, memory: { scrapedAtMs: nowMs, counters, histograms, times: scraped.times } };
}

/** A counter that falls, or that began later, began at zero. */
function counterRise(
  { value, createdMs }: { readonly value: number; readonly createdMs: number | undefined },
  baseline: Baseline | undefined,
  scrapedAtMs: number | undefined,
): number | NoDelta {
  if (value < 0) return 'negative_counter';
  if (baseline === undefined) return beganSince(createdMs, scrapedAtMs) ? value : 'first_sample';
  if (beganAfter(createdMs, baseline)) return value;
  if (value >= baseline.value) return value - baseline.value;
  return isRounding(value, baseline.value) ? 0 : value;
}

/** Whether a series that is new began since the target was scraped last. */
function beganSince(createdMs: number | undefined, scrapedAtMs: number | undefined): boolean {
  return createdMs !== undefined && scrapedAtMs !== undefined && createdMs > scrapedAtMs;
}

/** A target may tell the same beginning a little differently each time. */
const JITTER_MS = 2000;

function beganAfter(
  createdMs: number | undefined,
  baseline: { readonly createdMs: number | undefined; readonly atMs: number },
): boolean {
  if (createdMs === undefined) return false;
  const { createdMs: then, atMs } = baseline;
  return then === undefined ? createdMs > atMs : createdMs > then + JITTER_MS;
}

/** Whether a number fell by so little that it was only added up in another order. */
function isRounding(now: number, then: number): boolean {
  return now < then && then - now <= Math.abs(then) * 1e-12;
}

const EMPTY = { buckets: [[Number.POSITIVE_INFINITY, 0]] as readonly Bucket[], sum: 0, count: 0 };

/** A reset is one of the whole histogram. */
function histogramRise(
  exposed: Histogram,
  baseline: HistogramBaseline | undefined,
  scrapedAtMs: number | undefined,
): HistogramRise {
  const isSteady = isRounding(exposed.sum ?? Number.NaN, baseline?.sum ?? Number.NaN);
  const now = isSteady ? { ...exposed, sum: baseline?.sum } : exposed;
  const isNew = baseline === undefined && beganSince(now.createdMs, scrapedAtMs);
  const isReset = baseline !== undefined && (beganAfter(now.createdMs, baseline) || hasFallen(now, baseline));
  const then = isNew || isReset ? EMPTY : baseline;
  return {
    observations: observedSince(now, then),
    sum: difference(now.sum, then?.sum),
    count: difference(now.count, then?.count),
  };
}

function difference(now: number | undefined, then: number | undefined): number | NoDelta | undefined {
  if (now === undefined) return undefined;
  return then === undefined ? 'first_sample' : now - then;
}

type Parts = Pick<Histogram, 'buckets' | 'sum' | 'count'>;

function observedSince(now: Parts, then: Parts | undefined): HistogramRise['observations'] {
  if (now.buckets === undefined) return undefined;
  if (then?.buckets === undefined) return 'first_sample';
  const sum = now.sum === undefined || then.sum === undefined ? undefined : now.sum - then.sum;
  return observationsOf(bucketRises(now.buckets, then.buckets), sum);
}

/** A bound that was not there had as many observations as the one below it. */
function bucketRises(now: readonly Bucket[], then: readonly Bucket[]): Bucket[] {
  return now.map(([bound, cumulative]) => [bound, cumulative - (then.findLast(([known]) => known <= bound)?.[1] ?? 0)]);
}

function hasFallen(now: Parts, then: Parts): boolean {
  if (isLess(now.count, then.count)) return true;
  if (now.buckets !== undefined && then.buckets !== undefined && haveFallen(now.buckets, then.buckets)) return true;
  // Observations below zero make a sum fall, too.
  return isLess(now.sum, then.sum) && !isSigned(now) && !isSigned(then);
}

function isLess(now: number | undefined, then: number | undefined): boolean {
  return now !== undefined && then !== undefined && now < then;
}

function isSigned({ buckets = [], sum = 0 }: Parts): boolean {
  return sum < 0 || (buckets[0]?.[0] ?? 0) < 0;
}

/** Where bounds are new, it is also a reset if a bucket rose by less than the one below it. */
function haveFallen(now: readonly Bucket[], then: readonly Bucket[]): boolean {
  const rises = bucketRises(now, then).map(([, rise]) => rise);
  const isNew = now.some(([bound]) => then.every(([known]) => known !== bound));
  return rises.some((rise, at) => rise < (isNew ? Math.max(0, rises[at - 1] ?? 0) : 0));
}
