import { renderSelfDocument, type SelfDocument, type SelfMetricsLevel } from '../cloudwatch/self-metrics.ts';

/** The part of a discovery's report that becomes metrics. */
export type DiscoveryFacts = {
  readonly messages: number;
  /** By family. */
  readonly targets: Readonly<Record<string, number>>;
  /** By lastStatus. */
  readonly tasks: Readonly<Record<string, number>>;
  /** By reason. */
  readonly skipped: Readonly<Record<string, { readonly count: number }>>;
  /** By name. */
  readonly calls: Readonly<Record<string, number>>;
  readonly failures: readonly unknown[];
  readonly paused: readonly string[];
};

export type DiscoverySetting = {
  readonly level: SelfMetricsLevel;
  readonly stage: string;
  readonly cluster: string;
  /** The tick, Unix milliseconds. */
  readonly dueAt: number;
  readonly elapsedMs: number;
};

/** What discovery of one cluster says of itself as EMF; without facts: that it failed. */
export function discoverMetrics(facts: DiscoveryFacts | undefined, setting: DiscoverySetting): SelfDocument[] {
  if (setting.level === 'off') return [];
  const { level, stage, cluster, dueAt, elapsedMs } = setting;
  const about = { level, stage, cluster, timestampMs: dueAt };
  const DiscoveryTime = Math.max(0, elapsedMs);
  if (facts === undefined)
    return renderSelfDocument({ ...about, values: { DiscoveryTime, DiscoveryFailures: 1 }, fields: {} });
  const { messages, targets, tasks, calls, failures, paused } = facts;
  const skipped = Object.fromEntries(Object.entries(facts.skipped).map(([reason, { count }]) => [reason, count]));
  return renderSelfDocument({
    ...about,
    values: {
      TargetsFound: total(targets),
      TargetsSkipped: total(skipped),
      TasksFound: total(tasks),
      FamiliesPaused: paused.length,
      ApiCalls: total(calls),
      DiscoveryTime,
      DiscoveryFailures: failures.length,
    },
    fields: { messages, tasks, skipped, calls },
  });
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
