import { readFile } from 'node:fs/promises';
import { Constants } from 'aws-embedded-metrics/lib/Constants.js';
import { Unit } from 'aws-embedded-metrics/lib/logger/Unit.js';
import { describe, expect, it } from 'vitest';
import * as limits from '../lib/cloudwatch/limits.ts';
import { compileFamily, planTargets, readFamily } from '../lib/documents.ts';
import { recordedScrape } from '../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { runScrape } from '../lib/scrape.ts';
import { emfValidator } from './emf-validator.ts';
import { disagreements, secondOpinion } from './second-opinion.ts';

const MINUTE = 60_000;

/** The lines that two recorded scrapes give, everything selected, the last of them now. */
async function emitted(exporter: string, now: number): Promise<string[]> {
  const job = { job_name: exporter, static_configs: [{ targets: ['10.0.0.1:80'] }] };
  const sets = ['instance', 'area', 'pool', 'connector', 'gc', 'version'].map((label) => ['ClusterName', 'job', label]);
  const declaration = { source_labels: ['job'], metric_selectors: ['.'], dimensions: [[], ['job'], ...sets] };
  const prometheus = { emf_processor: { metric_declaration: [declaration] } };
  const config = readFamily('app', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify({ scrape_configs: [job] }) },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const state = memoryStateStore();
  const lines: string[] = [];
  for (const round of [1, 2]) {
    const dueAt = now - (2 - round) * MINUTE;
    const body = await readFile(new URL(`../examples/exporters/${exporter}.${round}.prom`, import.meta.url), 'utf8');
    await runScrape(
      { families: [compileFamily(config, 'prod')], targets, dueAt, shard: '0' },
      {
        scrape: recordedScrape({ 'http://10.0.0.1:80/metrics': { body } }),
        state,
        summary: () => {},
        sink: async (documents) => void lines.push(...Array.from(documents, ({ line }) => line)),
        clock: () => dueAt,
        nonce: () => String(round),
      },
    );
  }
  return lines;
}

describe('aws-embedded-metrics', () => {
  it.each(['kafka-connect', 'java', 'nginx'])('takes what is emitted of %s', async (exporter) => {
    const now = Date.now();
    const lines = await emitted(exporter, now);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.flatMap(emfValidator({ nowMs: now }))).toEqual([]);
    expect(lines.flatMap((line) => disagreements(line, now))).toEqual([]);
  });

  it('has the limits of lib', () => {
    expect({
      MAX_DIMENSION_SET_SIZE: limits.MAX_DIMENSIONS_PER_SET,
      MAX_DIMENSION_NAME_LENGTH: limits.MAX_DIMENSION_NAME_LENGTH,
      MAX_DIMENSION_VALUE_LENGTH: limits.MAX_DIMENSION_VALUE_LENGTH,
      MAX_METRIC_NAME_LENGTH: limits.MAX_METRIC_NAME_LENGTH,
      MAX_METRICS_PER_EVENT: limits.MAX_METRICS_PER_DIRECTIVE,
      MAX_TIMESTAMP_PAST_AGE: limits.OLDEST_TIMESTAMP_MS,
      MAX_TIMESTAMP_FUTURE_AGE: limits.NEWEST_TIMESTAMP_MS,
    }).toEqual(
      Object.fromEntries(
        Object.entries(Constants).filter(([name]) => /^MAX_(DIMENSION|METRIC|METRICS|TIMESTAMP)_/.test(name)),
      ),
    );
    expect(new Set<string>(Object.values(Unit))).toEqual(new Set<string>(limits.UNITS));
  });
});

const NOW = 1_700_000_000_000;
type Directive = Record<string, unknown>;
type Root = Record<string, unknown>;

function lineOf(directive: Directive, root: Root = { d: 'x', m: 1 }, Timestamp: unknown = NOW): string {
  const complete = { Namespace: 'N', Dimensions: [['d']], Metrics: [{ Name: 'm' }], ...directive };
  return JSON.stringify({ ...root, _aws: { Timestamp, CloudWatchMetrics: [complete] } });
}

