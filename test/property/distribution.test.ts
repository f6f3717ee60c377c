import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Distribution, distributionOf } from '../../lib/cloudwatch/distribution.ts';
import {
  type Bucket,
  currentObservations,
  type HistogramValues,
  histogramDelta,
} from '../../lib/prometheus/histogram.ts';

const SETTINGS = { seed: 20_261_125, numRuns: 300 };
const INF = Number.POSITIVE_INFINITY;

/** Bounds as exporters choose them: ascending, up to `most` of them, above zero. */
const boundsOf = (most: number) =>
  fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true }), { minLength: 1, maxLength: most }).map((steps) => {
    let bound = 0;
    return steps.map((step) => {
      bound += step;
      return bound;
    });
  });

/** Observations at and above zero, some beyond the last bound. */
const observed = fc.array(fc.double({ min: 0, max: 120, noNaN: true }), { minLength: 1, maxLength: 200 });

/** What an exporter with these bounds exposes after these observations. */
function exposed(bounds: readonly number[], values: readonly number[]): HistogramValues {
  const buckets = [...bounds, INF].map((bound): Bucket => [bound, values.filter((value) => value <= bound).length]);
  return { buckets, sum: values.reduce((sum, value) => sum + value, 0), count: values.length };
}

/** The value of this rank, from 1, as a reader of the distribution finds it. */
function valueAt({ Values, Counts }: Distribution, rank: number): number {
  let seen = 0;
  const at = Counts.findIndex((count) => {
    seen += count;
    return seen >= rank;
  });
  return Values[at] ?? Number.NaN;
}

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
const rankOf = (quantile: number, count: number) => Math.max(1, Math.ceil(quantile * count));

/** The bounds between which a value lies, as the exporter counts it. */
function bucketAround(bounds: readonly number[], value: number): readonly [number, number] {
  const at = bounds.findIndex((bound) => value <= bound);
  return at === -1 ? [bounds.at(-1) ?? 0, INF] : [bounds[at - 1] ?? 0, bounds[at] ?? INF];
}

describe('percentiles of an emitted distribution', () => {
  it('lie within the bucket that holds the true one', () => {
    fc.assert(
      fc.property(boundsOf(60), observed, (bounds, values) => {
        const distribution = distributionOf(currentObservations(exposed(bounds, values))) as Distribution;
        const sorted = values.toSorted((a, b) => a - b);
        for (const quantile of QUANTILES) {
          const rank = rankOf(quantile, values.length);
          const [lower, upper] = bucketAround(bounds, sorted[rank - 1] ?? Number.NaN);
          const read = valueAt(distribution, rank);
          expect(read).toBeGreaterThanOrEqual(lower);
          expect(read).toBeLessThanOrEqual(upper);
        }
      }),
      SETTINGS,
    );
  });

  it('are told by at most 100 values, which add up to the sum', () => {
    fc.assert(
      fc.property(boundsOf(250), observed, (bounds, values) => {
        const { sum = 0 } = exposed(bounds, values);
        const distribution = distributionOf(currentObservations(exposed(bounds, values))) as Distribution;
        const { Values, Counts, Min, Max, Sum, Count } = distribution;
        expect(Values.length).toBeLessThanOrEqual(100);
        expect(Values).toEqual([...new Set(Values)].sort((a, b) => a - b));
        expect([Count, Sum]).toEqual([values.length, sum]);
        expect(Counts.reduce((total, count) => total + count, 0)).toBe(Count);
        const total = Values.reduce((all, value, at) => all + value * (Counts[at] ?? 0), 0);
        expect(Math.abs(total - sum)).toBeLessThan(1e-6 * Math.max(1, sum));
        expect(Min).toBeLessThanOrEqual(Math.min(...values));
        expect(Math.min(...Values)).toBeGreaterThanOrEqual(Min);
        expect(Math.max(...Values)).toBeLessThanOrEqual(Max);
      }),
      { ...SETTINGS, numRuns: 100 },
    );
  });
});

describe('deltas of histograms', () => {
  /** Observations of each interval; a restart before it forgets all earlier ones. */
  const intervals = fc.array(fc.record({ values: observed, restart: fc.boolean() }), { minLength: 1, maxLength: 6 });

  it('are those of each interval, whatever was observed before', () => {
    fc.assert(
      fc.property(boundsOf(20), observed, intervals, (bounds, first, rest) => {
        let seen = first;
        let baseline = { ...exposed(bounds, first), atMs: 0 };
        for (const [index, { values }] of rest.entries()) {
          seen = [...seen, ...values];
          const current = exposed(bounds, seen);
          const { observations, count } = histogramDelta(current, baseline, baseline.atMs);
          expect(count).toBe(values.length);
          expect(observations).toMatchObject({ buckets: currentObservations(exposed(bounds, values)).buckets });
          baseline = { ...current, atMs: index + 1 };
        }
      }),
      SETTINGS,
    );
  });

  it('are the values since a restart that the target tells', () => {
    fc.assert(
      fc.property(boundsOf(20), observed, intervals, (bounds, first, rest) => {
        let seen = first;
        let createdMs = 1;
        let baseline = { ...exposed(bounds, first), createdMs, atMs: 0 };
        for (const [index, { values, restart }] of rest.entries()) {
          if (restart) createdMs += 60_000;
          seen = restart ? values : [...seen, ...values];
          const current = { ...exposed(bounds, seen), createdMs };
          const { observations, count } = histogramDelta(current, baseline, baseline.atMs);
          expect(count).toBe(values.length);
          expect(observations).toMatchObject({ buckets: currentObservations(exposed(bounds, values)).buckets });
          baseline = { ...current, atMs: index + 1 };
        }
      }),
      SETTINGS,
    );
  });
});
