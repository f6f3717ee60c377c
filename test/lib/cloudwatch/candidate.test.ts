import { describe, expect, it } from 'vitest';
import { type Candidate, type Drop, selectSamples } from '../../../lib/cloudwatch/candidate.ts';
import type { Options } from '../../../lib/cloudwatch/options.ts';
import type { MetricType } from '../../../lib/prometheus/exposition.ts';
import type { Sample } from '../../../lib/prometheus/samples.ts';
import { freshMemory, type Pairs, rulesWith, sampleOf } from './rules-and-samples.ts';

type Types = [string, MetricType][];

function select(samples: readonly Sample[], options: Partial<Options> = {}, types: Types = []) {
  const dropped: string[] = [];
  const exposition = { types: new Map(types), units: new Map([['h', 'seconds']]), created: new Map() };
  const rules = rulesWith(options);
  const onDrop: Drop = (reason, metric) => dropped.push(`${metric}: ${reason}`);
  const { candidates, histograms } = selectSamples(samples, exposition, rules, onDrop, freshMemory(rules));
  return { candidates, dropped, histograms };
}

/** Where its value comes from. */
function sourceOf({ series: _, timestampMs: __, ...source }: Candidate) {
  return source;
}

function unitOf({ series }: Candidate) {
  return series.metric?.unit;
}

