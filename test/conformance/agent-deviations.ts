import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { NEWEST_TIMESTAMP_MS, OLDEST_TIMESTAMP_MS } from '../../lib/cloudwatch/limits.ts';
import type { ConfigError } from '../../lib/document/problem.ts';
import { compileRegex } from '../../lib/prometheus/regex.ts';

/** One metric, or a plain field, as it is compared: grouping, key order and the envelope do not count. */
export type Published = {
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** All that is compared of it. */
  readonly text: string;
};

/** A metric that only one of the two published in a scrape. */
export type Difference = {
  readonly metric: Published;
  readonly scrape: number;
  /** Who published it. */
  readonly by: 'agent' | 'prom-emf';
  /** What the agent published in this scrape. */
  readonly recorded: readonly Published[];
};

/** Why a metric may differ: nothing where it may not. */
export type Excuse = (difference: Difference) => string | undefined;

/**
 * What may differ in an agent case, decided by what the case contains: the agent's bugs that
 * docs/differences-from-the-agent.md lists. Each excuses the metrics that it concerns, and no other of the case.
 */
export async function excuseOf(folder: string): Promise<Excuse> {
  const recorded = await readCase(folder);
  const deviations = DEVIATIONS.map(({ reason, concerned }) => ({ reason, concerns: concerned(recorded) }));
  return (difference) => deviations.find(({ concerns }) => concerns(difference))?.reason;
}

/** Why a configuration may be refused that the agent reads: only for what it reads otherwise than it is written. */
export function refusalExcuse({ problems }: ConfigError): string | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const isOfDeclarations = errors.every(({ path }) => /\.(?:label_matcher|metric_selectors\[\d+\])$/.test(path));
  return isOfDeclarations ? 'a bad regex is a configuration error here; the agent drops its rule' : undefined;
}

type ScrapeConfig = { readonly honor_timestamps?: boolean } & Readonly<
  Record<'relabel_configs' | 'metric_relabel_configs', readonly { readonly action?: string }[] | undefined>
>;

type Declaration = {
  readonly source_labels?: readonly string[];
  readonly label_separator?: string;
  readonly metric_selectors?: readonly string[];
};

type Case = {
  /** By scrape; empty where the target failed. */
  readonly bodies: readonly string[];
  readonly isOpenMetrics: boolean;
  readonly jobs: readonly ScrapeConfig[];
  readonly targets: string;
  readonly declarations: readonly Declaration[];
};

async function readCase(folder: string): Promise<Case> {
  const files = await readdir(folder);
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const scrapes = files.flatMap((name) => /^scrape-(\d+)\.prom$/.exec(name)?.[1] ?? []).map(Number);
  const bodies = Array.from({ length: Math.max(0, ...scrapes) }, (_, index) => read(`scrape-${index + 1}.prom`));
  const { content_type } = JSON.parse(await read('meta.json')) as { content_type?: string | null };
  const { scrape_configs } = parse(await read('prometheus.yaml')) as { scrape_configs?: ScrapeConfig[] };
  const { logs } = JSON.parse(await read('agent.json')) as AgentDocument;
  return {
    bodies: await Promise.all(bodies),
    isOpenMetrics: content_type?.includes('openmetrics') ?? false,
    jobs: scrape_configs ?? [],
    targets: await read('targets.yaml'),
    declarations: logs?.metrics_collected?.prometheus?.emf_processor?.metric_declaration ?? [],
  };
}

type AgentDocument = {
  logs?: { metrics_collected?: { prometheus?: { emf_processor?: { metric_declaration?: Declaration[] } } } };
};

type Deviation = { readonly reason: string; readonly concerned: (recorded: Case) => (one: Difference) => boolean };

const DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'duplicate series: the first wins here, the agent publishes the raw cumulative value',
    concerned: ({ bodies }) => {
      const series = bodies.flatMap((body) => repeated(samplesOf(body).map(({ series }) => series)));
      return ({ metric }) => series.some((each) => isOfSeries(metric, each));
    },
  },
  {
    reason: 'an exemplar is never a value here; the agent publishes it as one',
    concerned: ({ bodies }) => {
      const lines = bodies.flatMap(samplesOf).filter(({ line }) => / # \{[^}]*\} /.test(line));
      return ({ metric }) => lines.some(({ series }) => isOfSeries(metric, series));
    },
  },
  {
    reason: 'a timestamp outside the window costs its own sample here; the agent loses the batch',
    concerned: ({ bodies, isOpenMetrics, jobs }) => {
      const isHonored = jobs.some(({ honor_timestamps }) => honor_timestamps !== false);
      const outside = bodies.map((body) => samplesOf(body).filter(isOutside(isOpenMetrics ? 1000 : 1)));
      return ({ metric, scrape, by }) => {
        const own = isHonored ? (outside[scrape - 1] ?? []) : [];
        return by === 'prom-emf' && own.length > 0 && !own.some(({ series }) => isOfSeries(metric, series));
      };
    },
  },
  {
    reason: 'labelkeep and labeldrop cannot harm here; the agent loses its own helper labels and drops everything',
    concerned: ({ jobs }) => {
      const actions = jobs.flatMap(({ relabel_configs, metric_relabel_configs }) =>
        [...(relabel_configs ?? []), ...(metric_relabel_configs ?? [])].map(({ action = '' }) => action.toLowerCase()),
      );
      const isLossy = actions.includes('labelkeep') || actions.includes('labeldrop');
      return ({ metric, by, recorded }) =>
        isLossy && by === 'prom-emf' && !recorded.some(({ labels }) => labels.job === metric.labels.job);
    },
  },
  {
    reason: 'a metric called value keeps its name here; the agent publishes it as prometheus',
    concerned: ({ bodies }) => {
      const isThere = bodies.some((body) => samplesOf(body).some(({ series }) => series.name === 'value'));
      return ({ metric, by }) => isThere && metric.name === (by === 'agent' ? 'prometheus' : 'value');
    },
  },
  {
    reason: 'label_separator is honoured here; the agent ignores it',
    concerned: ({ declarations }) => {
      const separated = declarations.filter(
        ({ source_labels = [], label_separator = ';' }) => label_separator !== ';' && source_labels.length > 1,
      );
      const selectors = separated.flatMap(({ metric_selectors = [] }) => metric_selectors.map(compileRegex));
      return ({ metric }) => selectors.some((selector) => selector.search(metric.name));
    },
  },
  {
    reason:
      'two targets with equal labels: baselines are kept by target here, by final labels in the agent (random there)',
    concerned: ({ targets }) => {
      const instances = repeated(targets.match(/\binstance:[^,}\n]+/g) ?? []).map((text) => text.slice(9).trim());
      return ({ metric: { labels, text }, recorded }) => {
        const isGauge = labels.prom_metric_type === 'gauge';
        // Of gauges only how many of them the agent had scraped is random.
        return instances.includes(String(labels.instance)) && (!isGauge || recorded.some((one) => one.text === text));
      };
    },
  },
];

type Series = { readonly name: string; readonly labels: readonly (readonly [string, string])[] };
type SampleLine = { readonly line: string; readonly series: Series };

function samplesOf(body: string): SampleLine[] {
  return body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ line, series: seriesOf(line) }));
}

function seriesOf(line: string): Series {
  const [, name = '', text = ''] = /^([^{\s]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?/.exec(line) ?? [];
  const labels = [...text.matchAll(/([\w.]+)\s*=\s*"((?:[^"\\]|\\.)*)"/g)];
  return { name, labels: labels.map(([, label = '', value = '']) => [label, value] as const) };
}

/** Whether a metric comes of a series; labels that relabeling took, or joined, tell nothing. */
function isOfSeries({ name, labels }: Published, series: Series): boolean {
  return name === series.name && series.labels.every(([label, value]) => (labels[label] ?? value) === value);
}

function isOutside(unitMs: number): (sample: SampleLine) => boolean {
  return ({ line }) => {
    const [, text] = /\s(-?[\d.]+(?:e[+-]?\d+)?)\s*$/i.exec(line.replace(/^\S*?(?:\{.*\})?\s+\S+/, '')) ?? [];
    const timestampMs = text === undefined ? Number.NaN : Number(text) * unitMs;
    return timestampMs < Date.now() - OLDEST_TIMESTAMP_MS || timestampMs > Date.now() + NEWEST_TIMESTAMP_MS;
  };
}

function repeated<T>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = JSON.stringify(item);
    const isRepeated = seen.has(key);
    seen.add(key);
    return isRepeated;
  });
}
