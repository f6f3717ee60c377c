import { jsonLine } from '../../../../lib/document/json-line.ts';
import { compileFamily, planTargets, readFamily } from '../../../../lib/documents.ts';
import { summariseScrape } from '../../../../lib/explain/scrape-summary.ts';
import { recordedScrape } from '../../../../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../../../../lib/io/state-store.ts';
import { runScrape } from '../../../../lib/scrape.ts';

export const TASKS = 'kafka_connect_connect_worker_metrics_connector_total_task_count';
export const LATENCY = 'connect_request_latency_seconds';

/** What a worker with these connectors answers after so many requests of up to 0.5 seconds. */
function bodyOf(tasks: Readonly<Record<string, string>>, requests: number): string {
  return `# TYPE ${TASKS} gauge
${Object.entries(tasks)
  .map(([connector, count]) => `${TASKS}{connector="${connector}",} ${count}`)
  .join('\n')}
# TYPE ${LATENCY} histogram
${LATENCY}_bucket{connector="sink",le="0.5"} ${requests}
${LATENCY}_bucket{connector="sink",le="+Inf"} ${requests}
${LATENCY}_sum{connector="sink"} ${requests * 0.25}
${LATENCY}_count{connector="sink"} ${requests}
# TYPE up gauge
up 1
`;
}

function answersAfter(requests: number): Readonly<Record<string, { readonly body: string }>> {
  return {
    'http://10.0.0.1:1234/metrics': { body: bodyOf({ sink: '2.0', source: 'NaN' }, requests) },
    'http://10.0.0.3:1234/metrics': { body: bodyOf({ sink: '1.0', source: '3.0' }, requests) },
  };
}

const PROMETHEUS = {
  scrape_configs: [
    {
      job_name: 'prod-connect',
      static_configs: [
        {
          targets: ['10.0.0.1:1234', '10.0.0.2:1234', '10.0.0.3:1234'],
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
              metric_selectors: [TASKS, LATENCY],
            },
            { source_labels: ['job'], dimensions: [['ClusterName', 'worker']], metric_selectors: [TASKS] },
          ],
        },
      },
    },
  },
};

/**
 * Parsed lines of a log group, as the second scrape of family connect in cluster prod writes them: one of three targets
 * is down, the others share the connector `sink`, and no sample has a label `worker`.
 */
export async function realOutput(): Promise<{ readonly documents: readonly unknown[]; readonly summary: unknown }> {
  const config = readFamily('connect', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify(PROMETHEUS) },
    agent: { address: 'agent.json', text: JSON.stringify(AGENT) },
    options: { address: 'options.json', text: '{}' },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const state = memoryStateStore();
  const scrapeOnce = async (dueAt: number, requests: number) => {
    const lines: string[] = [];
    const report = await runScrape(
      { families: [compileFamily(config, 'prod')], targets, dueAt, shard: '0' },
      {
        scrape: recordedScrape(answersAfter(requests)),
        state,
        summary: () => {},
        sink: async (documents) => void lines.push(...Array.from(documents, ({ line }) => line)),
        clock: () => dueAt,
        nonce: () => String(dueAt),
      },
    );
    return { lines, report };
  };
  await scrapeOnce(1_700_000_000_000, 0);
  const { lines, report } = await scrapeOnce(1_700_000_060_000, 4);
  // What functions/scrape.ts writes on stderr.
  const summary: unknown = JSON.parse(jsonLine(summariseScrape(report, { cluster: 'prod', debugged: [] })));
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
