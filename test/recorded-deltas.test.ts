import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFamily, planTargets, readFamily } from '../lib/documents.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { runScrape } from '../lib/scrape.ts';

/** Two scrapes of each real exporter: everything that is emitted is the recorded value, or the difference of two. */

const FOLDER = join(import.meta.dirname, 'conformance', 'data', 'exporters');
const DUE_AT = 1_795_420_680_000;
const MINUTE = 60_000;

/** A recorded sample: name, labels as JSON pairs sorted by name, value; from the table that Prometheus's parser gave. */
type Recorded = { readonly name: string; readonly labels: readonly [string, string][]; readonly value: number };

const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

const contentTypes = new Map(
  read('index.ndjson')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { file: string; headers: Record<string, string> })
    .map(({ file, headers }) => [file, headers['content-type'] ?? '']),
);

function recordedSamples(exporter: string, scrape: number): Recorded[] {
  return read(`${exporter}.${scrape}.expected.tsv`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', labels = '[]', value = ''] = line.split('\t');
      const number = value.endsWith('Inf') ? Number(`${value}inity`) : Number(value);
      // A label with an empty value does not exist.
      const pairs = (JSON.parse(labels) as [string, string][]).filter(([, text]) => text !== '');
      return { name, labels: pairs, value: number };
    });
}

/** `name{labels}` by its type, from the TYPE lines alone. */
function typesOf(exporter: string): ReadonlyMap<string, string> {
  const lines = read(`${exporter}.1.prom`).matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Map([...lines].map(([, name = '', type = '']) => [name, type]));
}

const seriesOf = ({ name, labels }: Pick<Recorded, 'name' | 'labels'>) => JSON.stringify([name, ...labels]);
const without = (labels: Recorded['labels'], label: string) => labels.filter(([name]) => name !== label);

/** What has to be emitted: series -> value, a histogram's being its count. */
function expected(exporter: string): Map<string, number> {
  const types = typesOf(exporter);
  const before = new Map(recordedSamples(exporter, 1).map((sample) => [seriesOf(sample), sample.value]));
  const values = new Map<string, number>();
  for (const sample of recordedSamples(exporter, 2)) {
    const { name, labels, value } = sample;
    const family = name.replace(/_(?:bucket|sum|count|total)$/, '');
    const type = types.get(name) ?? types.get(family);
    const then = before.get(seriesOf(sample));
    const rise = then === undefined ? undefined : value >= then ? value - then : value;
    if (type === 'histogram' && name.endsWith('_bucket')) {
      const isLast = labels.some(([label, bound]) => label === 'le' && bound === '+Inf');
      // An interval without an observation has no distribution.
      if (isLast && rise !== undefined && rise > 0)
        values.set(seriesOf({ name: family, labels: without(labels, 'le') }), rise);
    } else if (
      type === 'counter' ||
      type === 'histogram' ||
      (type === 'summary' && name !== family && !types.has(name))
    ) {
      if (rise !== undefined) values.set(seriesOf(sample), rise);
    } else if (Number.isFinite(value)) values.set(seriesOf(sample), value);
  }
  return values;
}

type Distribution = {
  readonly Values: number[];
  readonly Counts: number[];
  readonly Sum: number;
  readonly Count: number;
};

