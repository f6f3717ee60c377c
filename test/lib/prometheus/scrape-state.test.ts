import { describe, expect, it } from 'vitest';
import type { Baseline, CounterSample, NoDelta } from '../../../lib/prometheus/counter-delta.ts';
import type { HistogramBaseline } from '../../../lib/prometheus/histogram.ts';
import {
  advanceTarget,
  bounded,
  decodeState,
  encodeState,
  type ScrapeState,
  type TargetState,
} from '../../../lib/prometheus/scrape-state.ts';

describe('advanceTarget', () => {
  const SETTINGS = { nowMs: 100_000, maxAgeMs: 60_000, forgetAbsent: false };
  const counter = (seriesKey: string, value: number, createdMs?: number): CounterSample => ({
    seriesKey,
    value,
    createdMs,
  });
  const previous: TargetState = {
    scrapedAtMs: 90_000,
    counters: new Map([
      ['a', { value: 5, atMs: 90_000 }],
      ['old', { value: 5, atMs: 30_000 }],
      ['edge', { value: 5, atMs: 40_000 }],
    ]),
    histograms: new Map(),
    times: new Map(),
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
        ['b', 1, 100_000],
        ['a', 5, 90_000],
        ['edge', 5, 40_000],
      ],
    },
    {
      name: 'gives the whole increase over an outage',
      previous,
      counters: [counter('edge', 25)],
      deltas: [['edge', 20]],
      baselines: [
        ['edge', 25, 100_000],
        ['a', 5, 90_000],
      ],
    },
    {
      name: 'drops a sample whose baseline is too old',
      previous,
      counters: [counter('old', 25)],
      deltas: [['old', 'first_sample']],
      baselines: [
        ['old', 25, 100_000],
        ['a', 5, 90_000],
        ['edge', 5, 40_000],
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
      name: 'gives a series that began since the last scrape whole',
      previous,
      counters: [counter('new', 4, 95_000)],
      settings: { forgetAbsent: true },
      deltas: [['new', 4]],
      baselines: [['new', 4, 100_000]],
    },
  ];
  it.each(rows)('$name', ({ previous: state, counters, settings, deltas, baselines }) => {
    const advanced = advanceTarget(
      state,
      { counters, histograms: new Map(), times: new Map() },
      { ...SETTINGS, ...settings },
    );
    expect([...advanced.deltas.counters]).toEqual(deltas);
    expect([...advanced.state.counters].map(([key, { value, atMs }]) => [key, value, atMs])).toEqual(baselines);
    expect(advanced.state.scrapedAtMs).toBe(100_000);
  });

  it('keeps no baseline below zero', () => {
    const values = (value: number) => ({ counters: [counter('a', value)], histograms: new Map(), times: new Map() });
    const first = advanceTarget(undefined, values(-3), SETTINGS);
    const { deltas } = advanceTarget(first.state, values(5), { ...SETTINGS, nowMs: 110_000 });
    expect([...deltas.counters]).toEqual([['a', 'first_sample']]);
  });

  it('tells the gauges that bring no newer time than before', () => {
    const values = (...times: [string, number][]) => ({ counters: [], histograms: new Map(), times: new Map(times) });
    const first = advanceTarget(undefined, values(['a', 5], ['b', 5], ['c', 5]), SETTINGS);
    const second = advanceTarget(first.state, values(['a', 5], ['b', 6], ['c', 4], ['new', 1]), SETTINGS);
    expect([[...first.deltas.repeated], [...second.deltas.repeated]]).toEqual([[], ['a', 'c']]);
    expect([...second.state.times.keys()]).toEqual(['a', 'b', 'c', 'new']);
  });

  it('remembers histograms as it does counters', () => {
    const histogram = (count: number) => ({
      counters: [],
      histograms: new Map([['h', { count, sum: count * 2 }]]),
      times: new Map(),
    });
    const first = advanceTarget(undefined, histogram(3), SETTINGS);
    const second = advanceTarget(first.state, histogram(5), { ...SETTINGS, nowMs: 110_000 });
    expect(second.deltas.histograms.get('h')).toEqual({ observations: undefined, sum: 4, count: 2 });
    const late = advanceTarget(first.state, histogram(5), { ...SETTINGS, nowMs: 200_000 });
    expect(late.deltas.histograms.get('h')).toMatchObject({ sum: 'first_sample', count: 'first_sample' });
  });
});

describe('bounded', () => {
  const counters = (...pairs: [string, number][]) => new Map(pairs.map(([key, atMs]) => [key, { value: 1, atMs }]));
  const buckets = [[Number.POSITIVE_INFINITY, 1]] as const;
  const targets = new Map<string, TargetState>([
    ['t', { scrapedAtMs: 9, counters: counters(['new', 9], ['old', 3]), histograms: new Map(), times: new Map() }],
    [
      'u',
      {
        scrapedAtMs: 9,
        counters: counters(['late', 9]),
        histograms: new Map([['h', { buckets, atMs: 5 }]]),
        times: new Map(),
      },
    ],
  ]);
  const rows = [
    { most: 6, forgotten: 0, kept: ['new', 'old', 'late', 'h'] },
    { most: 5, forgotten: 1, kept: ['new', 'late', 'h'] },
    { most: 4, forgotten: 2, kept: ['new', 'late'] },
    { most: 1, forgotten: 3, kept: ['new'] },
  ];
  it.each(rows)('keeps at most $most values, those that were seen last', ({ most, forgotten, kept }) => {
    const result = bounded(targets, most);
    const keys = [...result.targets.values()].flatMap((state) => [
      ...Array.from(state.counters, ([key]) => key),
      ...state.histograms.keys(),
    ]);
    expect([result.forgotten, keys]).toEqual([forgotten, kept]);
  });
});

describe('the encoded state', () => {
  it('is read back as it was', () => {
    const state: ScrapeState = {
      dueAt: 5,
      nonce: 'n',
      gaps: [1, 2],
      targets: new Map([
        [
          't/"1"',
          {
            scrapedAtMs: 4,
            counters: new Map<string, Baseline>([
              ['a', { value: 0.1, atMs: 4 }],
              ['__proto__', { value: 2, atMs: 3 }],
              ['c', { value: 2, atMs: 4, createdMs: 1 }],
            ]),
            histograms: new Map<string, HistogramBaseline>([
              [
                'h',
                {
                  buckets: [
                    [0.5, 1],
                    [Number.POSITIVE_INFINITY, 3],
                  ],
                  sum: 1.5,
                  count: 3,
                  atMs: 4,
                },
              ],
              ['s', { sum: -1, atMs: 3, createdMs: 2 }],
              [
                'below every number',
                {
                  buckets: [
                    [Number.NEGATIVE_INFINITY, 0],
                    [Number.POSITIVE_INFINITY, 3],
                  ],
                  atMs: 4,
                },
              ],
            ]),
            times: new Map([['g', 7]]),
          },
        ],
        ['empty', { scrapedAtMs: 1, counters: new Map(), histograms: new Map(), times: new Map() }],
      ]),
    };
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  it('of version 1 is read', () => {
    const text = '{"version":1,"dueAt":5,"nonce":"n","targets":[["t",4,[["a",1],["b",2,3]]]]}';
    expect(decodeState(text).targets.get('t')?.counters).toEqual(
      new Map([
        ['a', { value: 1, atMs: 4 }],
        ['b', { value: 2, atMs: 3 }],
      ]),
    );
  });

  it('of another version is refused', () => {
    expect(() => decodeState('{"version":3,"dueAt":1,"nonce":"","targets":[]}')).toThrow(
      new Error('expected state version 2, found 3; it was written by another release'),
    );
  });
});