describe('selectSamples', () => {
  it('leaves out what no declaration selects', () => {
    expect(select([sampleOf({ labelPairs: { x: '1' } })])).toMatchObject({ candidates: [], dropped: [] });
  });

  it('lets out everything where unselected samples are logged', () => {
    expect(select([sampleOf({ labelPairs: { x: '1' } })], { unselected: 'log' }).candidates).toHaveLength(1);
  });

  it('takes the first of two samples with one name and label set', () => {
    const { candidates, dropped } = select([sampleOf({ value: 1 }), sampleOf({ value: 2 }), sampleOf({ name: 'n' })]);
    expect(candidates.map((each) => [each.series.name, 'value' in each && each.value])).toEqual([
      ['m', 1],
      ['n', 1],
    ]);
    expect(dropped).toEqual(['m: duplicate']);
  });

  it('adds ClusterName where it is absent and lets no label starting __ out', () => {
    const [own, given] = select([
      sampleOf({ labelPairs: { job: 'j', __x: '1' } }),
      sampleOf({ labelPairs: { job: 'j', ClusterName: 'own' } }),
    ]).candidates;
    expect([own, given].map((candidate) => Object.fromEntries(candidate?.series.labels ?? []))).toEqual([
      { job: 'j', ClusterName: 'c' },
      { job: 'j', ClusterName: 'own' },
    ]);
  });

  it("adds the agent's own labels under its profile", () => {
    const options = { profile: 'cloudwatch-agent', untyped: 'gauge' } as const;
    const [candidate] = select([sampleOf({ labelPairs: { x: '1' } })], options).candidates;
    expect(Object.fromEntries(candidate?.series.labels ?? [])).toEqual({
      x: '1',
      ClusterName: 'c',
      prom_metric_type: 'unknown',
      JobName: 'default',
    });
  });

  const drops: readonly {
    name: string;
    type?: MetricType;
    metric?: string;
    options?: Partial<Options>;
    expected: string;
  }[] = [
    {
      name: 'a bucket of a histogram for the agent',
      type: 'histogram',
      metric: 'm_bucket',
      options: { profile: 'cloudwatch-agent' },
      expected: 'm_bucket: histogram',
    },
    {
      name: 'a bucket without a bound',
      type: 'histogram',
      metric: 'm_bucket',
      expected: 'm_bucket: malformed_histogram',
    },
    { name: 'what is no part of a histogram', type: 'histogram', expected: 'm: unsupported_type' },
    { name: 'an untyped sample where that is asked for', options: { untyped: 'drop' }, expected: 'm: untyped' },
    {
      name: 'an info for the agent',
      type: 'info',
      options: { profile: 'cloudwatch-agent' },
      expected: 'm: unsupported_type',
    },
  ];
  it.each(drops)('drops $name with its reason', ({ type, metric = 'm', options, expected }) => {
    const result = select([sampleOf({ name: metric })], options, type === undefined ? [] : [['m', type]]);
    expect(result).toMatchObject({ candidates: [], dropped: [expected] });
  });

  describe('with a histogram', () => {
    const TYPES: Types = [['h', 'histogram']];
    const part = (name: string, value: number, le?: string, labelPairs: Pairs = { job: 'j' }) =>
      sampleOf({
        name,
        value,
        exposedLabels: le === undefined ? [] : [['le', le]],
        labelPairs: le === undefined ? labelPairs : { ...labelPairs, le },
      });
    const HISTOGRAM = [part('h_bucket', 1, '0.5'), part('h_bucket', 3, '+Inf'), part('h_sum', 2), part('h_count', 3)];
    const buckets = [
      [0.5, 1],
      [Number.POSITIVE_INFINITY, 3],
    ];

    it('makes one metric of its buckets, and one each of its sum and its count', () => {
      const { candidates, histograms, dropped } = select(HISTOGRAM, {}, TYPES);
      expect(
        candidates.map((each) => [each.series.name, [...each.series.labels.keys()], sourceOf(each), unitOf(each)]),
      ).toEqual([
        ['h_sum', ['job', 'ClusterName'], { kind: 'sum', histogramKey: 'h' }, 'Seconds'],
        ['h_count', ['job', 'ClusterName'], { kind: 'count', histogramKey: 'h' }, undefined],
        ['h', ['job', 'ClusterName'], { kind: 'observations', histogramKey: 'h' }, 'Seconds'],
      ]);
      expect([histograms, dropped]).toEqual([new Map([['h', { buckets, sum: 2, count: 3 }]]), []]);
    });

    it('follows the name and labels that relabeling gives its buckets', () => {
      const renamed = HISTOGRAM.slice(0, 2).map((sample) => ({
        ...sample,
        series: {
          ...sample.series,
          name: 'renamed_bucket',
          finalLabels: new Map([...sample.series.finalLabels, ['a', 'b']]),
        },
      }));
      const { candidates } = select(renamed, {}, TYPES);
      expect(candidates.map(({ series }) => [series.name, Object.fromEntries(series.labels)])).toEqual([
        ['renamed', { job: 'j', a: 'b', ClusterName: 'c' }],
      ]);
    });

    it('has the labels that relabeling left to all its buckets alike', () => {
      const relabeled = HISTOGRAM.slice(0, 2).map((sample, at) => ({
        ...sample,
        series: {
          ...sample.series,
          finalLabels: new Map([...sample.series.finalLabels, ['bound', String(at)], ['a', 'b']]),
        },
      }));
      const { candidates } = select(relabeled, {}, TYPES);
      expect(candidates.map(({ series }) => Object.fromEntries(series.labels))).toEqual([
        { job: 'j', a: 'b', ClusterName: 'c' },
      ]);
    });

    it('takes the count for a last bucket that is left out', () => {
      const { histograms } = select([part('h_bucket', 1, '0.5'), part('h_count', 3)], {}, TYPES);
      expect(histograms.get('h')?.buckets).toEqual(buckets);
    });

    it('drops it where it is malformed, or where that is asked for, and keeps its sum', () => {
      const malformed = select([part('h_bucket', 1, '0.5'), part('h_sum', 3)], {}, TYPES);
      expect([malformed.dropped, malformed.candidates.length]).toEqual([['h: malformed_histogram'], 1]);
      const unwanted = select(HISTOGRAM, { histograms: 'drop' }, TYPES);
      expect([unwanted.dropped, unwanted.candidates.length]).toEqual([['h: histogram'], 2]);
    });

    it('knows no count below zero', () => {
      const parts = [part('h_bucket', 1, '0.5'), part('h_bucket', 3, '+Inf'), part('h_sum', 2), part('h_count', -3)];
      const { candidates, histograms, dropped } = select(parts, {}, TYPES);
      expect(candidates.map(({ series }) => series.name)).toEqual(['h_sum', 'h']);
      expect([histograms.get('h'), dropped]).toEqual([{ buckets, sum: 2 }, ['h_count: negative_counter']]);
    });

    it('takes a gauge histogram for what it shows', () => {
      const gauges = [part('g_bucket', 3, '+Inf'), part('g_gsum', 2), part('g_gcount', 3)];
      const { candidates, histograms } = select(gauges, {}, [['g', 'gaugehistogram']]);
      const values = { buckets: [[Number.POSITIVE_INFINITY, 3]], sum: 2, count: 3 };
      expect(candidates.map((each) => [each.series.name, sourceOf(each)])).toEqual([
        ['g_gsum', { kind: 'gauge', value: 2 }],
        ['g_gcount', { kind: 'gauge', value: 3 }],
        ['g', { kind: 'current', values }],
      ]);
      expect(histograms.size).toBe(0);
    });

    it.each([
      ['that a bucket cannot be selected by its own name', '_bucket$', HISTOGRAM, 'h_bucket: histogram_bucket'],
      ['a bucket without a bound', '^h$', [part('h_bucket', 1)], 'h_bucket: malformed_histogram'],
    ])('tells %s', (_, selector, samples, expected) => {
      const dropped: string[] = [];
      const exposition = { types: new Map(TYPES), units: new Map(), created: new Map() };
      const rules = rulesWith({}, [['job']], 'c', selector);
      const onDrop: Drop = (reason, metric) => dropped.push(`${metric}: ${reason}`);
      selectSamples(samples, exposition, rules, onDrop, freshMemory(rules));
      expect(dropped).toEqual([expected]);
    });

    it('gives it under the profile of the agent where that is asked for', () => {
      const { candidates, dropped } = select(
        HISTOGRAM,
        { profile: 'cloudwatch-agent', histograms: 'values', unselected: 'drop' },
        TYPES,
      );
      expect([candidates.map(({ series }) => series.name), dropped]).toEqual([['h_sum', 'h_count', 'h'], []]);
    });
  });
});
