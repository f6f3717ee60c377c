import { describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../../lib/cloudwatch/agent-config.ts';
import { type Candidate, emissionOf, selectSamples } from '../../../lib/cloudwatch/convert.ts';
import { compileEmissionRules } from '../../../lib/cloudwatch/emission-rules.ts';
import type { Options } from '../../../lib/cloudwatch/options.ts';
import type { NoDelta } from '../../../lib/prometheus/counter-delta.ts';
import type { MetricType } from '../../../lib/prometheus/exposition.ts';
import type { Sample } from '../../../lib/prometheus/samples.ts';

type Pairs = Record<string, string>;

const NOW = 1_700_000_000_000;
const DAY = 24 * 3_600_000;

function rulesWith(options: Partial<Options> = {}, dimensions: string[][] = [['ClusterName']], cluster = 'c') {
  const agent: AgentConfig = {
    logs: {
      metrics_collected: {
        prometheus: {
          emf_processor: {
            metric_unit: { m: 'Bytes' },
            metric_declaration: [{ source_labels: ['job'], label_matcher: '.+', metric_selectors: ['.*'], dimensions }],
          },
        },
      },
    },
  };
  return compileEmissionRules(agent, { version: 1, profile: 'prom-emf', namespace_suffix: '', ...options }, cluster);
}

function sampleOf(sample: Partial<Sample> & { labelPairs?: Pairs }): Sample {
  const { labelPairs = { job: 'j' }, ...rest } = sample;
  const name = rest.name ?? 'm';
  return {
    name,
    exposedName: name,
    seriesKey: name,
    labels: [],
    value: 1,
    timestampMs: undefined,
    finalLabels: new Map(Object.entries(labelPairs)),
    ...rest,
  };
}

function select(samples: readonly Sample[], options: Partial<Options> = {}, types: [string, MetricType][] = []) {
  const dropped: string[] = [];
  const candidates = selectSamples(samples, new Map(types), rulesWith(options), (reason, { sample }) =>
    dropped.push(`${sample.name}: ${reason}`),
  );
  return { candidates, dropped };
}

describe('selectSamples', () => {
  it('leaves out what no declaration selects', () => {
    expect(select([sampleOf({ labelPairs: { x: '1' } })])).toEqual({ candidates: [], dropped: [] });
  });

  it('lets out everything where unselected samples are logged', () => {
    expect(select([sampleOf({ labelPairs: { x: '1' } })], { unselected: 'log' }).candidates).toHaveLength(1);
  });

  it('takes the first of two samples with one name and label set', () => {
    const { candidates, dropped } = select([sampleOf({ value: 1 }), sampleOf({ value: 2 }), sampleOf({ name: 'n' })]);
    expect(candidates.map(({ sample }) => [sample.name, sample.value])).toEqual([
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
    expect([own, given].map((candidate) => Object.fromEntries(candidate?.labels ?? []))).toEqual([
      { job: 'j', ClusterName: 'c' },
      { job: 'j', ClusterName: 'own' },
    ]);
  });

  it("adds the agent's own labels under its profile", () => {
    const options = { profile: 'cloudwatch-agent', untyped: 'gauge' } as const;
    const [candidate] = select([sampleOf({ labelPairs: { x: '1' } })], options).candidates;
    expect(Object.fromEntries(candidate?.labels ?? [])).toEqual({
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
    { name: 'a bucket of a histogram', type: 'histogram', metric: 'm_bucket', expected: 'm_bucket: histogram' },
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
    expect(result).toEqual({ candidates: [], dropped: [expected] });
  });
});

type Case = {
  readonly sample?: Partial<Sample> & { labelPairs?: Pairs };
  readonly value?: number | NoDelta;
  readonly options?: Partial<Options>;
  readonly dimensions?: string[][];
  readonly honorTimestamps?: boolean;
};

function emit({ sample = {}, value = 1, options, dimensions, honorTimestamps = true }: Case) {
  const rules = rulesWith(options, dimensions);
  const dropped: string[] = [];
  const drop = (reason: string) => void dropped.push(reason);
  const [candidate] = selectSamples([sampleOf(sample)], new Map(), rules, drop);
  const context = { rules, dueAt: NOW - 100, nowMs: NOW, storageResolution: 60 as const, honorTimestamps };
  return { emission: emissionOf(candidate as Candidate, value, context, drop), dropped };
}

describe('emissionOf', () => {
  it('gives the emission of a sample', () => {
    const { emission, dropped } = emit({});
    expect(emission).toEqual({
      namespace: 'ECS/ContainerInsights/Prometheus',
      labels: new Map([
        ['job', 'j'],
        ['ClusterName', 'c'],
      ]),
      name: 'm',
      value: 1,
      timestampMs: NOW - 100,
      dimensionSets: [['ClusterName']],
      unit: 'Bytes',
      storageResolution: 60,
      logGroupName: '/aws/ecs/containerinsights/c/prometheus',
      logStreamName: 'j',
    });
    expect(dropped).toEqual([]);
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
    expect(emit(input).emission).toMatchObject(expected);
  });

  const refused: readonly ({ name: string; expected: string } & Case)[] = [
    { name: 'the first sample of a counter', value: 'first_sample', expected: 'first_sample' },
    { name: 'a counter below zero', value: 'negative_counter', expected: 'negative_counter' },
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
    expect(emit(input)).toEqual({ emission: undefined, dropped: [expected] });
  });

  it('lets a value beyond 2^360 out under the profile of the agent', () => {
    const options = { profile: 'cloudwatch-agent', untyped: 'gauge' } as const;
    expect(emit({ value: 2 ** 361, options }).emission?.value).toBe(2 ** 361);
  });

  it('refuses a dimension called _aws', () => {
    expect(emit({ sample: { labelPairs: { job: 'j', _aws: 'x' } }, dimensions: [['_aws']] }).emission).toBeUndefined();
  });
});
