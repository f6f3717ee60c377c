import { describe, expect, it } from 'vitest';
import { distributionFaults } from './emf-distribution.ts';
import { validateEmfLine } from './emf-validator.ts';

type Members = Readonly<Record<string, unknown>>;

const DISTRIBUTION: Members = { Values: [1, 2.5], Counts: [3, 1], Min: 1, Max: 2.5, Sum: 5.5, Count: 4 };
const STATISTICS: Members = { Min: -1, Max: 2, Sum: 0, Count: 4 };
const many = (length: number) => Array.from({ length }, (_, index) => index);

describe('distributionFaults', () => {
  const valid: readonly { name: string; input: Members }[] = [
    { name: 'values with their counts', input: DISTRIBUTION },
    { name: 'members in another order', input: Object.fromEntries(Object.entries(DISTRIBUTION).reverse()) },
    { name: 'statistics', input: STATISTICS },
    { name: 'one value', input: { Values: [0], Counts: [1], Min: 0, Max: 0, Sum: 0, Count: 1 } },
    {
      name: '100 values',
      input: { Values: many(100), Counts: many(100).map(() => 1), Min: 0, Max: 99, Sum: 4950, Count: 100 },
    },
    { name: 'a Sum of other values in the same range', input: { ...DISTRIBUTION, Sum: 9 } },
    {
      name: 'sums as floating-point numbers have them',
      input: { Values: [0.1], Counts: [0.1 + 0.2], Min: 0.1, Max: 0.1, Sum: 0.03, Count: 0.3 },
    },
  ];
  it.each(valid)('accepts $name', ({ input }) => {
    expect(distributionFaults(input)).toEqual([]);
  });

  const rows: readonly { name: string; input: Members; expected: string }[] = [
    { name: 'no members', input: {}, expected: 'is an object with members other than those of a distribution' },
    {
      name: 'another member',
      input: { ...DISTRIBUTION, Unit: 'None' },
      expected: 'is an object with members other than those of a distribution',
    },
    {
      name: 'Values without Counts',
      input: { ...STATISTICS, Values: [1] },
      expected: 'is an object with members other than those of a distribution',
    },
    {
      name: 'a Min that is a text',
      input: { ...STATISTICS, Min: '1' },
      expected: 'has a Min or Max that is no number up to 2^360',
    },
    {
      name: 'a Max beyond 2^360',
      input: { ...STATISTICS, Max: 2 ** 361 },
      expected: 'has a Min or Max that is no number up to 2^360',
    },
    {
      name: 'an infinite Sum',
      input: { ...STATISTICS, Sum: Number.POSITIVE_INFINITY },
      expected: 'has a Sum or Count that is no number',
    },
    {
      name: 'a Count that is null',
      input: { ...STATISTICS, Count: null },
      expected: 'has a Sum or Count that is no number',
    },
    { name: 'a Min above Max', input: { ...STATISTICS, Min: 3 }, expected: 'has a Min above its Max' },
    { name: 'a Count of 0', input: { ...STATISTICS, Count: 0 }, expected: 'has a Count of nothing' },
    {
      name: 'a Sum below what it can be',
      input: { ...STATISTICS, Sum: -4.001 },
      expected: 'has a Sum that its Count of values from Min to Max cannot have',
    },
    {
      name: 'a Sum above what it can be',
      input: { ...STATISTICS, Sum: 8.001 },
      expected: 'has a Sum that its Count of values from Min to Max cannot have',
    },
    {
      name: 'no Values',
      input: { ...DISTRIBUTION, Values: [] },
      expected: 'has Values that are no 1 to 100 numbers up to 2^360',
    },
    {
      name: '101 Values',
      input: { ...DISTRIBUTION, Values: many(101) },
      expected: 'has Values that are no 1 to 100 numbers up to 2^360',
    },
    {
      name: 'a value that is a text',
      input: { ...DISTRIBUTION, Values: [1, '2.5'] },
      expected: 'has Values that are no 1 to 100 numbers up to 2^360',
    },
    {
      name: 'a count that is null',
      input: { ...DISTRIBUTION, Counts: [4, null] },
      expected: 'has Counts that are no 1 to 100 numbers',
    },
    {
      name: 'a value twice',
      input: { ...DISTRIBUTION, Values: [1, 1] },
      expected: 'has Values that do not ascend',
    },
    {
      name: 'values that descend',
      input: { ...DISTRIBUTION, Values: [2.5, 1] },
      expected: 'has Values that do not ascend',
    },
    {
      name: 'a value below Min',
      input: { ...DISTRIBUTION, Values: [0.9, 2.5] },
      expected: 'has Values below Min or above Max',
    },
    {
      name: 'a value above Max',
      input: { ...DISTRIBUTION, Values: [1, 2.6] },
      expected: 'has Values below Min or above Max',
    },
    {
      name: 'too few Counts',
      input: { ...DISTRIBUTION, Counts: [4] },
      expected: 'has more or fewer Counts than Values',
    },
    { name: 'a count of 0', input: { ...DISTRIBUTION, Counts: [4, 0] }, expected: 'has Counts of nothing' },
    {
      name: 'a Count that is another sum',
      input: { ...DISTRIBUTION, Counts: [3, 2] },
      expected: 'has a Count that is not the sum of its Counts',
    },
  ];
  it.each(rows)('finds $name', ({ input, expected }) => {
    expect(distributionFaults(input)).toEqual([expected]);
  });

  it('decides on the objects of a line', () => {
    const line = (m: Members) =>
      JSON.stringify({
        m,
        _aws: { Timestamp: 1, CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'm' }] }] },
      });
    expect(validateEmfLine(line(DISTRIBUTION))).toEqual([]);
    expect(validateEmfLine(line({ ...STATISTICS, Count: 0 }))).toEqual([
      'directive 0: metric m has a Count of nothing',
    ]);
  });
});
