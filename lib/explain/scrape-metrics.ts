import type { DropReason } from '../cloudwatch/drop-reason.ts';
import { renderSelfDocument, type SelfDocument, type SelfMetricsLevel } from '../cloudwatch/self-metrics.ts';
import { groupBy } from '../prometheus/group-by.ts';
import type { ScrapeReport, TargetReport } from './report.ts';

/** What the report of a scrape cycle does not know. */
export type ScrapeSetting = {
  readonly level: SelfMetricsLevel;
  readonly stage: string;
  readonly cluster: string;
  /** Unix milliseconds, when the cycle began and now. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** What was written. */
  readonly bytes: number;
};

/**
 * What a scrape cycle says of itself as EMF, at the time of its tick: a document for the cluster, and with level
 * `family` one for each family. The documents of all shards of a tick add up. Targets and samples are told by the
 * invocation that wrote their metrics alone, so that nothing counts twice.
 */
export function scrapeMetrics(report: ScrapeReport, setting: ScrapeSetting): SelfDocument[] {
  if (setting.level === 'off') return [];
  const { outcome, shard, dueAt, targets } = report;
  const { level, stage, cluster, startedAtMs, nowMs, bytes } = setting;
  const about = { level, stage, cluster, timestampMs: dueAt };
  if (outcome === 'late' || outcome === 'superseded' || outcome === 'lost_race') {
    const values = {
      LateTicks: Number(outcome === 'late'),
      SupersededTicks: Number(outcome === 'superseded'),
      StateConflicts: Number(outcome === 'lost_race'),
    };
    return renderSelfDocument({ ...about, values, fields: { outcome, shard } });
  }
  const wrote = outcome === 'emitted';
  const ofCluster = renderSelfDocument({
    ...about,
    values: {
      ...targetValues(targets, wrote),
      SamplesScraped: sumOf(targets, 'scraped'),
      SamplesSelected: sumOf(targets, 'selected'),
      ScrapeTime: Math.max(0, nowMs - startedAtMs),
      ...(wrote && report.metrics > 0 && { NewestSampleAge: Math.max(0, nowMs - dueAt) / 1000 }),
      WriteFailures: Number(!wrote),
      Gaps: report.gaps.length,
      SeriesForgotten: report.forgotten,
    },
    fields: { outcome, shard, documents: report.documents, metrics: report.metrics, bytes, dropped: dropsOf(targets) },
  });
  if (setting.level !== 'family') return ofCluster;
  const ofFamilies = byFamily(targets).flatMap(([family, own]) => {
    const samples = { scraped: sumOf(own, 'scraped'), selected: sumOf(own, 'selected'), dropped: dropsOf(own) };
    const fields = { outcome, shard, ...samples };
    return renderSelfDocument({ ...about, family, values: targetValues(own, wrote), fields });
  });
  return [...ofCluster, ...ofFamilies];
}

/** Where not all was written, nobody knows how much was. */
function targetValues(targets: readonly TargetReport[], wrote: boolean) {
  const up = targets.filter((target) => target.up).length;
  return {
    TargetsUp: up,
    TargetsDown: targets.length - up,
    ...(wrote && { SamplesEmitted: sumOf(targets, 'emitted') }),
    SamplesDropped: Object.values(dropsOf(targets)).reduce((sum, drops) => sum + drops, 0),
  };
}

/** The targets of each family, in the order in which families come. */
export function byFamily(targets: readonly TargetReport[]): [string, readonly TargetReport[]][] {
  return [...groupBy(targets, ({ family }) => family)];
}

export function sumOf(targets: readonly TargetReport[], key: 'scraped' | 'selected' | 'emitted'): number {
  return targets.reduce((sum, target) => sum + target[key], 0);
}

/** Samples that were dropped, by reason. */
export function dropsOf(targets: readonly TargetReport[]): Partial<Record<DropReason, number>> {
  const drops: Partial<Record<DropReason, number>> = {};
  for (const { dropped } of targets)
    for (const [reason, count] of Object.entries(dropped) as [DropReason, number][])
      drops[reason] = (drops[reason] ?? 0) + count;
  return drops;
}
