import type { DiscoverReport } from '../../lib/discover.ts';
import type { ScrapeSummary } from '../../lib/explain/scrape-summary.ts';
import type { Emitted } from './emitted.ts';
import type { Invocation } from './function-host.ts';

/** What functions said of themselves on stderr. */
export type Told = {
  readonly reports: readonly DiscoverReport[];
  readonly summaries: readonly ScrapeSummary[];
  /** What went wrong. */
  readonly lines: readonly string[];
};

/** The lines of stderr: reports and summaries are JSON, all others are for people. */
export function toldBy(invocations: readonly Invocation[]): Told {
  const lines = invocations.flatMap(({ stderr }) => stderr.split('\n')).filter((line) => line !== '');
  const documents = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
  return {
    reports: documents.filter((document) => 'plan' in document) as DiscoverReport[],
    summaries: documents.filter((document) => 'outcome' in document) as ScrapeSummary[],
    lines: lines.filter((line) => !line.startsWith('{')),
  };
}

/** The sum of a self-metric by cluster; clusters without it are left out. */
export function selfMetric({ sums }: Emitted, name: string): Readonly<Record<string, number>> {
  const prefix = '["PromEmf",[["ClusterName",';
  const found = [...sums].filter(([key, metric]) => metric.name === name && key.startsWith(prefix));
  return Object.fromEntries(
    found
      .filter(([, { dimensions }]) => dimensions.size === 1)
      .map(([, { dimensions, sum }]) => [String(dimensions.get('ClusterName')), sum]),
  );
}