/** Every metric of the second scrape, by the series it is of; a histogram's value is its count. */
async function emitted(exporter: string) {
  const labelSets = [1, 2].flatMap((scrape) => recordedSamples(exporter, scrape).map(({ labels }) => labels));
  // A set for each combination of labels, so that no two series are alike to CloudWatch.
  const sets = new Map(labelSets.map((labels) => [JSON.stringify(labels.map(([name]) => name)), labels]));
  const dimensions = [...sets.values()].map((labels) => ['job', ...without(labels, 'le').map(([name]) => name)]);
  const declaration = { source_labels: ['job'], label_matcher: '.*', metric_selectors: ['.*'], dimensions };
  const prometheus = { emf_processor: { metric_declaration: [declaration] } };
  const config = readFamily('app', {
    prometheus: {
      address: 'prometheus.yaml',
      text: JSON.stringify({
        scrape_configs: [{ job_name: 'recorded', honor_labels: true, static_configs: [{ targets: ['10.0.0.1:80'] }] }],
      }),
    },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const state = memoryStateStore();
  const lines: string[] = [];
  for (const scrape of [1, 2]) {
    const file = `${exporter}.${scrape}.prom`;
    const dueAt = DUE_AT + scrape * MINUTE;
    lines.length = 0;
    const report = await runScrape(
      { families: [compileFamily(config, '')], targets, dueAt, shard: '0' },
      {
        scrape: async () => ({ status: 200, contentType: contentTypes.get(file) ?? '', body: Buffer.from(read(file)) }),
        state,
        sink: async (documents) => void lines.push(...Array.from(documents, ({ line }) => line)),
        summary: () => {},
        clock: () => dueAt,
        nonce: () => String(scrape),
      },
    );
    expect(report.targets[0]?.up).toBe(true);
  }
  return lines.flatMap(metricsOf);
}

type Metric = { readonly series: string; readonly name: string; readonly value: number; readonly target: unknown };

function metricsOf(line: string): Metric[] {
  const root = JSON.parse(line) as Record<string, unknown> & {
    _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  };
  return root._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => {
    const names = new Set(Dimensions.flat().filter((name) => name !== 'job'));
    const labels = [...names].sort().map((name): [string, string] => [name, String(root[name])]);
    return Metrics.map(({ Name }) => {
      const target = root[Name];
      const value = typeof target === 'object' ? (target as Distribution).Count : Number(target);
      return { series: seriesOf({ name: Name, labels }), name: Name, value, target };
    });
  });
}

const exporters = readdirSync(FOLDER).flatMap((file) => /^(.*)\.2\.prom$/.exec(file)?.[1] ?? []);

describe('two scrapes of a real exporter', () => {
  it('are recorded of those that the project is for', () => {
    for (const name of ['kafka-connect', 'kafka-broker', 'nginx', 'haproxy', 'redis', 'prometheus', 'java'])
      expect(exporters.some((exporter) => exporter.startsWith(name))).toBe(true);
  });

  it.each(exporters)(
    'of %s give the recorded gauges and the differences of the rest, to the last digit',
    async (exporter) => {
      const metrics = await emitted(exporter);
      const wanted = expected(exporter);
      expect(wanted.size).toBeGreaterThan(5);
      const found = new Map(metrics.map(({ series, value }) => [series, value]));
      expect(found.size).toBe(metrics.length);
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries([...wanted].map(([key, value]) => [key, value + 0])),
      );
    },
  );

  it.each(exporters)('of %s give each observation within its bucket, with the recorded sum', async (exporter) => {
    const buckets = (scrape: number) =>
      recordedSamples(exporter, scrape).filter(({ name }) => name.endsWith('_bucket'));
    const before = new Map(buckets(1).map((sample) => [seriesOf(sample), sample.value]));
    const sums = [1, 2].map(
      (scrape) => new Map(recordedSamples(exporter, scrape).map((sample) => [seriesOf(sample), sample.value])),
    );
    for (const { series, name, target } of await emitted(exporter)) {
      if (typeof target !== 'object') continue;
      const { Values, Counts, Sum } = target as Distribution;
      const own = buckets(2)
        .filter(
          (each) =>
            seriesOf({ name: name, labels: without(each.labels, 'le') }) === series && each.name === `${name}_bucket`,
        )
        .map((each) => ({
          bound: Number(each.labels.find(([label]) => label === 'le')?.[1].replace('+Inf', 'Infinity')),
          rise: each.value - (before.get(seriesOf(each)) ?? 0),
        }));
      for (const { bound, rise } of own) {
        const atOrBelow = Values.reduce((sum, value, at) => sum + (value <= bound ? (Counts[at] ?? 0) : 0), 0);
        expect(atOrBelow).toBe(rise);
      }
      const labels = (JSON.parse(series) as unknown[]).slice(1) as [string, string][];
      const sumKey = seriesOf({ name: `${name}_sum`, labels });
      expect(Sum).toBe((sums[1]?.get(sumKey) ?? 0) - (sums[0]?.get(sumKey) ?? 0));
    }
  });
});
