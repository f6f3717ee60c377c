import { SELF_METRICS, type SELF_SCOPES, type SelfMetricsLevel } from '../self-metrics.ts';
import { logUsage } from './log-usage.ts';
import { gigabytes, MINUTES_A_MONTH, SECONDS_A_MONTH } from './month.ts';
import { type AnswerTimes, scrapeWaitMs } from './scrape-wait.ts';
import type { Usage } from './tariff.ts';

/** What a stack has to do, and what that needs: bytes, and milliseconds of a whole vCPU. */
export type StackLoad = {
  readonly targets: number;
  readonly clusters: number;
  readonly families: number;
  readonly intervalS: number;
  /** Shards: messages, and invocations of scrape, for each interval. */
  readonly shards: number;
  /** A tick of discover, which comes once a minute. */
  readonly discover: {
    readonly cpuMs: number;
    /** Time that passes without CPU beside the calls below. */
    readonly waitMs: number;
    /** Calls to AWS APIs, one after the other. */
    readonly calls: number;
    readonly s3Reads: number;
    readonly s3Writes: number;
    readonly logBytes: number;
  };
  /** All shards once. */
  readonly scrape: {
    readonly cpuMs: number;
    readonly s3Reads: number;
    readonly s3Writes: number;
    readonly messageBytes: number;
    /** Summaries and self-metrics. */
    readonly logBytes: number;
    /** The documents of the metrics that the configuration selects. */
    readonly ownLogBytes: number;
  };
  /** Metrics that the configuration selects. */
  readonly ownMetrics: number;
  readonly storedBytes: number;
  /** The answer of a target as it is sent. */
  readonly bodyBytes: number;
  readonly answerTimes: AnswerTimes;
};

/** How a stack is deployed. */
export type StackSettings = {
  readonly memoryMb: number;
  /** Targets that an invocation asks at once. */
  readonly concurrency: number;
  readonly selfMetrics: SelfMetricsLevel;
  readonly alarms: boolean;
  readonly dashboard: boolean;
  readonly logRetentionDays: number;
};

/** What serverless.yml and lib/scrape.ts say by default. */
export const DEFAULT_SETTINGS: StackSettings = {
  memoryMb: 512,
  concurrency: 256,
  selfMetrics: 'stage',
  alarms: true,
  dashboard: false,
  logRetentionDays: 14,
};

/** What is assumed where nothing was measured. */
export const ASSUMPTIONS = {
  /** AWS gives so much memory a whole vCPU, and less its share: work of a function takes longer by as much. */
  mbOfVcpu: 1769,
  /** A call of S3 from a function, in the same region. */
  s3CallMs: 25,
  /** A call of ECS or EC2. */
  apiCallMs: 40,
  /** START, END and REPORT of an invocation. */
  platformLogBytes: 300,
  /** Lambda asks a queue with so many pollers, each for 20 seconds at a time, while there is nothing. */
  pollers: 5,
  pollS: 20,
  /** A payload counts as so many requests as it has parts of this size. */
  sqsChunkBytes: 64 * 1024,
  /** What SendMessageBatch takes. */
  batchMessages: 10,
  batchBytes: 256 * 1024,
  /** Three zones, over which functions and tasks are spread evenly. */
  otherZoneShare: 2 / 3,
} as const;

/** The month's usage of what a stack does, and that of the metrics it is there for. */
export type StackUsage = { readonly running: Usage; readonly own: Usage };

