import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** What an exporter answers: its lines at the n-th scrape, and what of it a declaration selects. */
export type Corpus = {
  readonly name: string;
  /** A regular expression for whole names of metrics. */
  readonly pattern: string;
  /** The label that is a dimension beside `job`. */
  readonly dimension: string;
  readonly lines: (scrape: number) => Iterable<string>;
  /** Whether its values change from scrape to scrape. */
  readonly moves?: boolean;
  /** It is read in a millisecond: what has just started needs many rounds until it is as fast as it will be. */
  readonly small?: boolean;
};

/** Bodies of the shapes that are met in the field, from 0.05 to 32 MB; all but the recorded one follow from indexes. */
export const CORPORA: readonly Corpus[] = [
  {
    name: 'recorded-kafka-connect',
    pattern: '^kafka_connect_task_error_metrics_.*$',
    dimension: 'connector',
    lines: recorded,
    small: true,
  },
  { name: 'node-1.5k', pattern: '^node_metric_7$', dimension: 'cpu', lines: node, small: true },
  jmxCorpus('jmx-100k', 100_000),
  {
    name: 'envoy-300k',
    pattern: '^envoy_cluster_upstream_rq_total_1?7$',
    dimension: 'envoy_cluster_name',
    lines: envoy,
  },
  { name: 'all-20k', pattern: '^app_.*$', dimension: 'route', lines: selected, moves: true },
];

/** The same shape in sizes apart by ten. */
export const GROWING: readonly Corpus[] = [
  jmxCorpus('jmx-10k', 10_000),
  jmxCorpus('jmx-100k', 100_000),
  jmxCorpus('jmx-1m', 1_000_000),
];

/** Whether reading it takes long enough to be measured without a request around it. */
export function isLarge({ small = false }: Corpus): boolean {
  return !small;
}

/** @throws {Error} for a name that no corpus has. */
export function corpusOf(name: string): Corpus {
  const found = [...CORPORA, ...GROWING].find((corpus) => corpus.name === name);
  if (found === undefined) throw new Error(`found no corpus ${name}`);
  return found;
}

export function selects({ pattern }: Pick<Corpus, 'pattern'>): (name: string) => boolean {
  const matcher = new RegExp(pattern);
  return (name) => matcher.test(name);
}

const CHUNK_LINES = 512;

/** The body in parts of some 64 KiB, made one after the other. */
export function* chunksOf(corpus: Corpus, scrape = 0): Iterable<Buffer> {
  let lines: string[] = [];
  for (const line of corpus.lines(scrape)) {
    lines.push(line);
    if (lines.length < CHUNK_LINES) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

export function bodyOf(corpus: Corpus, scrape = 0): Buffer {
  return Buffer.concat([...chunksOf(corpus, scrape)]);
}

/** Kafka Connect through jmx_prometheus_javaagent 0.16.1, as the conformance data has it. */
function recorded(): Iterable<string> {
  const path = join(ROOT, 'test/conformance/data/exporters/kafka-connect-jmx-0.16.1.text.1.prom');
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** 300 families of 5 series, each with HELP and TYPE. */
function* node(): Iterable<string> {
  for (let family = 0; family < 300; family += 1) {
    yield `# HELP node_metric_${family} Statistic ${family} of the kernel, as its file says.`;
    yield `# TYPE node_metric_${family} ${family % 2 === 0 ? 'gauge' : 'counter'}`;
    for (let cpu = 0; cpu < 5; cpu += 1)
      yield `node_metric_${family}{cpu="${cpu}",mode="system"} ${cpu * 7919 + family}.25`;
  }
}

function jmxCorpus(name: string, samples: number): Corpus {
  return {
    name,
    pattern: '^kafka_connect_connector_task_metrics_source_record_batch_size_7_avg$',
    dimension: 'connector',
    lines: () => jmx(samples),
  };
}

/** 48 families as jmx_prometheus_javaagent wrote them: trailing commas, exponents, some NaN. */
function* jmx(samples: number): Iterable<string> {
  const familySeries = Math.ceil(samples / 48);
  for (let i = 0; i < samples; i += 1) {
    const family = Math.floor(i / familySeries);
    const name = `kafka_connect_connector_task_metrics_source_record_batch_size_${family}_avg`;
    if (i % familySeries === 0) {
      yield `# HELP ${name} The average size of the batches that the connector processes. kafka.connect:type=${family}`;
      yield `# TYPE ${name} gauge`;
    }
    const value = i % 31 === 30 ? 'NaN' : i % 5 === 0 ? `${(i * 7919) % 1000}.0` : `${((i * 104_729) % 1e6) / 1e5}E9`;
    const connector = `sink.connector-${i % 97}.orders.v${i % 3}`;
    yield `${name}{connector="${connector}",task="${i % familySeries}",worker_id="10.0.${i % 200}.${i % 251}:8083",} ${value}`;
  }
}

const BOUNDS = ['0.5', '1', '5', '10', '25', '50', '100', '250', '500', '1000', '2500', '5000', '10000', '+Inf'];

/** 2,100 clusters: 106 counters, and two histograms of 2,400 clusters, 16 series each. */
function* envoy(): Iterable<string> {
  for (let family = 0; family < 106; family += 1) {
    yield `# TYPE envoy_cluster_upstream_rq_total_${family} counter`;
    for (let cluster = 0; cluster < 2100; cluster += 1)
      yield `envoy_cluster_upstream_rq_total_${family}{envoy_cluster_name="outbound_${cluster}_service_mesh_local"} ${(cluster * 7919) % 100_000}`;
  }
  for (const name of ['envoy_cluster_upstream_rq_time', 'envoy_cluster_upstream_cx_length_ms']) {
    yield `# TYPE ${name} histogram`;
    for (let cluster = 0; cluster < 2400; cluster += 1) {
      const label = `envoy_cluster_name="outbound_${cluster}_service_mesh_local"`;
      for (const bound of BOUNDS) yield `${name}_bucket{${label},le="${bound}"} ${cluster * 3}`;
      yield `${name}_sum{${label}} ${cluster * 31}.05`;
      yield `${name}_count{${label}} ${cluster * 3}`;
    }
  }
}

/** 20 families of 1,000 series, all selected, half of them counters that rise; four names share each label set. */
function* selected(scrape: number): Iterable<string> {
  for (let family = 0; family < 20; family += 1) {
    const isCounter = family % 2 === 0;
    const name = isCounter ? `app_requests_${family}_total` : `app_latency_${family}_seconds`;
    const version = family >> 2;
    yield `# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}`;
    for (let i = 0; i < 1000; i += 1) {
      const labels = `method="${i % 2 === 0 ? 'GET' : 'POST'}",route="/api/v${version}/orders/${i}",status="${200 + (i % 5)}",zone="eu-west-1${'abc'[i % 3]}"`;
      const counter = family * 1000 + i * 3 + scrape * (1 + (i % 17));
      const gauge = `${(i + scrape) % 9}.${100 + ((i * 7919 + scrape * 104_729 + family) % 900)}`;
      yield `${name}{${labels}} ${isCounter ? counter : gauge}`;
    }
  }
}
