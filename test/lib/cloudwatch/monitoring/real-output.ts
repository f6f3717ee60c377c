import { compileFamily, planTargets, readFamily } from '../../../../lib/documents.ts';
import { recordedScrape } from '../../../../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../../../../lib/io/state-store.ts';
import { runScrape } from '../../../../lib/scrape.ts';

const TASKS = 'kafka_connect_connect_worker_metrics_connector_total_task_count';
const BODY = `# TYPE ${TASKS} gauge
${TASKS}{connector="sink",} 2.0
${TASKS}{connector="source",} NaN
# TYPE up gauge
up 1
`;

const PROMETHEUS = {
  scrape_configs: [
    {
      job_name: 'prod-connect',
      static_configs: [
        {
          targets: ['10.0.0.1:1234', '10.0.0.2:1234'],
          labels: { TaskDefinitionFamily: 'connect', ServiceName: 'web' },
        },
      ],
    },
  ],
};
const AGENT = {
  logs: {
    metrics_collected: {
      prometheus: {
        emf_processor: {
          metric_declaration: [
            {
              source_labels: ['job'],
              label_matcher: 'connect',
              dimensions: [['ClusterName', 'TaskDefinitionFamily', 'connector']],
              metric_selectors: [TASKS],
            },
          ],
        },
      },
    },
  },
};

/** Parsed lines of a log group, as a scrape of family connect in cluster prod writes them: one of two targets is down. */
export async function realOutput(): Promise<{ readonly documents: readonly unknown[]; readonly summary: unknown }> {
  const config = readFamily('connect', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify(PROMETHEUS) },
    agent: { address: 'agent.json', text: JSON.stringify(AGENT) },
    options: { address: 'options.json', text: '{}' },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const lines: string[] = [];
  const dueAt = 1_700_000_000_000;
  const report = await runScrape(
    { families: [compileFamily(config, 'prod')], targets, dueAt, shard: '0' },
    {
      scrape: recordedScrape({ 'http://10.0.0.1:1234/metrics': { body: BODY } }),
      state: memoryStateStore(),
      summary: () => {},
      sink: async (documents) => void lines.push(...documents.map(({ line }) => line)),
      clock: () => dueAt,
      nonce: () => 'n',
    },
  );
  // What functions/scrape.ts writes on stderr.
  const summary: unknown = JSON.parse(JSON.stringify(report));
  return { documents: lines.map((line): unknown => JSON.parse(line)), summary };
}

/** The values at a path such as `targets.url`, through lists. */
export function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  if (key === undefined) return value === undefined ? [] : [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[key], rest);
}
