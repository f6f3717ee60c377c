import { describe, expect, it } from 'vitest';
import { parseCount } from '../../../lib/prometheus/count-text.ts';

describe('parseCount', () => {
  const rows: readonly { input: string; expected: bigint }[] = [
    { input: '0', expected: 0n },
    { input: '-0', expected: 0n },
    { input: '+5', expected: 5n },
    { input: '010', expected: 8n },
    { input: '0o17', expected: 15n },
    { input: '09', expected: 9n },
    { input: '0x1F', expected: 31n },
    { input: '0b101', expected: 5n },
    { input: '1_000', expected: 1000n },
    { input: '2.0', expected: 2n },
    { input: '5.', expected: 5n },
    { input: '1e3', expected: 1000n },
    { input: '18446744073709551615', expected: 18_446_744_073_709_551_615n },
  ];
  it.each(rows)('reads $input as $expected', ({ input, expected }) => {
    expect(parseCount(input)).toBe(expected);
  });

  it.each(['', '-1', '-1.0', '1.5', '.5', 'x', '0x', '1 ', '1e999', '18446744073709551616', '.inf', '.nan'])(
    'refuses %j',
    (input) => {
      expect(() => parseCount(input)).toThrow(
        new Error(`expected a whole number of at least 0, found ${JSON.stringify(input)}`),
      );
    },
  );
});