/** What a stack uses in a month. */
export function stackUsage(load: StackLoad, settings: StackSettings): StackUsage {
  const { discover, scrape } = load;
  const ticks = MINUTES_A_MONTH;
  const intervals = SECONDS_A_MONTH / load.intervalS;
  const invocations = intervals * load.shards;
  const lines = ASSUMPTIONS.platformLogBytes;
  const logBytes = ticks * (discover.logBytes + lines) + intervals * scrape.logBytes + invocations * lines;
  const logsOf = (bytes: number) => logUsage(bytes, settings.logRetentionDays);
  const seconds = (ticks * discoverMs(load, settings) + intervals * scrapeMs(load, settings)) / 1000;
  return {
    running: {
      lambda_requests: ticks + invocations,
      lambda_gb_seconds: (seconds * settings.memoryMb) / 1024,
      sqs_requests: intervals * queueRequests(load) + emptyReceives(),
      s3_reads: ticks * discover.s3Reads + intervals * scrape.s3Reads,
      s3_writes: ticks * discover.s3Writes + intervals * scrape.s3Writes,
      s3_gb_months: gigabytes(load.storedBytes),
      ...logsOf(logBytes),
      custom_metrics: selfMetricCount(settings.selfMetrics, load),
      alarm_metrics: settings.alarms ? alarmMetricCount(settings.selfMetrics) : 0,
      dashboards: settings.dashboard ? 1 : 0,
      scheduler_invocations: ticks,
      zone_transfer_gb: intervals * load.targets * gigabytes(load.bodyBytes) * ASSUMPTIONS.otherZoneShare,
    },
    own: { custom_metrics: load.ownMetrics, ...logsOf(intervals * scrape.ownLogBytes) },
  };
}

/** The self-metrics that a stack without faults writes. */
export function selfMetricCount(
  level: SelfMetricsLevel,
  { clusters, families }: { readonly clusters: number; readonly families: number },
): number {
  if (level === 'off') return 0;
  const ofScope = (scope: keyof typeof SELF_SCOPES) =>
    Object.values(SELF_METRICS).filter(({ scopes, ...rest }) => !('rare' in rest) && scopes.some((at) => at === scope))
      .length;
  if (level === 'stage') return ofScope('stage');
  return ofScope('stage') + clusters * ofScope('cluster') + (level === 'family' ? families * ofScope('family') : 0);
}

/** Alarms are billed by the metrics that they read; three of them read self-metrics. */
function alarmMetricCount(level: SelfMetricsLevel): number {
  return level === 'off' ? 8 : 11;
}

/** The billed time of a tick. The request budget of discover and its calls pass the same time. */
function discoverMs({ discover }: StackLoad, settings: StackSettings): number {
  const { apiCallMs, s3CallMs } = ASSUMPTIONS;
  const storage = (discover.s3Reads + discover.s3Writes) * s3CallMs;
  return cpuTime(discover.cpuMs, settings) + storage + Math.max(discover.waitMs, discover.calls * apiCallMs);
}

/** The billed time of all shards of an interval together. Work and waiting are counted one after the other. */
function scrapeMs({ targets, shards, scrape, answerTimes }: StackLoad, settings: StackSettings): number {
  const storage = (scrape.s3Reads + scrape.s3Writes) * ASSUMPTIONS.s3CallMs;
  const waiting = shards * scrapeWaitMs(targets / shards, settings.concurrency, answerTimes);
  return cpuTime(scrape.cpuMs, settings) + storage + waiting;
}

function cpuTime(cpuMs: number, { memoryMb }: StackSettings): number {
  return cpuMs * Math.max(1, ASSUMPTIONS.mbOfVcpu / memoryMb);
}

/** Sent in batches, received and deleted one by one. */
function queueRequests({ shards, scrape: { messageBytes } }: StackLoad): number {
  const { batchMessages, batchBytes, sqsChunkBytes } = ASSUMPTIONS;
  const batches = Math.max(Math.ceil(shards / batchMessages), Math.ceil(messageBytes / batchBytes));
  const sent = batches * Math.ceil(messageBytes / batches / sqsChunkBytes);
  const received = shards * Math.ceil(messageBytes / shards / sqsChunkBytes);
  return sent + received + shards;
}

function emptyReceives(): number {
  return ASSUMPTIONS.pollers * (SECONDS_A_MONTH / ASSUMPTIONS.pollS);
}
