import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../lib/prometheus/duration.ts';

describe('parseDuration', () => {
  const rows: readonly { input: string; expected: number }[] = [
    { input: '0', expected: 0 },
    { input: '0s', expected: 0 },
    { input: '500ms', expected: 500 },
    { input: '15s', expected: 15_000 },
    { input: '1m', expected: 60_000 },
    { input: '1h30m', expected: 5_400_000 },
    { input: '90m', expected: 5_400_000 },
    { input: '1d', expected: 86_400_000 },
    { input: '1w', expected: 604_800_000 },
    { input: '1y', expected: 31_536_000_000 },
    { input: '1y2w3d4h5m6s7ms', expected: 33_019_506_007 },
    { input: '292y', expected: 9_208_512_000_000 },
  ];
  it.each(rows)('reads $input as $expected ms', ({ input, expected }) => {
    expect(parseDuration(input)).toBe(expected);
  });

  const errors = ['', ' ', '1', '15', '-1s', '+1s', '1.5s', '1S', '1s1m', '1m1m', '1 s', 's', '1us', '300y'];
  it.each(errors)('refuses %j', (input) => {
    expect(() => parseDuration(input)).toThrow(
      new Error(`expected a duration such as 15s, 1m or 1h30m, found ${JSON.stringify(input)}`),
    );
  });
});

describe('formatDuration', () => {
  const rows: readonly { input: number; expected: string }[] = [
    { input: 0, expected: '0s' },
    { input: 1, expected: '1ms' },
    { input: 1500, expected: '1s500ms' },
    { input: 60_000, expected: '1m' },
    { input: 90_000, expected: '1m30s' },
    { input: 604_800_000, expected: '1w' },
    { input: 691_200_000, expected: '8d' },
    { input: 31_536_000_000, expected: '1y' },
    { input: 31_536_000_001, expected: '365d1ms' },
  ];
  it.each(rows)('writes $input ms as $expected', ({ input, expected }) => {
    expect(formatDuration(input)).toBe(expected);
  });
});
