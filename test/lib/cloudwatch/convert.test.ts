import { describe, expect, it } from 'vitest';
import { type Candidate, type CandidateSource, selectSamples } from '../../../lib/cloudwatch/candidate.ts';
import { candidateValue, emissionOf } from '../../../lib/cloudwatch/convert.ts';
import type { MetricValue } from '../../../lib/cloudwatch/emission.ts';
import type { Options } from '../../../lib/cloudwatch/options.ts';
import type { NoDelta } from '../../../lib/prometheus/counter-delta.ts';
import { freshMemory, rulesWith, type SampleParts, sampleOf } from './rules-and-samples.ts';

const NOW = 1_700_000_000_000;
const DAY = 24 * 3_600_000;

type Case = {
  readonly sample?: SampleParts;
  readonly value?: MetricValue;
  readonly options?: Partial<Options>;
  readonly dimensions?: string[][];
  readonly honorTimestamps?: boolean;
};

type Bounded = [lower: number, upper: number, count: number];

const UNBOUNDED: Bounded = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1];

function observations(sum: number | undefined, [lower, upper, count]: Bounded): MetricValue {
  return { buckets: [{ lower, upper, count }], sum };
}

function candidatesOf(sample: SampleParts, rules: ReturnType<typeof rulesWith>) {
  const nothing = { types: new Map(), units: new Map(), created: new Map() };
  return selectSamples([sampleOf(sample)], nothing, rules, () => {}, freshMemory(rules)).candidates;
}

function emit({ sample = {}, value = 1, options, dimensions, honorTimestamps = true }: Case) {
  const rules = rulesWith(options, dimensions);
  const [candidate] = candidatesOf(sample, rules);
  const context = {
    rules,
    dueAt: NOW - 100,
    nowMs: NOW,
    honorTimestamps,
  };
  const emission = emissionOf(candidate as Candidate, value, context);
  if (typeof emission === 'string') return emission;
  const { metric, ...rest } = emission;
  return { ...metric, ...rest };
}

describe('candidateValue', () => {
  const key = { seriesKey: 's', value: 7, createdMs: undefined };
  const deltas = {
    repeated: new Set<string>(),
    counters: new Map<string, number | NoDelta>([['s', 2]]),
    histograms: new Map([['h', { observations: { buckets: [], sum: 1 }, sum: 1, count: 'first_sample' as const }]]),
  };
  const rows: readonly { source: CandidateSource; expected: MetricValue | string }[] = [
    { source: { kind: 'gauge', value: 5 }, expected: 5 },
    { source: { kind: 'counter', ...key }, expected: 2 },
    { source: { kind: 'counter', ...key, value: Number.NaN }, expected: 'not_a_number' },
    { source: { kind: 'sum', histogramKey: 'h' }, expected: 1 },
    { source: { kind: 'count', histogramKey: 'h' }, expected: 'first_sample' },
    { source: { kind: 'observations', histogramKey: 'h' }, expected: { buckets: [], sum: 1 } },
    {
      source: { kind: 'current', values: { buckets: [[Number.POSITIVE_INFINITY, 2]], sum: 4 } },
      expected: {
        buckets: [{ lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, count: 2 }],
        sum: 4,
      },
    },
  ];
  it.each(rows)('of $source is $expected', ({ source, expected }) => {
    const [gauge] = candidatesOf({ seriesKey: 's' }, rulesWith());
    const { series } = gauge as Candidate;
    expect(candidateValue({ ...source, series, timestampMs: 1 }, deltas)).toEqual(expected);
  });
});

