import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateEmfLine } from '../emf-validator.ts';
import { documentsOf, type EmfLine, type Finished, metricsOf, promEmf } from './command.ts';

const CONNECTOR = '[ClusterName, TaskDefinitionFamily, connector]';
const TASK = '[ClusterName, TaskDefinitionFamily, connector, task]';

/** The value that a recorded body holds for a series. */
async function recorded(body: string, series: string): Promise<number> {
  const text = await readFile(new URL(`../../examples/exporters/${body}`, import.meta.url), 'utf8');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  if (line === undefined) throw new Error(`${body} has no ${series}`);
  return Number(line.slice(series.length + 1));
}

describe('npm start', () => {
  let run: Finished;
  let lines: EmfLine[];
  beforeAll(async () => {
    run = await promEmf('demo');
    lines = documentsOf(run);
  });

  it('ends with status 0 and prints valid EMF only', () => {
    expect(run.status).toBe(0);
    expect(run.stdout.trimEnd().split('\n').flatMap(validateEmfLine)).toEqual([]);
  });

  it("emits exactly the article's Kafka Connect metrics with its dimension sets", () => {
    const connect = metricsOf(lines).filter((metric) => metric.startsWith('kafka_connect'));
    expect(connect).toEqual([
      `kafka_connect_connect_worker_metrics_connector_failed_task_count ${CONNECTOR}`,
      `kafka_connect_connect_worker_metrics_connector_paused_task_count ${CONNECTOR}`,
      `kafka_connect_connect_worker_metrics_connector_running_task_count ${CONNECTOR}`,
      `kafka_connect_connect_worker_metrics_connector_total_task_count ${CONNECTOR}`,
      `kafka_connect_connect_worker_metrics_connector_unassigned_task_count ${CONNECTOR}`,
      `kafka_connect_connector_task_metrics_batch_size_avg ${TASK}`,
      `kafka_connect_connector_task_metrics_batch_size_max ${TASK}`,
      `kafka_connect_sink_task_metrics_offset_commit_completion_rate ${TASK}`,
      `kafka_connect_sink_task_metrics_offset_commit_completion_total ${TASK}`,
    ]);
  });

  it('emits the Java metrics of Kafdrop', () => {
    const kafdrop = lines.filter((line) => line.TaskDefinitionFamily === 'kafdrop');
    expect(metricsOf(kafdrop)).toEqual([
      'jvm_classes_loaded [ClusterName, TaskDefinitionFamily]',
      'jvm_gc_collection_seconds_count [ClusterName, TaskDefinitionFamily]',
      'jvm_gc_collection_seconds_sum [ClusterName, TaskDefinitionFamily]',
      'jvm_memory_bytes_used [ClusterName, TaskDefinitionFamily, area]',
      'jvm_memory_pool_bytes_used [ClusterName, TaskDefinitionFamily, pool]',
      'jvm_threads_current [ClusterName, TaskDefinitionFamily]',
      'jvm_threads_daemon [ClusterName, TaskDefinitionFamily]',
      'jvm_threads_deadlocked [ClusterName, TaskDefinitionFamily]',
    ]);
  });

  it('emits the NGINX counters of the second scrape as their increase', async () => {
    const series = 'nginx_http_requests_total';
    const increase = (await recorded('nginx.2.prom', series)) - (await recorded('nginx.1.prom', series));
    const values = lines.filter((line) => series in line).map((line) => [line[series], line.ServiceName]);
    expect(values).toEqual([[increase, 'nginx']]);
  });

  it('tells on stderr what was scraped, selected, emitted and dropped, rule by rule', () => {
    expect(run.stderr).toMatch(
      /targets 3 \(3 up\), samples \d+ scraped, \d+ selected, \d+ emitted; \d+ metrics in \d+ documents/,
    );
    expect(run.stderr).toContain('first sample of a counter: the next scrape gives its delta');
    expect(run.stderr).toMatch(
      /rule connect metric_declaration\[\d+\] \[ClusterName, TaskDefinitionFamily, connector\]: \d+ metrics/,
    );
  });
});
