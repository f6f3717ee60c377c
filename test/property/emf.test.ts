import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDocuments } from '../../lib/cloudwatch/emf.ts';
import { type Emission, isDimensionValue, type Metric, metricNameFault } from '../../lib/cloudwatch/emission.ts';
import { UNITS } from '../../lib/cloudwatch/limits.ts';
import { validateEmfLine } from '../emf-validator.ts';
import { disagreements } from '../second-opinion.ts';

const SETTINGS = { seed: 20_261_124, numRuns: 300 };
const MAX_LINE_BYTES = 60 * 1024;

/** Metrics and labels share some names; a metric never has the name of a label that is a dimension somewhere. */
const dimensionName = fc.constantFrom('ClusterName', 'job', 'instance', '__proto__');
const otherLabel = fc.constantFrom('_aws', 'm1', 'größe', 'a"b', 'constructor', 'x'.repeat(300));
const metricName = fc
  .oneof(
    fc.constantFrom('m1', 'm2', 'm3', 'constructor', 'Timestamp', 'CloudWatchMetrics'),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 9 }),
  )
  .filter(
    (name) => metricNameFault(name) === undefined && !['ClusterName', 'job', 'instance', '__proto__'].includes(name),
  );
const dimensionValue = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 }).filter(isDimensionValue);
const labelValue = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('z'.repeat(20_000), '😀'.repeat(20_000)) },
);

const emission: fc.Arbitrary<Emission> = fc
  .record({
    namespace: fc.constantFrom('N', 'ECS/ContainerInsights/Prometheus'),
    dimensions: fc.uniqueArray(fc.tuple(dimensionName, dimensionValue), { selector: ([name]) => name, maxLength: 4 }),
    others: fc.uniqueArray(fc.tuple(otherLabel, labelValue), { selector: ([name]) => name, maxLength: 2 }),
    name: metricName,
    value: fc.double({ min: -(2 ** 360), max: 2 ** 360, noNaN: true }),
    combine: fc.constantFrom('list' as const, 'apart' as const),
    entity: fc.boolean(),
    timestampMs: fc.constantFrom(1, 1_700_000_000_000),
    setSizes: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 3 }),
    unit: fc.option(fc.constantFrom(...UNITS), { nil: undefined }),
    storageResolution: fc.constantFrom(1 as const, 60 as const),
  })
  .map(({ dimensions, others, setSizes, value, timestampMs, ...rest }) => {
    const metric: Metric = {
      ...rest,
      form: 'number',
      labels: new Map([...dimensions, ...others]),
      // Distinct sets, each a prefix of the dimensions that are there.
      dimensionSets: [...new Set(setSizes.map((size) => Math.min(size, dimensions.length)))].map((size) =>
        dimensions.slice(0, size).map(([name]) => name),
      ),
      logGroupName: 'g',
      logStreamName: 's',
    };
    return { metric, value, timestampMs };
  });

/** A metric as CloudWatch reads it: namespace, name, dimensions with their values, value, time. */
function identityOf({ metric, value, timestampMs }: Emission): string[] {
  const { namespace, name, labels, dimensionSets } = metric;
  return dimensionSets.map((names) =>
    JSON.stringify([namespace, name, names.map((label) => [label, labels.get(label)]), Number(value) + 0, timestampMs]),
  );
}

function readBack(line: string): string[] {
  const root = new Map(Object.entries(JSON.parse(line) as Record<string, unknown>));
  const { Timestamp, CloudWatchMetrics } = root.get('_aws') as {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.flatMap((names) =>
        [root.get(Name)]
          .flat()
          .map((value) =>
            JSON.stringify([Namespace, Name, names.map((name) => [name, root.get(name)]), value, Timestamp]),
          ),
      ),
    ),
  );
}

describe('documents of emissions', () => {
  it('are valid lines under 60 KiB, and lose nothing without a reported fault', () => {
    fc.assert(
      fc.property(fc.array(emission, { maxLength: 30 }), (emissions) => {
        const faulty = new Set<Emission>();
        const documents = [...renderDocuments(emissions, (_, refused) => faulty.add(refused))];
        const lines = documents.map(({ line }) => line);
        expect(lines.flatMap(validateEmfLine)).toEqual([]);
        expect(lines.flatMap((line) => disagreements(line))).toEqual([]);
        expect(lines.every((line) => Buffer.byteLength(line) < MAX_LINE_BYTES)).toBe(true);
        const expected = emissions.filter((each) => !faulty.has(each)).flatMap(identityOf);
        expect(lines.flatMap(readBack).sort()).toEqual(expected.sort());
      }),
      SETTINGS,
    );
  });

  it('hold at most 100 metrics each', () => {
    const many = fc.array(emission, { minLength: 150, maxLength: 300 }).map((emissions) =>
      emissions.map((each, index) => ({
        ...each,
        metric: { ...each.metric, labels: new Map([['job', 'j']]), dimensionSets: [['job']], name: `m${index}` },
      })),
    );
    fc.assert(
      fc.property(many, (emissions) => {
        const documents = [...renderDocuments(emissions, () => {})];
        expect(documents.flatMap(({ line }) => validateEmfLine(line))).toEqual([]);
        expect(documents.flatMap(({ line }) => disagreements(line))).toEqual([]);
        expect(documents.reduce((sum, { metrics }) => sum + metrics, 0)).toBe(emissions.length);
      }),
      { ...SETTINGS, numRuns: 20 },
    );
  });
});
