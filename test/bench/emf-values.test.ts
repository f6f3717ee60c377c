import { describe, expect, it } from 'vitest';
import { countValues } from '../../bench/emf-values.ts';

describe('countValues', () => {
  const document = (values: object, ...names: string[]) =>
    JSON.stringify({ _aws: { CloudWatchMetrics: [{ Metrics: names.map((Name) => ({ Name })) }] }, ...values });
  const rows = [
    { name: 'numbers', text: document({ a: 0, b: 1.5, c: 'x' }, 'a', 'b'), expected: 2 },
    { name: 'an array as its values', text: document({ a: [1, 2, 3] }, 'a'), expected: 3 },
    {
      name: 'a distribution as its values',
      text: document({ a: { Values: [1, 2], Counts: [1, 9] } }, 'a'),
      expected: 2,
    },
    { name: 'no metric that has no value', text: document({}, 'a'), expected: 0 },
    { name: 'no line that is no EMF', text: '{"up":1}\n\nnot JSON', expected: 0 },
    { name: 'all lines', text: `${document({ a: 1 }, 'a')}\n${document({ a: 1 }, 'a')}\n`, expected: 2 },
  ];
  it.each(rows)('counts $name', ({ text, expected }) => {
    expect(countValues(text)).toBe(expected);
  });
});
