import { parseDuration } from '../prometheus/duration.ts';
import type { MetricType } from '../prometheus/exposition.ts';
import { type AgentConfig, DEFAULT_METRIC_NAMESPACE, defaultLogGroupName } from './agent-config.ts';
import { type Aggregate, compileAggregations } from './aggregation.ts';
import { isUnit } from './limits.ts';
import { compileDeclarations, type Declarations } from './metric-declaration.ts';
import type { Options, Profile } from './options.ts';

/** Everything that decides how the samples of one document leave. */
export type EmissionRules = {
  readonly profile: Profile;
  readonly namespace: string;
  readonly clusterName: string;
  readonly logGroupName: string;
  readonly units: ReadonlyMap<string, string>;
  readonly histograms: 'values' | 'statistics' | 'arrays' | 'drop';
  readonly untyped: 'gauge' | 'drop';
  readonly unselected: 'drop' | 'log';
  readonly storageResolution: 'auto' | 1 | 60;
  /** How a metric of this name gives up labels, if it does. */
  readonly aggregateOf: (name: string) => Aggregate | undefined;
  /** How long baselines are kept, milliseconds; undefined: by the interval. */
  readonly stateMaxAgeMs: number | undefined;
  /** Whether declarations may select up and scrape_*. */
  readonly reportSeries: boolean;
  /** Whether documents tell which ECS service they are of. */
  readonly entity: boolean;
  readonly declarations: Declarations;
  /** Whether a sample of this name could leave at all, or is needed by one that could. */
  readonly wants: (name: string) => boolean;
};

/** The agent drops longer dimension sets. */
const AGENT_MAX_DIMENSIONS = 10;

/** Compiles a checked agent configuration and its options for a cluster. */
export function compileEmissionRules(agent: AgentConfig, options: Options, cluster: string): EmissionRules {
  const { cluster_name, log_group_name, emf_processor, disable_metric_extraction } =
    agent.logs.metrics_collected.prometheus;
  const isAgent = options.profile === 'cloudwatch-agent';
  const clusterName = cluster_name ?? cluster;
  const unselected = options.unselected ?? (isAgent ? 'log' : 'drop');
  const declarations = compileDeclarations(
    disable_metric_extraction === true ? undefined : emf_processor,
    isAgent ? { maxDimensions: AGENT_MAX_DIMENSIONS } : {},
  );
  return {
    profile: options.profile,
    namespace: namespaceOf(agent, options),
    clusterName,
    logGroupName: log_group_name ?? defaultLogGroupName(clusterName),
    units: new Map(Object.entries(emf_processor?.metric_unit ?? {}).filter(([, unit]) => isUnit(unit))),
    histograms: options.histograms ?? (isAgent ? 'drop' : 'values'),
    untyped: options.untyped ?? (isAgent ? 'drop' : 'gauge'),
    unselected,
    storageResolution: options.storage_resolution ?? (isAgent ? 60 : 'auto'),
    aggregateOf: compileAggregations(options.aggregate ?? []),
    stateMaxAgeMs: options.state_max_age === undefined ? undefined : parseDuration(options.state_max_age),
    reportSeries: options.report_series ?? false,
    entity: options.entity ?? false,
    declarations,
    wants: unselected === 'log' ? () => true : (name) => isNeeded(name, declarations.couldSelect),
  };
}

/** The sum and the count of a histogram or summary belong together: their count tells a reset of either. */
const PARTS = /_(?:bucket|g?sum|g?count)$/;

function isNeeded(name: string, couldSelect: (name: string) => boolean): boolean {
  if (couldSelect(name)) return true;
  const part = PARTS.exec(name);
  if (part === null) return false;
  const family = name.slice(0, part.index);
  return couldSelect(family) || (part[0] === '_count' && couldSelect(`${family}_sum`));
}

/** Where the metrics of a document are published. */
export function namespaceOf(agent: AgentConfig, options: Options): string {
  const { emf_processor } = agent.logs.metrics_collected.prometheus;
  return (emf_processor?.metric_namespace ?? DEFAULT_METRIC_NAMESPACE) + options.namespace_suffix;
}

/** How a sample's value becomes a metric's, or a part of one. */
export type SampleKind = 'gauge' | 'counter' | 'untyped' | 'bucket' | 'sum' | 'count' | 'histogram' | 'unsupported';

const FAMILY_SUFFIXES = ['_count', '_sum', '_bucket', '_total', '_info', '_gcount', '_gsum'] as const;

/** The family a sample belongs to: its own name, or that without a suffix, whichever has a TYPE. */
export function familyOf(
  name: string,
  types: ReadonlyMap<string, MetricType>,
  profile: Profile,
): { readonly family: string; readonly type: MetricType } {
  // The agent takes the shorter name first, so that a gauge h_count beside a histogram h is lost.
  const exact = profile === 'cloudwatch-agent' ? undefined : types.get(name);
  if (exact !== undefined) return { family: name, type: exact };
  for (const suffix of FAMILY_SUFFIXES) {
    if (!name.endsWith(suffix)) continue;
    if (profile === 'cloudwatch-agent' && suffix === '_total' && types.has(name)) break;
    const family = name.slice(0, -suffix.length);
    const type = types.get(family);
    if (type !== undefined) return { family, type };
  }
  return { family: name, type: types.get(name) ?? 'unknown' };
}

export function kindOf(name: string, family: string, type: MetricType, profile: Profile): SampleKind {
  const isAgent = profile === 'cloudwatch-agent';
  switch (type) {
    case 'gauge':
      return 'gauge';
    case 'counter':
      return 'counter';
    case 'summary':
      if (name === family) return 'gauge';
      return isAgent ? 'counter' : partOf(name, family, SUMMARY_PARTS);
    case 'histogram':
      return isAgent ? 'histogram' : partOf(name, family, HISTOGRAM_PARTS);
    case 'gaugehistogram':
      return isAgent ? 'histogram' : partOf(name, family, GAUGE_HISTOGRAM_PARTS);
    case 'unknown':
      return 'untyped';
    case 'info':
    case 'stateset':
      return isAgent ? 'unsupported' : 'gauge';
    default:
      return type satisfies never;
  }
}

const SUMMARY_PARTS = new Map<string, SampleKind>([
  ['_sum', 'sum'],
  ['_count', 'count'],
]);
const HISTOGRAM_PARTS = new Map<string, SampleKind>([...SUMMARY_PARTS, ['_bucket', 'bucket']]);
const GAUGE_HISTOGRAM_PARTS = new Map<string, SampleKind>([
  ['_gsum', 'sum'],
  ['_gcount', 'count'],
  ['_bucket', 'bucket'],
]);

function partOf(name: string, family: string, parts: ReadonlyMap<string, SampleKind>): SampleKind {
  return parts.get(name.slice(family.length)) ?? 'unsupported';
}