describe('emissionOf', () => {
  it('gives the emission of a sample', () => {
    const emission = emit({});
    const labels = Object.fromEntries(typeof emission === 'string' ? [] : emission.labels);
    expect(typeof emission === 'string' ? emission : { ...emission, labels }).toEqual({
      namespace: 'ECS/ContainerInsights/Prometheus',
      labels: { job: 'j', ClusterName: 'c' },
      name: 'm',
      value: 1,
      form: 'number',
      combine: 'list',
      timestampMs: NOW - 100,
      dimensionSets: [['ClusterName']],
      unit: 'Bytes',
      storageResolution: 60,
      entity: false,
      logGroupName: '/aws/ecs/containerinsights/c/prometheus',
      logStreamName: 'j',
    });
  });

  const accepted: readonly ({ name: string; expected: object } & Case)[] = [
    {
      name: "the sample's own timestamp where it is honoured",
      sample: { timestampMs: NOW - 5 },
      expected: { timestampMs: NOW - 5 },
    },
    {
      name: "the tick's time where it is not",
      sample: { timestampMs: NOW - 5 },
      honorTimestamps: false,
      expected: { timestampMs: NOW - 100 },
    },
    {
      name: 'a timestamp of two weeks ago',
      sample: { timestampMs: NOW - 14 * DAY },
      expected: { timestampMs: NOW - 14 * DAY },
    },
    { name: 'the largest value CloudWatch takes', value: 2 ** 360, expected: { value: 2 ** 360 } },
    {
      name: 'the dimension sets that are left beside one with a value CloudWatch refuses',
      sample: { labelPairs: { job: 'j', x: 'ü' } },
      dimensions: [['x'], ['job']],
      expected: { dimensionSets: [['job']] },
    },
    {
      name: 'the dimension sets that are left beside one with the name of the metric',
      sample: { labelPairs: { job: 'j', m: '1' } },
      dimensions: [['m'], ['job']],
      expected: { dimensionSets: [['job']] },
    },
    {
      name: 'no dimension set where unselected samples are logged',
      sample: { labelPairs: { x: '1' } },
      options: { unselected: 'log' },
      expected: { dimensionSets: [], logStreamName: 'default' },
    },
  ];
  it.each(accepted)('gives $name', ({ expected, ...input }) => {
    expect(emit(input)).toMatchObject(expected);
  });

  const given: readonly { name: string; aggregate: Options['aggregate']; expected: object }[] = [
    {
      name: 'those beside `by`',
      aggregate: [{ match: '^m$', by: ['job'], as: 'sum' }],
      expected: { labels: new Map([['job', 'j']]), dimensionSets: [['job']], combine: 'sum' },
    },
    {
      name: 'those of `without`',
      aggregate: [{ match: '^m$', without: ['task', 'ClusterName'], as: 'distribution' }],
      expected: { labels: new Map([['job', 'j']]), dimensionSets: [['job']], combine: 'list' },
    },
    {
      name: 'all of them',
      aggregate: [{ match: '', by: [], as: 'sum' }],
      expected: { labels: new Map(), dimensionSets: [[]], logStreamName: 'j' },
    },
    {
      name: 'none where the name is another',
      aggregate: [{ match: '^n$', by: [], as: 'sum' }],
      expected: { combine: 'list', dimensionSets: [['job', 'task'], ['job']] },
    },
  ];
  it.each([
    ['sum', NOW - 100],
    ['distribution', NOW - 5],
  ] as const)('gives a %s the time %s', (as, expected) => {
    const aggregate = [{ match: '', by: ['ClusterName'], as }];
    expect(emit({ sample: { timestampMs: NOW - 5 }, options: { aggregate } })).toMatchObject({ timestampMs: expected });
  });

  it.each(given)('gives up labels: $name', ({ aggregate, expected }) => {
    const sample = { labelPairs: { job: 'j', task: '1' } };
    const dimensions = [['task', 'job'], ['job']];
    expect(emit({ sample, dimensions, options: { aggregate } })).toMatchObject(expected);
  });

  const refused: readonly ({ name: string; expected: string } & Case)[] = [
    { name: 'an interval without observations', value: { buckets: [], sum: 0 }, expected: 'no_observations' },
    ...[
      { name: 'a sum of observations beyond 2^360', value: observations(2 ** 361, [0, 1, 1]) },
      { name: 'bounds beyond 2^360', value: observations(1, [0, 2 ** 361, 1]) },
      { name: 'a last bound beyond 2^360', value: observations(1, [2 ** 361, Number.POSITIVE_INFINITY, 1]) },
      { name: 'as many observations', value: observations(1, [0, 1, 2 ** 361]) },
      { name: 'observations of -Inf', value: observations(1, [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]) },
      { name: 'observations without bounds and sum', value: observations(undefined, UNBOUNDED) },
    ].map((row) => ({ ...row, expected: 'out_of_range' })),
    { name: 'NaN', value: Number.NaN, expected: 'not_a_number' },
    { name: 'an infinity', value: -Infinity, expected: 'not_a_number' },
    { name: 'a value beyond 2^360', value: -(2 ** 361), expected: 'out_of_range' },
    {
      name: 'a timestamp older than two weeks',
      sample: { timestampMs: NOW - 14 * DAY - 1 },
      expected: 'timestamp_out_of_window',
    },
    {
      name: 'a timestamp more than two hours ahead',
      sample: { timestampMs: NOW + 7_200_001 },
      expected: 'timestamp_out_of_window',
    },
    { name: 'a metric called _aws', sample: { name: '_aws' }, expected: 'reserved_name' },
    {
      name: 'a plain log field called CloudWatchMetrics',
      sample: { name: 'CloudWatchMetrics' },
      options: { unselected: 'log' },
      dimensions: [],
      expected: 'reserved_name',
    },
    { name: 'a name beyond ASCII', sample: { name: 'größe' }, expected: 'metric_name' },
    { name: 'a name over 1024 characters', sample: { name: 'a'.repeat(1025) }, expected: 'metric_name' },
    {
      name: 'a dimension of the name of the metric',
      sample: { labelPairs: { job: 'j', m: '1' } },
      dimensions: [['m']],
      expected: 'name_clash',
    },
    {
      name: 'a dimension value beyond ASCII',
      sample: { labelPairs: { job: 'ü' } },
      dimensions: [['job']],
      expected: 'dimension_value',
    },
    {
      name: 'a blank dimension value',
      sample: { labelPairs: { job: ' ' } },
      dimensions: [['job']],
      expected: 'dimension_value',
    },
    {
      name: 'a dimension value over 1024 characters',
      sample: { labelPairs: { job: 'a'.repeat(1025) } },
      dimensions: [['job']],
      expected: 'dimension_value',
    },
    { name: 'a dimension that is missing', dimensions: [['no']], expected: 'missing_dimension' },
    { name: 'a declaration without dimension sets', dimensions: [], expected: 'no_dimension_set' },
  ];
  it.each(refused)('refuses $name with its reason', ({ expected, ...input }) => {
    expect(emit(input)).toBe(expected);
  });

  it('takes observations without bounds for what they add up to', () => {
    const value = observations(9, UNBOUNDED);
    expect(emit({ value })).toMatchObject({ value });
  });

  it('lets a value beyond 2^360 out under the profile of the agent', () => {
    const options = { profile: 'cloudwatch-agent', untyped: 'gauge' } as const;
    expect(emit({ value: 2 ** 361, options })).toMatchObject({ value: 2 ** 361, combine: 'apart' });
  });

  it('refuses a dimension called _aws', () => {
    expect(emit({ sample: { labelPairs: { job: 'j', _aws: 'x' } }, dimensions: [['_aws']] })).toBe('name_clash');
  });
});
