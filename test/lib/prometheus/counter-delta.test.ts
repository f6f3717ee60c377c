import { describe, expect, it } from 'vitest';
import {
  advanceTarget,
  type Baseline,
  type CounterSample,
  counterDelta,
  decodeState,
  encodeState,
  type NoDelta,
  type TargetState,
} from '../../../lib/prometheus/counter-delta.ts';

describe('counterDelta', () => {
  const at = (value: number): Baseline => ({ value, atMs: 1000 });
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
    { name: 'refuses a value below zero', value: -1, baseline: at(5), expected: 'negative_counter' },
  ];
  it.each(rows)('$name', ({ value, baseline, createdMs, scrapedAtMs, expected }) => {
    expect(counterDelta(value, baseline, { createdMs, scrapedAtMs })).toBe(expected);
  });
});

describe('advanceTarget', () => {
  const SETTINGS = { nowMs: 100_000, maxAgeMs: 60_000, forgetAbsent: false };
  const counter = (seriesKey: string, value: number, createdMs?: number): CounterSample => ({
    seriesKey,
    value,
    createdMs,
  });
  const previous: TargetState = {
    scrapedAtMs: 90_000,
    baselines: new Map([
      ['a', { value: 5, atMs: 90_000 }],
      ['old', { value: 5, atMs: 30_000 }],
      ['edge', { value: 5, atMs: 40_000 }],
    ]),
  };

  const rows: readonly {
    name: string;
    previous?: TargetState;
    counters: readonly CounterSample[];
    settings?: Partial<typeof SETTINGS>;
    deltas: readonly [string, number | NoDelta][];
    baselines: readonly [string, number, number][];
  }[] = [
    {
      name: 'starts baselines for a new target',
      counters: [counter('a', 7)],
      deltas: [['a', 'first_sample']],
      baselines: [['a', 7, 100_000]],
    },
    {
      name: 'keeps baselines of series that are absent until they are too old',
      previous,
      counters: [counter('b', 1)],
      deltas: [['b', 'first_sample']],
      baselines: [
        ['a', 5, 90_000],
        ['edge', 5, 40_000],
        ['b', 1, 100_000],
      ],
    },
    {
      name: 'gives the whole increase over an outage',
      previous,
      counters: [counter('edge', 25)],
      deltas: [['edge', 20]],
      baselines: [
        ['a', 5, 90_000],
        ['edge', 25, 100_000],
      ],
    },
    {
      name: 'drops a sample whose baseline is too old',
      previous,
      counters: [counter('old', 25)],
      deltas: [['old', 'first_sample']],
      baselines: [
        ['a', 5, 90_000],
        ['edge', 5, 40_000],
        ['old', 25, 100_000],
      ],
    },
    {
      name: 'forgets series that are absent where it is told to',
      previous,
      counters: [counter('a', 6)],
      settings: { forgetAbsent: true },
      deltas: [['a', 1]],
      baselines: [['a', 6, 100_000]],
    },
    {
      name: 'takes the first of two samples of one series',
      previous,
      counters: [counter('a', 6), counter('a', 60)],
      settings: { forgetAbsent: true },
      deltas: [['a', 1]],
      baselines: [['a', 6, 100_000]],
    },
    {
      name: 'gives a series that began since the last scrape whole',
      previous,
      counters: [counter('new', 4, 95_000)],
      settings: { forgetAbsent: true },
      deltas: [['new', 4]],
      baselines: [['new', 4, 100_000]],
    },
  ];
  it.each(rows)('$name', ({ previous: state, counters, settings, deltas, baselines }) => {
    const advanced = advanceTarget(state, counters, { ...SETTINGS, ...settings });
    expect([...advanced.deltas]).toEqual(deltas);
    expect([...advanced.state.baselines].map(([key, { value, atMs }]) => [key, value, atMs])).toEqual(baselines);
    expect(advanced.state.scrapedAtMs).toBe(100_000);
  });

  it('keeps no baseline below zero', () => {
    const first = advanceTarget(undefined, [counter('a', -3)], SETTINGS);
    const { deltas } = advanceTarget(first.state, [counter('a', 5)], { ...SETTINGS, nowMs: 110_000 });
    expect([...deltas]).not.toEqual([['a', 8]]);
  });
});

describe('the encoded state', () => {
  it('is read back as it was', () => {
    const state = {
      dueAt: 5,
      nonce: 'n',
      targets: new Map([
        [
          't/"1"',
          {
            scrapedAtMs: 4,
            baselines: new Map([
              ['a', { value: 0.1, atMs: 4 }],
              ['__proto__', { value: 2, atMs: 3 }],
            ]),
          },
        ],
        ['empty', { scrapedAtMs: 1, baselines: new Map() }],
      ]),
    };
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  it('of another version is refused', () => {
    expect(() => decodeState('{"version":2,"dueAt":1,"nonce":"","targets":[]}')).toThrow(
      new Error('expected state version 1, found 2; it was written by another release'),
    );
  });
});
