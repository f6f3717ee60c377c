import { describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../../lib/cloudwatch/emf.ts';
import { batchesOf } from '../../../lib/io/log-batches.ts';

const DAY_MS = 24 * 3_600_000;
const MIB = 1_048_576;
const document = (line: string, timestampMs: number): EmfDocument => ({
  line,
  timestampMs,
  logGroupName: 'g',
  logStreamName: 's',
  metrics: 1,
});
const documents = (count: number, line: string) => Array.from({ length: count }, (_, i) => document(line, i));

describe('batchesOf', () => {
  it.each([
    { name: 'none of nothing', input: [], lengths: [] },
    { name: '10,000 events in a batch', input: documents(10_000, 'x'), lengths: [10_000] },
    { name: 'one more in the next', input: documents(10_001, 'x'), lengths: [10_000, 1] },
    { name: 'a mebibyte, 26 bytes an event', input: documents(16, 'x'.repeat(MIB / 16 - 26)), lengths: [16] },
    { name: 'a byte more in the next', input: documents(16, 'x'.repeat(MIB / 16 - 25)), lengths: [15, 1] },
    { name: 'bytes of UTF-8', input: documents(2, 'ü'.repeat(300_000)), lengths: [1, 1] },
    { name: 'a day', input: [document('a', 5), document('b', 5 + DAY_MS)], lengths: [2] },
    {
      name: 'a millisecond over a day in the next',
      input: [document('c', 6 + DAY_MS), document('b', 6), document('a', 5)],
      lengths: [2, 1],
    },
  ])('has $name', ({ input, lengths }) => {
    expect(batchesOf(input).map(({ length }) => length)).toEqual(lengths);
  });

  it('is in the order of time, and of equal times in that of the documents', () => {
    const input = [document('c', 2), document('a', 1), document('d', 2), document('b', 1)];
    expect(batchesOf(input).flatMap((batch) => batch.map(({ line }) => line))).toEqual(['a', 'b', 'c', 'd']);
  });
});
