import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDue, slotLength, slotsOfTick } from '../../../lib/prometheus/slot.ts';

describe('slotLength', () => {
  it.each([
    { intervals: [60_000], expected: 60_000 },
    { intervals: [3_600_000], expected: 60_000 },
    { intervals: [60_000, 45_000], expected: 30_000 },
    { intervals: [20_000, 60_000], expected: 20_000 },
    { intervals: [15_000], expected: 15_000 },
    { intervals: [1000], expected: 15_000 },
    { intervals: [], expected: 60_000 },
  ])('for intervals of $intervals ms is $expected ms', ({ intervals, expected }) => {
    expect(slotLength(intervals)).toBe(expected);
  });
});

describe('isDue', () => {
  it.each([
    { interval: 60_000, startMs: 120_000, lengthMs: 60_000, expected: true },
    { interval: 60_000, startMs: 120_000, lengthMs: 20_000, expected: true },
    { interval: 60_000, startMs: 140_000, lengthMs: 20_000, expected: false },
    { interval: 90_000, startMs: 60_000, lengthMs: 60_000, expected: true },
    { interval: 90_000, startMs: 120_000, lengthMs: 60_000, expected: false },
    { interval: 5000, startMs: 15_000, lengthMs: 15_000, expected: true },
  ])('of an interval of $interval ms at $startMs is $expected', ({ interval, startMs, lengthMs, expected }) => {
    expect(isDue(interval, { startMs, lengthMs })).toBe(expected);
  });

  it('is as often as the interval says, for every interval that is no shorter than the slot', () => {
    const interval = fc.integer({ min: 60, max: 3600 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(interval, fc.integer({ min: 0, max: 1e6 }), (intervalMs, minute) => {
        const lengthMs = slotLength([intervalMs]);
        const slots = Array.from({ length: 120 }, (_, at) => slotsOfTick((minute + at) * 60_000, lengthMs)).flat();
        const due = slots.filter((slot) => isDue(intervalMs, slot)).length;
        expect(Math.abs(due - (120 * 60_000) / intervalMs)).toBeLessThan(1);
      }),
      { seed: 20_261_125, numRuns: 200 },
    );
  });
});