const dimension = (name: string, value: string) => lineOf({ Dimensions: [[name]] }, { [name]: value, m: 1 });
const value = (m: unknown) => lineOf({}, { d: 'x', m });
const metric = (definition: Directive & { Name: string }) =>
  lineOf({ Metrics: [definition] }, { d: 'x', [definition.Name]: 1 });
const many = (length: number) => Array.from({ length }, (_, index) => `n${index}`);
const allOf = (names: readonly string[], value: unknown) => Object.fromEntries(names.map((name) => [name, value]));

const accepts = (line: string) => ({
  validator: emfValidator({ nowMs: NOW })(line).length === 0,
  library: secondOpinion(line, NOW).length === 0,
});

describe('the validator and aws-embedded-metrics', () => {
  const within: readonly { name: string; input: string }[] = [
    { name: 'a metric', input: lineOf({}) },
    { name: 'a namespace with every kind of character', input: lineOf({ Namespace: 'ECS/a.b-c_d#e:f 1' }) },
    { name: '30 dimensions', input: lineOf({ Dimensions: [many(30)] }, { m: 1, ...allOf(many(30), 'x') }) },
    { name: 'the longest dimension name and value', input: dimension('d'.repeat(250), 'x'.repeat(1024)) },
    { name: 'the longest metric name', input: metric({ Name: 'm'.repeat(1024) }) },
    {
      name: '100 metrics',
      input: lineOf({ Metrics: many(100).map((Name) => ({ Name })) }, { d: 'x', ...allOf(many(100), 1) }),
    },
    { name: '100 values', input: value(many(100).map(() => 1)) },
    { name: 'a distribution', input: value({ Values: [1, 2], Counts: [1, 1], Min: 1, Max: 2, Sum: 3, Count: 2 }) },
    { name: 'statistics', input: value({ Min: 1, Max: 2, Sum: 3, Count: 2 }) },
    { name: 'a storage resolution of one second', input: metric({ Name: 'm', StorageResolution: 1 }) },
    { name: 'the largest whole number', input: value(Number.MAX_SAFE_INTEGER) },
    { name: 'almost two weeks ago', input: lineOf({}, undefined, NOW - 14 * 24 * 60 * MINUTE + MINUTE) },
    { name: 'almost two hours ahead', input: lineOf({}, undefined, NOW + 2 * 60 * MINUTE - MINUTE) },
  ];
  it.each(within)('both accept $name', ({ input }) => {
    expect(accepts(input)).toEqual({ validator: true, library: true });
  });

  const beyond: readonly { name: string; input: string }[] = [
    { name: 'an empty namespace', input: lineOf({ Namespace: '' }) },
    { name: 'a blank namespace', input: lineOf({ Namespace: '  ' }) },
    { name: 'a namespace of 257 characters', input: lineOf({ Namespace: 'N'.repeat(257) }) },
    { name: 'a namespace beyond ASCII', input: lineOf({ Namespace: 'Größe' }) },
    { name: 'a namespace with another character', input: lineOf({ Namespace: 'a,b' }) },
    { name: '31 dimensions', input: lineOf({ Dimensions: [many(31)] }, { m: 1, ...allOf(many(31), 'x') }) },
    { name: 'an empty dimension name', input: dimension('', 'x') },
    { name: 'a blank dimension name', input: dimension(' ', 'x') },
    { name: 'a dimension name of 251 characters', input: dimension('d'.repeat(251), 'x') },
    { name: 'a dimension name beyond ASCII', input: dimension('größe', 'x') },
    { name: 'a dimension name that starts with a colon', input: dimension(':d', 'x') },
    { name: 'an empty dimension value', input: dimension('d', '') },
    { name: 'a blank dimension value', input: dimension('d', ' ') },
    { name: 'a dimension value of 1,025 characters', input: dimension('d', 'x'.repeat(1025)) },
    { name: 'a dimension value beyond ASCII', input: dimension('d', 'ü') },
    {
      name: '101 metrics',
      input: lineOf({ Metrics: many(101).map((Name) => ({ Name })) }, { d: 'x', ...allOf(many(101), 1) }),
    },
    { name: 'an empty metric name', input: metric({ Name: '' }) },
    { name: 'a metric name of 1,025 characters', input: metric({ Name: 'm'.repeat(1025) }) },
    { name: 'an unknown unit', input: metric({ Name: 'm', Unit: 'Byte' }) },
    { name: 'a storage resolution of 30 seconds', input: metric({ Name: 'm', StorageResolution: 30 }) },
    { name: '101 values', input: value(many(101).map(() => 1)) },
    { name: '101 values of a distribution', input: value(distributionOf(many(101).map((_, index) => index))) },
    { name: 'a value that is null', input: value(null) },
    { name: 'a value that is a text', input: value('1') },
    { name: 'no value', input: lineOf({}, { d: 'x' }) },
    { name: 'a value beyond 2^360', input: value(2 ** 361) },
    { name: 'a value below -2^360', input: value([1, -(2 ** 361)]) },
    { name: 'a time that is none', input: lineOf({}, undefined, 'now') },
    { name: 'over two weeks ago', input: lineOf({}, undefined, NOW - 14 * 24 * 60 * MINUTE - MINUTE) },
    { name: 'over two hours ahead', input: lineOf({}, undefined, NOW + 2 * 60 * MINUTE + MINUTE) },
  ];
  it.each(beyond)('both refuse $name', ({ input }) => {
    expect(accepts(input)).toEqual({ validator: false, library: false });
  });

  const twice = { Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'm', StorageResolution: 1 }] };
  const differences: readonly { name: string; input: string; why: string; refusedBy: 'validator' | 'library' }[] = [
    { name: 'a value of 2^53', input: value(2 ** 53), why: 'PutMetricData ends at 2^360', refusedBy: 'library' },
    { name: 'a value of -2^360', input: value(-(2 ** 360)), why: 'PutMetricData ends at 2^360', refusedBy: 'library' },
    {
      name: 'a blank metric name',
      input: metric({ Name: ' ' }),
      why: 'only dimensions and namespaces are documented to need another character',
      refusedBy: 'library',
    },
    {
      name: 'two storage resolutions of a metric',
      input: lineOf({}).replace(']}}', `,${JSON.stringify(twice)}]}}`),
      why: 'the specification has a resolution for each definition',
      refusedBy: 'library',
    },
    {
      name: 'a namespace of 256 characters',
      input: lineOf({ Namespace: 'N'.repeat(256) }),
      why: 'PutMetricData ends at 255',
      refusedBy: 'validator',
    },
    {
      name: 'a namespace of AWS',
      input: lineOf({ Namespace: 'AWS/ECS' }),
      why: 'PutMetricData keeps AWS/ for AWS',
      refusedBy: 'validator',
    },
    {
      name: 'a namespace that starts with a colon',
      input: lineOf({ Namespace: ':N' }),
      why: 'the pattern of PutMetricData',
      refusedBy: 'validator',
    },
    {
      name: 'a control character in a dimension',
      input: dimension('d', 'a\tb'),
      why: 'the Dimension reference excludes control characters',
      refusedBy: 'validator',
    },
    {
      name: 'a metric name beyond ASCII',
      input: metric({ Name: 'größe' }),
      why: 'lib keeps to what is documented for other names',
      refusedBy: 'validator',
    },
  ];
  it.each(differences)('differ on $name: $why', ({ input, refusedBy }) => {
    expect(accepts(input)).toEqual({ validator: refusedBy !== 'validator', library: refusedBy !== 'library' });
  });

  it('differ on nothing that is emitted but values and blank metric names', () => {
    const refused = differences.filter(({ refusedBy }) => refusedBy === 'library');
    expect(refused.filter(({ input }) => disagreements(input).length > 0).map(({ name }) => name)).toEqual([
      'two storage resolutions of a metric',
    ]);
  });
});

function distributionOf(Values: readonly number[]) {
  const sum = Values.reduce((total, each) => total + each, 0);
  const bounds = { Min: Math.min(...Values), Max: Math.max(...Values) };
  return { Values, Counts: Values.map(() => 1), ...bounds, Sum: sum, Count: Values.length };
}
