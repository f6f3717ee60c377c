import { describe, expect, it } from 'vitest';
import {
  type Bucket,
  bucketsOf,
  type HistogramBaseline,
  type HistogramDelta,
  type HistogramValues,
  histogramDelta,
} from '../../../lib/prometheus/histogram.ts';

const INF = Number.POSITIVE_INFINITY;

describe('bucketsOf', () => {
  const rows: readonly { name: string; exposed: Bucket[]; count?: number; expected: Bucket[] | undefined }[] = [
    {
      name: 'sorts',
      exposed: [
        [INF, 3],
        [0.5, 1],
      ],
      expected: [
        [0.5, 1],
        [INF, 3],
      ],
    },
    {
      name: 'takes the first of two',
      exposed: [
        [1, 1],
        [1, 2],
        [INF, 3],
      ],
      expected: [
        [1, 1],
        [INF, 3],
      ],
    },
    {
      name: 'ends with the count where +Inf is left out',
      exposed: [[1, 1]],
      count: 4,
      expected: [
        [1, 1],
        [INF, 4],
      ],
    },
    { name: 'refuses without an end', exposed: [[1, 1]], expected: undefined },
    {
      name: 'refuses a bound that is no number',
      exposed: [
        [Number.NaN, 1],
        [INF, 3],
      ],
      expected: undefined,
    },
    {
      name: 'refuses a count below zero',
      exposed: [
        [1, -1],
        [INF, 3],
      ],
      expected: undefined,
    },
    {
      name: 'refuses a count that is no number',
      exposed: [
        [1, Number.NaN],
        [INF, 3],
      ],
      expected: undefined,
    },
  ];
  it.each(rows)('$name', ({ exposed, count, expected }) => {
    expect(bucketsOf(exposed, count)).toEqual(expected);
  });
});

