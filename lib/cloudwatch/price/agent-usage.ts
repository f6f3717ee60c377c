import { type FargateSize, fargateSizeFor } from './fargate-size.ts';
import { logUsage } from './log-usage.ts';
import { gigabytes, HOURS_A_MONTH, SECONDS_A_MONTH } from './month.ts';
import { ASSUMPTIONS } from './stack-usage.ts';
import type { Usage } from './tariff.ts';

/** What CloudWatch agents have to do. */
export type AgentLoad = {
  readonly tasks: number;
  readonly intervalS: number;
  /** Of each task, and how many of them the configuration selects. */
  readonly series: number;
  readonly selected: number;
  /** The answer of a target as it is sent. */
  readonly bodyBytes: number;
  readonly ownMetrics: number;
  readonly logRetentionDays: number;
};

/** What was measured of a CloudWatch agent 1.300060.0 and of its log events. */
export const AGENT = {
  /** ECS Compose-X limits the sidecar to a tenth of a vCPU and 256 MB. */
  sidecar: { vcpu: 0.1, gb: 0.25 },
  /** CPU of a scrape, for each series, whatever is selected of them: between 27 and 42. */
  cpuUsOfSeries: 42,
  idleMb: 105,
  /** At 100,000 series it had 419 MB more than idle. */
  kbOfSeries: 4.2,
  /** A log event that nothing is selected of, without its samples: labels of the target, version and time. */
  eventBytes: 450,
  /** A sample in it. */
  sampleBytes: 40,
  /** Events for each sample: samples of one label set and type share one. */
  eventsOfSample: 0.3,
  /** What makes a metric of a sample in an event: its definition, and the part of the dimensions that it shares. */
  definitionBytes: 110,
} as const;

/** The month's usage of agents: what they run on, the samples that nobody selected, and the metrics they are there for. */
export type AgentUsage = { readonly running: Usage; readonly unselected: Usage; readonly own: Usage };

/** An agent beside each task, as a share of the task it is part of. */
export function sidecarUsage(load: AgentLoad): AgentUsage {
  const { vcpu, gb } = AGENT.sidecar;
  return withLogs(load, computeOf({ vcpu: load.tasks * vcpu, gb: load.tasks * gb }));
}

/** One agent in a task of its own that scrapes all others; undefined where no task of Fargate is large enough. */
export function centralAgentUsage(load: AgentLoad): AgentUsage | undefined {
  const size = fargateSizeFor(centralAgentNeeds(load));
  if (size === undefined) return undefined;
  const bytes = (SECONDS_A_MONTH / load.intervalS) * load.tasks * load.bodyBytes;
  const zone_transfer_gb = gigabytes(bytes) * ASSUMPTIONS.otherZoneShare;
  return withLogs(load, { ...computeOf(size), zone_transfer_gb });
}

/** Without any reserve. */
export function centralAgentNeeds({ tasks, series, intervalS }: AgentLoad): FargateSize {
  const all = tasks * series;
  return {
    vcpu: (all * AGENT.cpuUsOfSeries) / (intervalS * 1_000_000),
    gb: (AGENT.idleMb + (all * AGENT.kbOfSeries) / 1024) / 1024,
  };
}

function computeOf({ vcpu, gb }: FargateSize): Usage {
  return { fargate_vcpu_hours: vcpu * HOURS_A_MONTH, fargate_gb_hours: gb * HOURS_A_MONTH };
}

function withLogs(load: AgentLoad, running: Usage): AgentUsage {
  const { tasks, series, selected, intervalS, logRetentionDays } = load;
  const scrapes = (SECONDS_A_MONTH / intervalS) * tasks;
  const sample = AGENT.eventsOfSample * AGENT.eventBytes + AGENT.sampleBytes;
  const ownBytes = scrapes * selected * (sample + AGENT.definitionBytes);
  return {
    running,
    unselected: logUsage(scrapes * (series - selected) * sample, logRetentionDays),
    own: { custom_metrics: load.ownMetrics, ...logUsage(ownBytes, logRetentionDays) },
  };
}
