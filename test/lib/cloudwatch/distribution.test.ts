import { describe, expect, it } from 'vitest';
import {
  type Distribution,
  distributionOf,
  joinObservations,
  repeatedValues,
} from '../../../lib/cloudwatch/distribution.ts';
import type { Observations } from '../../../lib/prometheus/histogram.ts';

const INF = Number.POSITIVE_INFINITY;

const observations = (
  sum: number | undefined,
  ...buckets: [lower: number, upper: number, count: number][]
): Observations => ({
  buckets: buckets.map(([lower, upper, count]) => ({ lower, upper, count })),
  sum,
});

describe('distributionOf', () => {
  const rows: readonly { name: string; input: Observations; expected: Partial<Distribution> | undefined }[] = [
    {
      name: 'places values so that they add up to the sum',
      input: observations(5, [-INF, 1, 2], [1, 2, 2]),
      expected: { Values: [0.75, 1.75], Counts: [2, 2], Min: 0, Max: 2, Sum: 5, Count: 4 },
    },
    {
      name: 'takes the middle of each bucket where no sum is known',
      input: observations(undefined, [-INF, 1, 2], [1, 2, 2]),
      expected: { Values: [0.5, 1.5], Counts: [2, 2], Sum: 4 },
    },
    {
      name: 'takes the middle where the sum is no number',
      input: observations(Number.NaN, [-INF, 1, 2], [1, 2, 2]),
      expected: { Values: [0.5, 1.5], Sum: 4 },
    },
    { name: 'shows zeros as zeros', input: observations(0, [-INF, 1, 3]), expected: { Values: [0], Sum: 0, Max: 1 } },
    {
      name: 'gives what lies above the last bound the mean that is left',
      input: observations(25, [-INF, 2, 1], [2, INF, 2]),
      expected: { Values: [1, 12], Counts: [1, 2], Min: 0, Max: 12, Sum: 25, Count: 3 },
    },
    {
      name: 'but never a value below that bound',
      input: observations(4.5, [-INF, 2, 1], [2, INF, 2]),
      expected: { Values: [0.5, 2], Max: 2 },
    },
    {
      name: 'takes the last bound where no sum is known',
      input: observations(undefined, [-INF, 2, 1], [2, INF, 2]),
      expected: { Values: [1, 2], Sum: 5 },
    },
    {
      name: 'gives what lies above different last bounds one mean, as far as they allow',
      input: observations(215, [1, INF, 100], [10, INF, 1]),
      expected: { Values: [2.05, 10], Counts: [100, 1], Min: 2.05, Max: 10, Sum: 215 },
    },
    {
      name: 'takes each last bound where no sum is known',
      input: observations(undefined, [1, INF, 100], [10, INF, 1]),
      expected: { Values: [1, 10], Counts: [100, 1], Sum: 110 },
    },
    {
      name: 'places observations without bounds by what others leave of the sum',
      input: observations(120, [-INF, INF, 100], [10, INF, 1]),
      expected: { Values: [1.1, 10], Counts: [100, 1], Sum: 120 },
    },
    {
      name: 'takes the mean of a histogram without bounds',
      input: observations(9, [-INF, INF, 3]),
      expected: { Values: [3], Counts: [3], Min: 3, Max: 3 },
    },
    {
      name: 'knows nothing of one without bounds and sum',
      input: observations(undefined, [-INF, INF, 3]),
      expected: undefined,
    },
    {
      name: 'takes the bound itself where the lowest is not above zero',
      input: observations(-6, [-INF, -3, 1], [-3, -1, 2]),
      expected: { Values: [-3, -1.5], Min: -3, Max: -1 },
    },
    {
      name: 'never has a mean outside of Min and Max',
      input: observations(-30, [-INF, 1, 2], [1, 2, 1]),
      expected: { Values: [0, 1], Counts: [2, 1], Min: -10, Max: 2, Sum: -30 },
    },
    { name: 'is nothing without observations', input: observations(0), expected: undefined },
  ];
  it.each(rows)('$name', ({ input, expected }) => {
    const distribution = distributionOf(input);
    if (expected === undefined) expect(distribution).toBeUndefined();
    else expect(distribution).toMatchObject(expected);
  });

  it('merges more than 100 buckets where it moves the fewest observations the least', () => {
    const many = Array.from({ length: 120 }, (_, at): [number, number, number] => [at + 1, at + 2, at < 60 ? 1000 : 1]);
    const distribution = distributionOf(observations(undefined, ...many));
    expect(distribution?.Values).toHaveLength(100);
    expect(distribution?.Count).toBe(60_060);
    // Those with many observations keep buckets of their own.
    expect(distribution?.Values.slice(0, 60)).toEqual(many.slice(0, 60).map(([lower]) => lower + 0.5));
  });

  it('merges as many buckets as a body may have in time', () => {
    const buckets = Array.from({ length: 150_000 }, (_, at) => ({
      lower: at,
      upper: at === 149_999 ? INF : at + 1,
      count: at < 60 ? 1e6 : 1,
    }));
    const distribution = distributionOf({ buckets, sum: undefined });
    expect(distribution).toMatchObject({ Count: 60e6 + 149_940, Min: 0, Max: 149_999 });
    expect(distribution?.Values).toHaveLength(100);
    // Those with many observations keep buckets of their own.
    expect(distribution?.Values.slice(0, 60)).toEqual(buckets.slice(0, 60).map(({ lower }) => lower + 0.5));
  });
});

describe('repeatedValues', () => {
  it('repeats each value as often as it was observed', () => {
    const distribution = distributionOf(observations(undefined, [0, 1, 2], [1, 2, 1])) as Distribution;
    expect(repeatedValues(distribution)).toEqual([0.5, 0.5, 1.5]);
  });
});

describe('joinObservations', () => {
  it('adds what lies between the same bounds', () => {
    const joined = joinObservations([observations(5, [0, 1, 2], [1, 2, 1]), observations(1, [0, 1, 3], [0, 2, 1])]);
    expect(joined).toEqual(observations(6, [0, 1, 5], [1, 2, 1], [0, 2, 1]));
  });

  const known = observations(5, [0, 1, 2], [1, INF, 1]);
  const unknown = observations(undefined, [0, 1, 3], [1, INF, 1]);
  const sums = [
    { name: 'adds what one shows without a sum to the sums of others', all: [known, unknown], expected: 7.5 },
    { name: 'takes a sum that is no number for none', all: [{ ...unknown, sum: INF }, known], expected: 7.5 },
    { name: 'knows no sum where all are unknown', all: [unknown, unknown], expected: undefined },
  ];
  it.each(sums)('$name', ({ all, expected }) => {
    expect(joinObservations(all).sum).toBe(expected);
  });
});
