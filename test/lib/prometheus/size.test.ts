import { describe, expect, it } from 'vitest';
import { parseSize } from '../../../lib/prometheus/size.ts';

describe('parseSize', () => {
  const rows: readonly { input: string; expected: number }[] = [
    { input: '0', expected: 0 },
    { input: '0B', expected: 0 },
    { input: '512B', expected: 512 },
    { input: '1KB', expected: 1024 },
    { input: '1KiB', expected: 1024 },
    { input: '1.5MB', expected: 1_572_864 },
    { input: '.5KB', expected: 512 },
    { input: '10GB', expected: 10_737_418_240 },
    { input: '1MB512KB', expected: 1_572_864 },
    { input: '+5B', expected: 5 },
    { input: '-1MB', expected: 0 },
  ];
  it.each(rows)('reads $input as $expected bytes', ({ input, expected }) => {
    expect(parseSize(input)).toBe(expected);
  });

  it.each(['', '10', '10M', '1 KB', '10mb', '10Mib', 'B', '1KB!', '16EB', '--1B', '-'])('refuses %j', (input) => {
    expect(() => parseSize(input)).toThrow(
      new Error(`expected a size such as 512KB or 10MB, found ${JSON.stringify(input)}`),
    );
  });
});
