import { expect } from 'vitest';
import type { MetricDeclaration } from '../../lib/cloudwatch/agent-config.ts';
import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import { compileFamily, planTargets, readFamily } from '../../lib/documents.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';
import { type RecordedResponse, recordedScrape } from '../../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { runScrape } from '../../lib/scrape.ts';
import { emfValidator } from '../emf-validator.ts';

/** A row of docs/differences-from-the-agent.md, as scrapes of one target and what is written of them. */
export type Difference = {
  /** The question of the row. */
  readonly row: string;
  /** Keys of the scrape configuration. */
  readonly job?: Readonly<Record<string, unknown>>;
  readonly targets?: readonly string[];
  /** Keys of the one metric_declaration. */
  readonly declaration?: MetricDeclaration;
  /** Other keys of emf_processor. */
  readonly processor?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly intervalMs?: number;
  /** What the target answers, one a scrape; a text is a body in the text format. */
  readonly scrapes: readonly (string | RecordedResponse)[];
  /** What of a document is compared; by default its metrics. */
  readonly show?: (document: EmfDocument) => readonly unknown[];
  /** What is written, by scrape. */
  readonly expected: readonly (readonly unknown[])[];
  /** What is written under profile cloudwatch-agent, where that decides: the rows marked *. */
  readonly expectedAsAgent?: readonly (readonly unknown[])[];
  /** What the report of the last scrape says beside that; of prom-emf's own side. */
  readonly report?:
    | { readonly dropped?: object; readonly error?: string; readonly missing?: readonly string[] }
    | undefined;
};

export const TICK = 1_700_000_000_000;
const MINUTE = 60_000;
export const ADDRESS = '10.0.0.7:9404';

/** An answer in OpenMetrics; the lines end with `# EOF`. */
export function openMetrics(...lines: readonly string[]): RecordedResponse {
  return { contentType: 'application/openmetrics-text; version=1.0.0', body: `${lines.join('\n')}\n# EOF\n` };
}

/** Lines of the text format. */
export function text(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

type Root = Readonly<Record<string, unknown>> & {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string; readonly StorageResolution?: 1 }[];
    }[];
  };
};

/** The document as it is read. */
export function wholeDocument({ line }: EmfDocument): readonly unknown[] {
  return [JSON.parse(line)];
}

/** Each metric as `NAME=VALUE`, with its unit, and the resolution where it is not a minute. */
export function metrics({ line }: EmfDocument): readonly string[] {
  const root = JSON.parse(line) as Root;
  return (root._aws?.CloudWatchMetrics ?? []).flatMap(({ Metrics }) =>
    Metrics.map(({ Name, Unit, StorageResolution }) =>
      [`${Name}=${JSON.stringify(root[Name])}`, Unit, StorageResolution && `${StorageResolution} s`]
        .filter(Boolean)
        .join(' '),
    ),
  );
}

/** Each metric with the dimension sets it has. */
export function metricsByDimensions({ line }: EmfDocument): readonly string[] {
  const root = JSON.parse(line) as Root;
  return (root._aws?.CloudWatchMetrics ?? []).flatMap(({ Dimensions, Metrics }) =>
    Metrics.map(({ Name }) => `${Name} by ${Dimensions.map((names) => names.join('+')).join(' and ')}`),
  );
}

/** Every field but the envelope: labels, and values whether they are metrics or not. */
export function fields({ line }: EmfDocument): readonly unknown[] {
  const { _aws, ...others } = JSON.parse(line) as Root;
  return [others];
}

/** What is written of each scrape, in the order of the documents, and the reports. */
export async function runDifference(difference: Difference, options: Readonly<Record<string, unknown>> = {}) {
  const { job, targets = [ADDRESS], declaration, processor, intervalMs = MINUTE, show = metrics } = difference;
  const prometheus = {
    scrape_configs: [{ job_name: 'j', scrape_interval: '1m', static_configs: [{ targets }], ...job }],
  };
  const everything = { source_labels: ['job'], metric_selectors: ['.*'], dimensions: [['job']] };
  const emf_processor = { metric_declaration: [{ ...everything, ...declaration }], ...processor };
  const agent = { logs: { metrics_collected: { prometheus: { cluster_name: 'shop', emf_processor } } } };
  const config = readFamily('app', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify(prometheus) },
    agent: { address: 'agent.json', text: JSON.stringify(agent) },
    options: { address: 'options.json', text: JSON.stringify({ ...difference.options, ...options }) },
  });
  const planned = await planTargets(config, 0, [], async () => []);
  const families = [compileFamily(config, '')];
  const state = memoryStateStore();
  const written: unknown[][] = [];
  let report: ScrapeReport | undefined;
  for (const [round, answer] of difference.scrapes.entries()) {
    const dueAt = TICK + round * intervalMs;
    const documents: EmfDocument[] = [];
    const response = typeof answer === 'string' ? { body: answer } : answer;
    const urls = planned.map(({ labels }) => `http://${labels.get('__address__')}/metrics`);
    report = await runScrape(
      { families, targets: planned, dueAt, shard: '0' },
      {
        scrape: recordedScrape(Object.fromEntries(urls.map((url) => [url, response]))),
        state,
        summary: () => {},
        sink: async (all) => void documents.push(...all),
        clock: () => dueAt,
        nonce: () => String(round),
      },
    );
    const validate = emfValidator({ nowMs: dueAt, logEvents: true });
    expect(documents.flatMap(({ line }) => validate(line))).toEqual([]);
    written.push(documents.flatMap(show));
  }
  return { written, report };
}
