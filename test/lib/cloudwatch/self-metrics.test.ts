import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  renderSelfDocument,
  SELF_METRICS,
  SELF_SCOPES,
  type SelfMetricName,
  type SelfReading,
} from '../../../lib/cloudwatch/self-metrics.ts';
import { validateEmfLine } from '../../emf-validator.ts';

const READING: SelfReading = {
  level: 'cluster',
  stage: 'dev',
  cluster: 'prod',
  timestampMs: 1_700_000_000_000,
  values: { TargetsUp: 2, TargetsDown: 0, Gaps: 0 },
  fields: { shard: '0' },
};

function lineOf(reading: Partial<SelfReading>): string {
  const [document] = renderSelfDocument({ ...READING, ...reading });
  return document?.line ?? '';
}

describe('a document of self-metrics', () => {
  it('has metrics of its stack alone where nothing else is asked for, and the rest as fields', () => {
    const line = lineOf({ level: 'stage' });
    expect(validateEmfLine(line)).toEqual([]);
    const { _aws, ...fields } = JSON.parse(line);
    expect(fields).toEqual({ shard: '0', Stage: 'dev', ClusterName: 'prod', TargetsUp: 2, TargetsDown: 0 });
    expect(_aws.CloudWatchMetrics).toEqual([
      { Namespace: 'PromEmf', Dimensions: [['Stage']], Metrics: [{ Name: 'TargetsDown', Unit: 'Count' }] },
    ]);
  });

  it('is of a cluster and of its stack', () => {
    const line = lineOf({});
    expect(validateEmfLine(line)).toEqual([]);
    expect(JSON.parse(line)).toEqual({
      shard: '0',
      Stage: 'dev',
      ClusterName: 'prod',
      TargetsUp: 2,
      TargetsDown: 0,
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'PromEmf',
            Dimensions: [['ClusterName']],
            Metrics: [
              { Name: 'TargetsUp', Unit: 'Count' },
              { Name: 'TargetsDown', Unit: 'Count' },
            ],
          },
          { Namespace: 'PromEmf', Dimensions: [['Stage']], Metrics: [{ Name: 'TargetsDown', Unit: 'Count' }] },
        ],
      },
    });
  });

  it('is of a family alone, where one is named', () => {
    const line = lineOf({ family: 'web' });
    expect(validateEmfLine(line)).toEqual([]);
    expect(JSON.parse(line)._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'PromEmf',
        Dimensions: [['ClusterName', 'TaskDefinitionFamily']],
        Metrics: [
          { Name: 'TargetsUp', Unit: 'Count' },
          { Name: 'TargetsDown', Unit: 'Count' },
        ],
      },
    ]);
  });

  const rows: readonly { name: string; values: SelfReading['values']; expected: readonly string[] }[] = [
    { name: 'a rare metric of zero', values: { Gaps: 0, LateTicks: 0 }, expected: [] },
    { name: 'a rare metric that is not zero', values: { Gaps: 2 }, expected: ['Gaps'] },
    { name: 'no number', values: { TargetsUp: Number.NaN, TargetsDown: Number.POSITIVE_INFINITY }, expected: [] },
  ];
  it.each(rows)('writes of $name: $expected', ({ values, expected }) => {
    const documents = renderSelfDocument({ ...READING, values });
    const written = documents.map(({ line }) => JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics);
    expect(written.flat().map(({ Name }) => Name)).toEqual(expected);
    expect(documents.map(({ metrics }) => metrics)).toEqual(expected.length === 0 ? [] : [expected.length]);
  });

  const hostile: readonly { name: string; text: string }[] = [
    { name: 'an empty name', text: '' },
    { name: 'a blank name', text: ' ' },
    { name: 'an accent', text: 'café' },
    { name: 'an escape and a line break', text: '\u001b[31m\n' },
    { name: 'a line separator', text: '\u2028' },
    { name: 'ten thousand characters', text: 'x'.repeat(10_000) },
    { name: '__proto__', text: '__proto__' },
    { name: 'half a pair', text: '\ud800' },
  ];
  it.each(hostile)('is valid with $name', ({ text: name }) => {
    const fields = { text: name, [name]: name };
    for (const line of [lineOf({ cluster: name, stage: name }), lineOf({ cluster: name, family: name, fields })])
      expect(validateEmfLine(line)).toEqual([]);
  });
});

describe('docs/operate.md', () => {
  const text = readFileSync('docs/operate.md', 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)`( \(rare\))? \| (Count|Seconds|Milliseconds) \| ([^|]+) \|/gm)];

  it('names every self-metric, its unit, its dimensions, and whether it is rare', () => {
    expect(rows.map(([, name, rare, unit, by]) => [name, rare !== undefined, unit, by])).toEqual(
      Object.entries(SELF_METRICS).map(([name, { unit, scopes, ...more }]) => [
        name,
        'rare' in more,
        unit,
        scopes.map((scope) => SELF_SCOPES[scope].join(', ')).join('; '),
      ]),
    );
  });

  it('says how many there are', () => {
    const count = (scope: keyof typeof SELF_SCOPES, rare: boolean) =>
      (Object.keys(SELF_METRICS) as SelfMetricName[]).filter((name) => {
        const metric: { scopes: readonly string[]; rare?: true } = SELF_METRICS[name];
        return metric.scopes.includes(scope) && (rare || metric.rare === undefined);
      }).length;
    expect(text).toContain(`| ${count('cluster', false)} a cluster and ${count('stage', false)} for the stack |`);
    expect(text).toContain(`| ${count('family', false)} more for each family |`);
    const [cluster, stage, family] = [count('cluster', true), count('stage', true), count('family', true)];
    expect(text).toContain(`more than ${cluster} metrics a cluster, ${stage} of its own and ${family} a family`);
    const dollars = (metrics: number) => `$${((metrics * 30) / 100).toFixed(2)}`;
    const steady = count('cluster', false);
    expect(text).toContain(`${dollars(steady + count('stage', false))} for one cluster, ${dollars(steady)} for each`);
    expect(text).toContain(`${dollars(count('family', false))} more a family`);
  });
});
