import type { DropReason } from '../cloudwatch/drop-reason.ts';
import type { DroppedSamples } from './dropped-samples.ts';
import type { MissingDimension, RuleTally, ScrapeReport, TargetReport } from './report.ts';
import { byFamily, dropsOf, sumOf } from './scrape-metrics.ts';

/** What a family's targets gave together. */
type FamilySummary = {
  readonly family: string;
  readonly up: number;
  readonly down: number;
  readonly scraped: number;
  readonly selected: number;
  readonly emitted: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
};

/** What is told of a family whose agent configuration says `debug`. */
type FamilyDebug = {
  readonly family: string;
  readonly rules: readonly Omit<RuleTally, 'family'>[];
  /** Declarations, by their index, that gave no metric. */
  readonly withoutMetrics: readonly number[];
  readonly droppedSamples: Listed<DroppedSamples>;
};

/** The first of a list, and how many more there are. */
type Listed<Item> = { readonly first: readonly Item[]; readonly more: number };

/** The summary of a cycle as it is logged. */
export type ScrapeSummary = Pick<
  ScrapeReport,
  'outcome' | 'shard' | 'dueAt' | 'gaps' | 'forgotten' | 'documents' | 'metrics'
> & {
  readonly cluster: string;
  readonly families: readonly FamilySummary[];
  readonly down: Listed<Pick<TargetReport, 'family' | 'job' | 'url'> & { readonly error: string }>;
  readonly faults: Listed<ScrapeReport['faults'][number]>;
  readonly missingDimensions: Listed<MissingDimension>;
  readonly debug?: readonly FamilyDebug[];
};

/** A family that is debugged, and the indexes of its declarations. */
export type DebuggedFamily = { readonly family: string; readonly declarations: readonly number[] };

const LISTED = { down: 20, faults: 10, missingDimensions: 10, labels: 30, droppedSamples: 100 } as const;

/** The report without what grows with healthy targets: those are counted, by family. Lists are cut, the rest counted. */
export function summariseScrape(
  report: ScrapeReport,
  { cluster, debugged }: { readonly cluster: string; readonly debugged: readonly DebuggedFamily[] },
): ScrapeSummary {
  const { outcome, shard, dueAt, gaps, forgotten, documents, metrics, targets } = report;
  const down = targets.filter(({ up }) => !up).map(({ family, job, url, error = '' }) => ({ family, job, url, error }));
  const missing = report.missingDimensions.map((each) => ({ ...each, present: each.present.slice(0, LISTED.labels) }));
  return {
    outcome,
    cluster,
    shard,
    dueAt,
    documents,
    metrics,
    gaps,
    forgotten,
    families: byFamily(targets).map(([family, own]) => summariseFamily(family, own)),
    down: listed(down, LISTED.down),
    faults: listed(report.faults, LISTED.faults),
    missingDimensions: listed(merged(missing), LISTED.missingDimensions),
    ...(debugged.length > 0 && { debug: debugged.map((family) => debugFamily(report, family)) }),
  };
}

function summariseFamily(family: string, targets: readonly TargetReport[]): FamilySummary {
  const up = targets.filter((target) => target.up).length;
  const samples = {
    scraped: sumOf(targets, 'scraped'),
    selected: sumOf(targets, 'selected'),
    emitted: sumOf(targets, 'emitted'),
  };
  return { family, up, down: targets.length - up, ...samples, dropped: dropsOf(targets) };
}

function debugFamily(report: ScrapeReport, { family, declarations }: DebuggedFamily): FamilyDebug {
  const rules = report.metricsByRule.filter((rule) => rule.family === family);
  const used = new Set(rules.map(({ declaration }) => declaration));
  const dropped = (report.droppedSamples ?? []).filter((each) => each.family === family);
  return {
    family,
    rules: rules.map(({ family: _, ...rule }) => rule),
    withoutMetrics: declarations.filter((declaration) => !used.has(declaration)),
    droppedSamples: listed(
      dropped.map(({ family: _, ...each }) => each),
      LISTED.droppedSamples,
    ),
  };
}

/** A declaration that lacks the same labels at many targets is told once. */
function merged(faults: readonly MissingDimension[]): MissingDimension[] {
  const known = new Map<string, MissingDimension>();
  for (const fault of faults) {
    const key = JSON.stringify([fault.family, fault.declaration, fault.missing]);
    const samples = (known.get(key)?.samples ?? 0) + fault.samples;
    known.set(key, { ...(known.get(key) ?? fault), samples });
  }
  return [...known.values()];
}

function listed<Item>(items: readonly Item[], count: number): Listed<Item> {
  return { first: items.slice(0, count), more: Math.max(0, items.length - count) };
}
