import { describe, expect, it } from 'vitest';
import { type Baseline, counterDelta, type NoDelta } from '../../../lib/prometheus/counter-delta.ts';

describe('counterDelta', () => {
  const at = (value: number, createdMs?: number): Baseline => ({ value, atMs: 1000, createdMs });
  const rows: readonly {
    name: string;
    value: number;
    baseline?: Baseline;
    createdMs?: number;
    scrapedAtMs?: number;
    expected: number | NoDelta;
  }[] = [
    { name: 'gives the increase', value: 7, baseline: at(5), expected: 2 },
    { name: 'gives zero for an equal value', value: 5, baseline: at(5), expected: 0 },
    { name: 'takes a decrease for a reset and gives the current value', value: 3, baseline: at(5), expected: 3 },
    { name: 'gives zero for a reset to zero', value: 0, baseline: at(5), expected: 0 },
    { name: 'drops the first sample of a counter', value: 7, expected: 'first_sample' },
    { name: 'drops the first sample of a target that is new', value: 7, createdMs: 500, expected: 'first_sample' },
    {
      name: 'gives the first sample of a series that began after the last scrape',
      value: 7,
      createdMs: 1500,
      scrapedAtMs: 1000,
      expected: 7,
    },
    {
      name: 'drops the first sample of a series that began before the last scrape',
      value: 7,
      createdMs: 900,
      scrapedAtMs: 1000,
      expected: 'first_sample',
    },
    {
      name: 'takes a start behind the baseline for a reset, even when the value rose',
      value: 9,
      baseline: at(5),
      createdMs: 1500,
      scrapedAtMs: 1000,
      expected: 9,
    },
    {
      name: 'gives the increase where the start lies before the baseline',
      value: 9,
      baseline: at(5),
      createdMs: 900,
      scrapedAtMs: 1000,
      expected: 4,
    },
    {
      name: 'takes a later start for a reset, whatever the clock of its target shows',
      value: 9,
      baseline: at(5, 4000),
      createdMs: 6001,
      expected: 9,
    },
    {
      name: 'takes starts that differ by a little for one',
      value: 9,
      baseline: at(5, 4000),
      createdMs: 6000,
      expected: 4,
    },
    {
      name: 'gives zero where it fell by its rounding',
      value: 1000.6,
      baseline: at(1000.6000000000001),
      expected: 0,
    },
    {
      name: 'gives the increase of a series whose target is ahead of our clock',
      value: 9,
      baseline: at(5, 2000),
      createdMs: 2000,
      expected: 4,
    },
    { name: 'refuses a value below zero', value: -1, baseline: at(5), expected: 'negative_counter' },
  ];
  it.each(rows)('$name', ({ value, baseline, createdMs, scrapedAtMs, expected }) => {
    expect(counterDelta({ value, createdMs }, baseline, scrapedAtMs)).toBe(expected);
  });
});
