import type { DropReason } from '../cloudwatch/drop-reason.ts';
import { printable } from '../document/problem.ts';
import { MAX_REMEMBERED_VALUES } from '../prometheus/scrape-state.ts';
import type { DroppedSamples } from './dropped-samples.ts';

/** What one scrape of one target came to, for one document. */
export type TargetReport = {
  readonly family: string;
  readonly job: string;
  readonly url: string;
  readonly up: boolean;
  /** Place, expectation and remedy where `up` is false. */
  readonly error?: string;
  readonly durationMs: number;
  /** Decompressed. */
  readonly bodyBytes: number;
  readonly scraped: number;
  /** Samples that metric_relabel_configs left. */
  readonly postRelabel: number;
  readonly selected: number;
  readonly emitted: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
};

/** A declaration that selected samples and could not use all of its dimension sets. */
export type MissingDimension = {
  readonly family: string;
  /** The index in metric_declaration. */
  readonly declaration: number;
  readonly missing: readonly string[];
  readonly present: readonly string[];
  /** One of the metrics concerned. */
  readonly metric: string;
  readonly samples: number;
};

/** What one dimension set of a declaration gave. */
export type RuleTally = {
  readonly family: string;
  readonly declaration: number;
  /** One of its dimension sets. */
  readonly dimensions: readonly string[];
  readonly metrics: number;
};

/** `write_failed`: committed, and not all documents were written. */
export type ScrapeOutcome = 'emitted' | 'late' | 'superseded' | 'lost_race' | 'write_failed';

/** The summary of one scrape cycle. */
export type ScrapeReport = {
  readonly outcome: ScrapeOutcome;
  readonly shard: string;
  /** Unix ms. */
  readonly dueAt: number;
  /** Earlier ticks whose metrics may be missing: their cycles ended between commit and emission; Unix ms. */
  readonly gaps: readonly number[];
  /** Series whose baselines were given up because there are too many: their next increase is lost. */
  readonly forgotten: number;
  readonly targets: readonly TargetReport[];
  readonly faults: readonly { readonly family: string; readonly job: string; readonly reason: string }[];
  readonly missingDimensions: readonly MissingDimension[];
  /** Metrics by family and the index of the declaration that selected them. */
  readonly metricsByRule: readonly RuleTally[];
  /** Of families whose agent configuration says `debug`; absent where there are none. */
  readonly droppedSamples?: readonly (DroppedSamples & { readonly family: string })[];
  readonly documents: number;
  readonly metrics: number;
};

/** A line tells at most so many characters: names of labels may have any number. */
const MAX_LINE_LENGTH = 4000;

/** The report for people, one fact a line, without what would break a line or drive a terminal. */
export function formatReport(report: ScrapeReport): string {
  const lines = [headline(report), ...report.targets.map(targetLine), ...report.targets.flatMap(dropLines)];
  for (const { family, job, reason } of report.faults) lines.push(`  not a target: ${family}, job ${job}: ${reason}`);
  for (const { family, declaration, dimensions, metrics } of report.metricsByRule)
    lines.push(`  rule ${family} metric_declaration[${declaration}] [${dimensions.join(', ')}]: ${metrics} metrics`);
  for (const dueAt of report.gaps)
    lines.push(
      `  the metrics of ${new Date(dueAt).toISOString()} may be missing: its scrape ended before it was confirmed`,
    );
  if (report.forgotten > 0)
    lines.push(
      `  ${report.forgotten} series were forgotten, since a shard remembers ${MAX_REMEMBERED_VALUES} values at the most`,
    );
  for (const fault of report.missingDimensions) lines.push(`  ${formatMissingDimension(fault)}`);
  return lines.map((line) => printable(line, MAX_LINE_LENGTH)).join('\n');
}

function headline({ outcome, targets, documents, metrics }: ScrapeReport): string {
  if (outcome === 'late') return 'nothing scraped: the message is late by an interval or more';
  if (outcome === 'superseded') return 'nothing scraped: a newer tick has been scraped already';
  if (outcome === 'lost_race') return 'nothing written: another invocation committed this tick first';
  const failed = outcome === 'write_failed' ? 'not all was written (see the error): ' : '';
  const up = targets.filter((target) => target.up).length;
  const sum = (key: 'scraped' | 'selected' | 'emitted') => targets.reduce((total, target) => total + target[key], 0);
  const samples = `samples ${sum('scraped')} scraped, ${sum('selected')} selected, ${sum('emitted')} emitted`;
  return `${failed}targets ${targets.length} (${up} up), ${samples}; ${metrics} metrics in ${documents} documents`;
}

function targetLine({ family, job, url, up, error, durationMs, scraped, selected, emitted }: TargetReport): string {
  const result = up
    ? `up in ${Math.round(durationMs)} ms, ${scraped} scraped, ${selected} selected, ${emitted} emitted`
    : `DOWN: ${error}`;
  return `  ${family} ${job} ${url}: ${result}`;
}

function dropLines({ family, url, dropped }: TargetReport): string[] {
  return Object.entries(dropped).map(
    ([reason, count]) => `  dropped ${count} of ${family} ${url}: ${DROP_TEXTS[reason as DropReason]}`,
  );
}

export const DROP_TEXTS = {
  missing_dimension: 'a declared dimension is missing (see below)',
  no_dimension_set: 'the declaration has no dimension set CloudWatch takes',
  first_sample: 'first sample of a counter: the next scrape gives its delta',
  negative_counter: 'a counter below zero',
  not_a_number: 'NaN or infinite',
  out_of_range: 'beyond 2^360, which CloudWatch refuses',
  timestamp_out_of_window: 'its timestamp is older than two weeks or over two hours ahead',
  written_already: 'another document of the same target writes the same metric',
  repeated: 'its own timestamp is that of the last scrape, which gave it already',
  duplicate: 'a series with this name and labels came before in the same scrape',
  histogram: 'histograms are not published (options.histograms, or profile cloudwatch-agent)',
  histogram_bucket: 'a bucket is no metric: select the histogram by its name without _bucket',
  malformed_histogram: 'a histogram without +Inf and _count, or with a bucket that is no number',
  no_observations: 'the histogram observed nothing in this interval',
  too_many_observations: 'over 10,000 observations, too many for plain arrays (options.histograms)',
  untyped: 'no TYPE, and options.untyped is drop',
  unsupported_type: 'a type that is not published, or no part of its metric family',
  reserved_name: 'a metric cannot be called _aws',
  metric_name: 'a name CloudWatch refuses (1024 printable ASCII characters at most)',
  dimension_value: 'a dimension value CloudWatch refuses (1024 printable ASCII characters at most)',
  name_clash: 'a dimension has the name of the metric',
  line_too_long: 'the document does not fit a line of 60 KiB',
} as const satisfies Record<DropReason, string>;

/** Which label a declaration asks for in vain, and what is there instead. */
export function formatMissingDimension({
  family,
  declaration,
  missing,
  present,
  metric,
  samples,
}: MissingDimension): string {
  return (
    `${family} metric_declaration[${declaration}]: ${samples} samples such as ${metric} lack ${missing.join(', ')}; ` +
    `labels that are there: ${present.join(', ')}`
  );
}
