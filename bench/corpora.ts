/** A seeded body: what it is like, which names are selected, and its lines as an exporter writes them. */
export type Corpus = {
  readonly name: string;
  readonly format: 'text' | 'openmetrics';
  readonly selects: (name: string) => boolean;
  readonly body: () => Buffer;
};

/** Bodies of the shapes that are met in the field, from 0.1 to 32 MB; everything in them follows from indexes. */
export const CORPORA: readonly Corpus[] = [
  { name: 'node-1.5k', format: 'text', selects: (name) => name === 'node_metric_7', body: () => whole(node()) },
  { name: 'jmx-100k', format: 'text', selects: selectsJmx, body: () => whole(jmx()) },
  { name: 'jmx-100k-openmetrics', format: 'openmetrics', selects: selectsJmx, body: () => whole(jmx(), '# EOF') },
  { name: 'mixed-names-100k', format: 'text', selects: (name) => name === 'mixed_7_value', body: () => whole(mixed()) },
  { name: 'envoy-300k', format: 'text', selects: (name) => /_rq_total_1?7$/.test(name), body: () => whole(envoy()) },
  { name: 'all-20k', format: 'text', selects: () => true, body: () => whole(selected()) },
];

function selectsJmx(name: string): boolean {
  return name === 'kafka_connect_connector_task_metrics_source_record_batch_size_7_avg';
}

function whole(lines: Iterable<string>, last?: string): Buffer {
  const text = [...lines].join('\n');
  return Buffer.from(last === undefined ? `${text}\n` : `${text}\n${last}\n`);
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

/** 48 families of 2,084 series as jmx_prometheus_javaagent wrote them: trailing commas, exponents, some NaN. */
function* jmx(): Iterable<string> {
  for (let i = 0; i < 100_000; i += 1) {
    const family = Math.floor(i / 2084);
    const name = `kafka_connect_connector_task_metrics_source_record_batch_size_${family}_avg`;
    if (i % 2084 === 0) {
      yield `# HELP ${name} The average size of the batches that the connector processes. kafka.connect:type=${family}`;
      yield `# TYPE ${name} gauge`;
    }
    const value = i % 31 === 30 ? 'NaN' : i % 5 === 0 ? `${(i * 7919) % 1000}.0` : `${((i * 104_729) % 1e6) / 1e5}E9`;
    const connector = `sink.connector-${i % 97}.orders.v${i % 3}`;
    yield `${name}{connector="${connector}",task="${i % 2084}",worker_id="10.0.${i % 200}.${i % 251}:8083",} ${value}`;
  }
}

/** The same name hardly ever stands in two lines after each other. */
function* mixed(): Iterable<string> {
  for (let i = 0; i < 100_000; i += 1)
    yield `mixed_${i % 50}_value{connector="sink.connector${i % 97}.v1",task="${i}",} ${(i * 7919) % 1000}.5`;
}

const BOUNDS = ['0.5', '1', '5', '10', '25', '50', '100', '250', '500', '1000', '2500', '5000', '10000', '+Inf'];

/** 2,100 clusters: 106 counters, and two histograms of 18 series each. */
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

/** 20 families of 1,000 series, all of them selected. */
function* selected(): Iterable<string> {
  for (let i = 0; i < 20_000; i += 1) {
    const name = `app_requests_${Math.floor(i / 1000)}_total`;
    if (i % 1000 === 0) yield `# TYPE ${name} counter`;
    yield `${name}{method="${i % 2 === 0 ? 'GET' : 'POST'}",route="/api/v1/orders/${i % 1000}",status="${200 + (i % 5)}",instance="10.0.0.${i % 200}:8080"} ${i * 3}`;
  }
}