describe('histogramDelta', () => {
  const at = (values: HistogramValues): HistogramBaseline => ({ ...values, atMs: 1000 });
  const buckets = (low: number, all: number, bound = 1): readonly Bucket[] => [
    [bound, low],
    [INF, all],
  ];
  const observed = (...counts: [lower: number, upper: number, count: number][]) =>
    counts.map(([lower, upper, count]) => ({ lower, upper, count }));
  const whole = { buckets: buckets(2, 5), sum: 9, count: 5 };

  const rows: readonly {
    name: string;
    current: HistogramValues;
    baseline?: HistogramValues;
    scrapedAtMs?: number;
    expected: Partial<HistogramDelta>;
  }[] = [
    {
      name: 'gives what was observed in each bucket',
      current: { buckets: buckets(4, 8), sum: 15, count: 8 },
      baseline: whole,
      expected: {
        observations: { buckets: observed([-INF, 1, 2], [1, INF, 1]), sum: 6 },
        sum: 6,
        count: 3,
      },
    },
    {
      name: 'leaves empty buckets out',
      current: { buckets: buckets(2, 8), sum: 15, count: 8 },
      baseline: whole,
      expected: { observations: { buckets: observed([1, INF, 3]), sum: 6 } },
    },
    {
      name: 'gives nothing of a histogram that is new',
      current: whole,
      expected: { observations: 'first_sample', sum: 'first_sample', count: 'first_sample' },
    },
    {
      name: 'gives all of a histogram that began after the last scrape',
      current: { ...whole, createdMs: 1500 },
      scrapedAtMs: 1000,
      expected: { observations: { buckets: observed([-INF, 1, 2], [1, INF, 3]), sum: 9 }, sum: 9, count: 5 },
    },
    {
      name: 'gives nothing of a part that the baseline lacks',
      current: whole,
      baseline: { count: 4 },
      expected: { observations: 'first_sample', sum: 'first_sample', count: 1 },
    },
    {
      name: 'says nothing of a part that is absent',
      current: { count: 5 },
      baseline: whole,
      expected: { observations: undefined, sum: undefined, count: 0 },
    },
    {
      name: 'takes a fallen count for a reset of the sum too',
      current: { sum: 20, count: 3 },
      baseline: { sum: 9, count: 5 },
      expected: { sum: 20, count: 3 },
    },
    {
      name: 'takes a fallen bucket for a reset of all',
      current: { buckets: buckets(1, 6), sum: 20, count: 6 },
      baseline: whole,
      expected: { observations: { buckets: observed([-INF, 1, 1], [1, INF, 5]), sum: 20 }, sum: 20, count: 6 },
    },
    {
      name: 'takes a fallen sum for a reset',
      current: { sum: 3, count: 6 },
      baseline: { sum: 9, count: 5 },
      expected: { sum: 3, count: 6 },
    },
    {
      name: 'but not where observations below zero are known from a bound',
      current: { buckets: buckets(3, 6, -1), sum: 3, count: 6 },
      baseline: { buckets: buckets(2, 5, -1), sum: 9, count: 5 },
      expected: { observations: { buckets: observed([-INF, -1, 1]), sum: -6 }, sum: -6, count: 1 },
    },
    {
      name: 'nor one that parts of it added in another order give',
      current: { buckets: buckets(2, 6), sum: 0.3 + 0.2 + 0.1, count: 6 },
      baseline: { buckets: buckets(2, 5), sum: 0.1 + 0.2 + 0.3, count: 5 },
      expected: { observations: { buckets: observed([1, INF, 1]), sum: 0 }, sum: 0, count: 1 },
    },
    {
      name: 'nor where they are known from a sum',
      current: { sum: -3, count: 6 },
      baseline: { sum: 9, count: 5 },
      expected: { sum: -12, count: 1 },
    },
    {
      name: 'takes a later start for a reset',
      current: { sum: 30, count: 9, createdMs: 70_000 },
      baseline: { sum: 9, count: 5, createdMs: 60_000 },
      expected: { sum: 30, count: 9 },
    },
    {
      name: 'reads a bucket that an exporter has left out while it was empty',
      current: {
        buckets: [
          [1, 2],
          [2, 4],
          [INF, 7],
        ],
        count: 7,
      },
      baseline: {
        buckets: [
          [1, 2],
          [INF, 5],
        ],
        count: 5,
      },
      expected: { observations: { buckets: observed([1, 2, 2]), sum: undefined } },
    },
    {
      name: 'takes other bounds whose counts cannot be an increase for another process',
      current: {
        buckets: [
          [0.5, 4],
          [1, 5],
          [INF, 6],
        ],
        count: 6,
      },
      baseline: {
        buckets: [
          [1, 5],
          [INF, 5],
        ],
        count: 5,
      },
      expected: { observations: { buckets: observed([-INF, 0.5, 4], [0.5, 1, 1], [1, INF, 1]), sum: undefined } },
    },
    {
      name: 'goes on where relabeling drops bounds',
      current: {
        buckets: [
          [2, 5],
          [INF, 7],
        ],
        count: 7,
      },
      baseline: {
        buckets: [
          [1, 1],
          [2, 4],
          [INF, 5],
        ],
        count: 5,
      },
      expected: { observations: { buckets: observed([-INF, 2, 1], [2, INF, 1]), sum: undefined } },
    },
    {
      name: 'takes the higher count of buckets that were read while they changed',
      current: {
        buckets: [
          [1, 5],
          [2, 4],
          [INF, 6],
        ],
        count: 6,
      },
      baseline: {
        buckets: [
          [1, 0],
          [2, 0],
          [INF, 0],
        ],
        count: 0,
      },
      expected: { observations: { buckets: observed([-INF, 1, 5], [2, INF, 1]), sum: undefined } },
    },
  ];
  it.each(rows)('$name', ({ current, baseline, scrapedAtMs, expected }) => {
    const delta = histogramDelta(current, baseline && at(baseline), scrapedAtMs);
    expect(delta).toMatchObject(expected);
  });
});
