import type { AgentLoad } from '../../lib/cloudwatch/price/agent-usage.ts';
import type { AnswerTimes } from '../../lib/cloudwatch/price/scrape-wait.ts';
import { DEFAULT_SETTINGS, type StackLoad } from '../../lib/cloudwatch/price/stack-usage.ts';
import type { Measurement } from './measurements.ts';

/** What the sheet is calculated for beside what was measured. */
export type Case = { readonly intervalS: number; readonly answerTimes: AnswerTimes };

/** The self-metrics of one shard. */
export const SELF = { documentBytes: 910 } as const;
/** The same of discover. */
const DISCOVER_SELF_BYTES = 600;

/** Of the series of a target the simulation's documents select 10 %, which are counters, and 5 % gauges. */
const SELECTED_SHARE = 0.15;

/** A series of an exporter in gzip: the median of the bodies in test/rules/bodies is 24. */
export const BODY_BYTES_OF_SERIES = 24;

/** A stack's load as it was measured, with self-metrics even where the measurement had none. */
export function stackLoad({ cycle, ...fleet }: Measurement, { intervalS, answerTimes }: Case): StackLoad {
  const { discover, scrape } = cycle;
  const shards = scrape.invocations;
  const measuredSelf = discover.stdout_bytes > 0;
  const selfBytes = shards * SELF.documentBytes;
  const { GetObject: reads = 0, PutObject: writes = 0, ...others } = discover.calls;
  return {
    targets: cycle.targets,
    clusters: fleet.clusters,
    families: fleet.families,
    intervalS,
    shards,
    discover: {
      cpuMs: discover.cpu_ms,
      waitMs: Math.max(0, discover.wall_ms - discover.cpu_ms),
      calls: Object.values(others).reduce((sum, each) => sum + each, 0),
      s3Reads: reads,
      s3Writes: writes,
      logBytes: discover.stderr_bytes + (measuredSelf ? discover.stdout_bytes : DISCOVER_SELF_BYTES),
    },
    scrape: {
      cpuMs: scrape.cpu_ms,
      s3Reads: scrape.calls.GetObject ?? 0,
      s3Writes: scrape.calls.PutObject ?? 0,
      messageBytes: cycle.queue.bytes,
      logBytes: scrape.stderr_bytes + selfBytes,
      ownLogBytes: scrape.stdout_bytes - (measuredSelf ? selfBytes : 0),
    },
    ownMetrics: ownMetrics(fleet, cycle.targets),
    storedBytes: cycle.state_bytes,
    bodyBytes: fleet.series * BODY_BYTES_OF_SERIES,
    answerTimes,
  };
}

/** The same fleet for agents. */
export function agentLoad({ cycle, ...fleet }: Measurement, { intervalS }: Pick<Case, 'intervalS'>): AgentLoad {
  return {
    tasks: cycle.targets,
    intervalS,
    series: fleet.series,
    selected: selectedOf(fleet),
    bodyBytes: fleet.series * BODY_BYTES_OF_SERIES,
    ownMetrics: ownMetrics(fleet, cycle.targets),
    logRetentionDays: DEFAULT_SETTINGS.logRetentionDays,
  };
}

function selectedOf({ series }: Pick<Measurement, 'series'>): number {
  return series * SELECTED_SHARE;
}

/** The dimensions are ClusterName and TaskDefinitionFamily; there may be more families than tasks. */
function ownMetrics(fleet: Pick<Measurement, 'series' | 'families'>, targets: number): number {
  return Math.min(fleet.families, targets) * selectedOf(fleet);
}
