import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExposition } from '../../lib/prometheus/exposition-reader.ts';
import { compileRegex } from '../../lib/prometheus/regex.ts';
import type { Outcome, Topic } from './topic.ts';

/** What the article's selectors find in bodies of jmx_prometheus_javaagent, before and after its 1.0. */
export const topic: Topic = {
  name: 'jmx',
  run: async (folder) => {
    const files = (await readdir(folder)).filter((file) => CONTENT_TYPES.some(([suffix]) => file.endsWith(suffix)));
    return Promise.all(files.sort().map((file) => runCase(folder, file)));
  },
};

const CONTENT_TYPES = [
  ['.openmetrics.txt', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
  ['.prom', 'text/plain; version=0.0.4; charset=utf-8'],
] as const;

/** How many metrics a selector finds; `jvm` where the agent exposes the platform's own MBeans too. */
type Finds = { readonly selector: string; readonly before1: number; readonly from1: number; readonly jvm?: number };

const WORKER = '^kafka_connect_connect_worker_metrics_connector_(?:total|failed|unassigned|paused|running)_task_count$';
const SYSTEM =
  '^java_lang_operatingsystem_(freephysicalmemorysize|totalphysicalmemorysize|freeswapspacesize|totalswapspacesize|systemcpuload|processcpuload|availableprocessors|openfiledescriptorcount)$';

const SELECTORS: readonly Finds[] = [
  // The article's own rules. From 1.0 on a gauge loses its suffix _total.
  { selector: '^kafka_connect_connector_task_metrics_batch_size_avg$', before1: 1, from1: 1 },
  { selector: '^kafka_connect_connector_task_metrics_batch_size_max$', before1: 1, from1: 1 },
  { selector: '^kafka_connect_sink_task_metrics_offset_commit_completion_rate$', before1: 1, from1: 1 },
  { selector: '^kafka_connect_sink_task_metrics_offset_commit_completion_total$', before1: 1, from1: 0 },
  { selector: WORKER, before1: 5, from1: 5 },
  // The predefined rules for Java. From 1.0 on three of their metrics have other names.
  { selector: '^jvm_threads_(current|daemon)$', before1: 2, from1: 2 },
  { selector: '^jvm_gc_collection_seconds_(count|sum)$', before1: 2, from1: 2 },
  { selector: '^jvm_classes_loaded$', before1: 1, from1: 0 },
  { selector: '^jvm_memory_bytes_used$', before1: 1, from1: 0 },
  { selector: '^jvm_memory_pool_bytes_used$', before1: 1, from1: 0 },
  { selector: SYSTEM, before1: 0, from1: 0, jvm: 8 },
];

async function runCase(folder: string, file: string): Promise<Outcome> {
  const body = await readFile(join(folder, file));
  const [, contentType] = CONTENT_TYPES.find(([suffix]) => file.endsWith(suffix)) ?? ['', ''];
  try {
    const { samples } = readExposition(body, contentType, undefined, undefined);
    const detail = countFault(file, body.toString(), samples.length) ?? selectorFault(samples);
    return detail === undefined ? { case: file, outcome: 'passed' } : { case: file, outcome: 'failed', detail };
  } catch (error) {
    return { case: file, outcome: 'failed', detail: `rejected: ${(error as Error).message}` };
  }
}

/** These bodies have one sample a line; a `_created` line of OpenMetrics says when its series began. */
function countFault(file: string, body: string, found: number): string | undefined {
  const isBeginning = (line: string) => file.endsWith('.openmetrics.txt') && /^\w+_created[ {]/.test(line);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const expected = lines.filter((line) => !isBeginning(line)).length;
  return found === expected && found > 0 ? undefined : `expected ${expected} samples, found ${found}`;
}

function selectorFault(samples: ReturnType<typeof readExposition>['samples']): string | undefined {
  const names = [...new Set(samples.map(({ name }) => name))];
  const version = samples
    .find(({ name }) => name === 'jmx_exporter_build_info')
    ?.labels.find(([label]) => label === 'version')?.[1];
  if (version === undefined) return 'expected the exporter version in jmx_exporter_build_info, found none';
  const isJvm = names.some((name) => name.startsWith('java_lang_'));
  for (const { selector, before1, from1, jvm } of SELECTORS) {
    const regex = compileRegex(selector);
    const expected = (isJvm ? jvm : undefined) ?? (version.startsWith('0.') ? before1 : from1);
    const found = names.filter((name) => regex.search(name)).length;
    if (found !== expected) return `${selector}: expected ${expected} metrics, found ${found}`;
  }
  return undefined;
}
