import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { articleMetrics } from './parts/article.ts';
import { runCommand } from './parts/command.ts';
import { type EmfMetric, namesBySet, readEmf } from './parts/emf.ts';
import { bodyOf, namesIn, valueIn } from './parts/exposition.ts';
import { startJmx } from './parts/jmx.ts';
import { startKafkaConnect } from './parts/kafka-connect.ts';
import type { Stop } from './parts/program.ts';

/** The address of the task of connect in the recorded tasks, moved to loopback. */
const host = '127.42.1.7';
const port = 1234;

const byConnector = 'ClusterName TaskDefinitionFamily connector';
const byTask = 'ClusterName TaskDefinitionFamily connector task';

describe('the command from the compose file to the metrics of a real exporter', () => {
  let folder: string;
  let documents: readonly string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prom-emf-connect-test-'));
    const render = ['render', 'examples/compose/connect.yaml', '--cluster', 'prod', '--out', folder];
    expect(await runCommand(render)).toMatchObject({ status: 0 });
    const document = (name: string) => join(folder, 'connect', name);
    const agent = ['--agent', document('agent.json')];

    const tasks = join(folder, 'tasks.json');
    writeFileSync(tasks, readFileSync('examples/tasks.json', 'utf8').replaceAll('"10.0.1.', '"127.42.1.'));
    const discovered = await runCommand(['discover', ...agent, '--cluster', 'prod', '--tasks', tasks]);
    expect(discovered).toMatchObject({ status: 0 });
    expect(JSON.parse(discovered.stdout)).toMatchObject([
      { targets: [`${host}:${port}`], labels: { container_name: 'connect', TaskDefinitionFamily: 'connect' } },
    ]);
    const targets = join(folder, 'targets.json');
    writeFileSync(targets, discovered.stdout);
    const options = ['--options', document('options.json')];
    documents = ['--prometheus', document('prometheus.yaml'), ...agent, ...options, '--targets', targets];
  });
  let stop: Stop | undefined;
  afterAll(async () => {
    await stop?.();
    rmSync(folder, { recursive: true });
  });

  const scrapeTwice = async (started: { readonly url: string; readonly stop: Stop }) => {
    stop = started.stop;
    const body = await bodyOf(started.url);
    const run = await runCommand(['scrape', ...documents, '--count', '2', '--interval', '2s']);
    const lastBody = await bodyOf(started.url);
    await started.stop();
    expect(run.status).toBe(0);
    return { ...run, body, lastBody, metrics: readEmf(run.stdout) };
  };

  it('gives exactly the metrics of the article for a real Kafka Connect', async () => {
    const { body, lastBody, metrics, stderr } = await scrapeTwice(await startKafkaConnect({ host, port }));
    const ofConnect = metrics.filter(isOfConnect);
    expect(namesBySet(ofConnect)).toEqual({
      [byConnector]: articleMetrics[byConnector],
      [byTask]: articleMetrics[byTask],
    });
    // The exporter tells far more about Connect than what was selected.
    expect(namesIn(body).filter((name) => name.startsWith('kafka_')).length).toBeGreaterThan(30);
    expect(stderr.match(/^targets 1 \(1 up\)/gm)).toHaveLength(2);

    for (const { namespace, dimensions } of ofConnect) {
      expect(namespace).toBe('ECS/ContainerInsights/Prometheus');
      expect(dimensions).toMatchObject({ ClusterName: 'prod', TaskDefinitionFamily: 'connect' });
    }
    const source = { ClusterName: 'prod', TaskDefinitionFamily: 'connect', connector: 'source.ledger.v1' };
    const sink = { ...source, connector: 'sink.ledger.v1' };
    for (const connector of [source, sink]) {
      expect(valuesOf(metrics, workerMetric('total'), connector)).toEqual([1, 1]);
      expect(valuesOf(metrics, workerMetric('running'), connector)).toEqual([1, 1]);
      expect(valuesOf(metrics, workerMetric('failed'), connector)).toEqual([0, 0]);
    }
    // The agent's rules make every metric a gauge, also the one called _total: its value passes as it is.
    const completions = 'kafka_connect_sink_task_metrics_offset_commit_completion_total';
    const values = valuesOf(metrics, completions, { ...sink, task: '0' });
    const series = `${completions}{connector="sink.ledger.v1",task="0",}`;
    expect(values).toHaveLength(2);
    const inOrder = [valueIn(body, series), ...values, valueIn(lastBody, series)];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect(values[1]).toBeGreaterThan(values[0] ?? Number.NaN);
    expect(
      valuesOf(metrics, 'kafka_connect_connector_task_metrics_batch_size_max', { ...source, task: '0' }),
    ).toHaveLength(2);
  });

  it('gives what the predefined rules of Java select beside them', async () => {
    const { body, metrics } = await scrapeTwice(await startJmx('0.16.1', { host, port }));
    expect(namesBySet(metrics.filter(isOfConnect))).toEqual(articleMetrics);
    const ofJava = namesBySet(metrics.filter((metric) => !isOfConnect(metric)));
    expect(ofJava).toMatchObject({
      'ClusterName TaskDefinitionFamily': expect.arrayContaining([
        'java_lang_operatingsystem_openfiledescriptorcount',
        'jvm_classes_loaded',
        'jvm_gc_collection_seconds_count',
        'jvm_threads_current',
      ]),
      'ClusterName TaskDefinitionFamily area': ['jvm_memory_bytes_used'],
      'ClusterName TaskDefinitionFamily pool': ['jvm_memory_pool_bytes_used'],
    });
    // A summary's count is a counter: nothing in the first round, its increase in the second.
    const collections = metrics.filter(({ name }) => name === 'jvm_gc_collection_seconds_count');
    expect(collections).toHaveLength(body.match(/^jvm_gc_collection_seconds_count\{/gm)?.length ?? 0);
  });

  // In OpenMetrics, 0.16.1 writes the family jvm_classes_loaded twice: a gauge, then a counter of another sample.
  it('gives a gauge as it is where its name is used for a counter too', async () => {
    const { body, metrics } = await scrapeTwice(await startJmx('0.16.1', { host, port }));
    const classes = metrics.filter(({ name }) => name === 'jvm_classes_loaded').map(({ value }) => value);
    const loaded = valueIn(body, 'jvm_classes_loaded ');
    expect(loaded).toBeGreaterThan(1_000);
    expect(classes).toEqual([expect.any(Number), expect.any(Number)]);
    for (const value of classes) expect(value).toBeGreaterThanOrEqual(loaded);
  });

  it('gives all of them but the one that exporter 1.0.1 renames', async () => {
    const { body, metrics } = await scrapeTwice(await startJmx('1.0.1', { host, port }));
    const renamed = 'kafka_connect_sink_task_metrics_offset_commit_completion_total';
    expect(body).not.toContain(renamed);
    expect(body).toContain('kafka_connect_sink_task_metrics_offset_commit_completion{');
    expect(namesBySet(metrics.filter(isOfConnect))).toEqual({
      ...articleMetrics,
      [byTask]: articleMetrics[byTask].filter((name) => name !== renamed),
    });
  });
});

function isOfConnect({ name }: EmfMetric): boolean {
  return name.startsWith('kafka_');
}

function workerMetric(state: string): string {
  return `kafka_connect_connect_worker_metrics_connector_${state}_task_count`;
}

/** Values of a metric under exactly these dimensions, in order. */
function valuesOf(
  metrics: readonly EmfMetric[],
  wanted: string,
  dimensions: Readonly<Record<string, string>>,
): readonly number[] {
  const entries = Object.entries(dimensions);
  return metrics
    .filter(({ name, dimensions: own }) => name === wanted && Object.keys(own).length === entries.length)
    .filter(({ dimensions: own }) => entries.every(([label, value]) => own[label] === value))
    .map(({ value }) => value);
}
