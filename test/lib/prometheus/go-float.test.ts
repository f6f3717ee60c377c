import { describe, expect, it } from 'vitest';
import { parseGoFloat } from '../../../lib/prometheus/go-float.ts';

describe('parseGoFloat', () => {
  const rows: readonly { input: string; expected: number | undefined }[] = [
    { input: '1', expected: 1 },
    { input: '.5', expected: 0.5 },
    { input: '5.', expected: 5 },
    { input: '-1e-5', expected: -0.00001 },
    { input: '+Inf', expected: Infinity },
    { input: '-infinity', expected: -Infinity },
    { input: 'nan', expected: Number.NaN },
    { input: '0x1p-3', expected: 0.125 },
    { input: '-0X1.8P1', expected: -3 },
    { input: '1_000', expected: 1000 },
    { input: '0x_1p0', expected: 1 },
    { input: '', expected: undefined },
    { input: '.', expected: undefined },
    { input: '0x1', expected: undefined },
    { input: '0xp1', expected: undefined },
    { input: '_1', expected: undefined },
    { input: '1__0', expected: undefined },
    { input: '1e400', expected: undefined },
    { input: '1 ', expected: undefined },
  ];
  it.each(rows)('reads $input as $expected', ({ input, expected }) => {
    expect(parseGoFloat(input)).toBe(expected);
  });
});
