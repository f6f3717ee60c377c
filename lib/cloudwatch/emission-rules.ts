import type { MetricType } from '../prometheus/exposition.ts';
import { type AgentConfig, DEFAULT_METRIC_NAMESPACE, defaultLogGroupName } from './agent-config.ts';
import { compileDeclarations, type Declarations } from './metric-declaration.ts';
import type { Options, Profile } from './options.ts';

/** Everything that decides how the samples of one document leave. */
export type EmissionRules = {
  readonly profile: Profile;
  readonly namespace: string;
  readonly clusterName: string;
  readonly logGroupName: string;
  readonly units: ReadonlyMap<string, string>;
  readonly untyped: 'gauge' | 'drop';
  readonly unselected: 'drop' | 'log';
  readonly declarations: Declarations;
  /** Whether a sample of this name could leave at all. */
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
    namespace: (emf_processor?.metric_namespace ?? DEFAULT_METRIC_NAMESPACE) + options.namespace_suffix,
    clusterName,
    logGroupName: log_group_name ?? defaultLogGroupName(clusterName),
    units: new Map(Object.entries(emf_processor?.metric_unit ?? {})),
    untyped: options.untyped ?? (isAgent ? 'drop' : 'gauge'),
    unselected,
    declarations,
    wants: unselected === 'log' ? () => true : declarations.couldSelect,
  };
}

/** How a sample's value becomes a metric's. */
export type SampleKind = 'gauge' | 'delta' | 'untyped' | 'histogram' | 'unsupported';

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
  switch (type) {
    case 'gauge':
      return 'gauge';
    case 'counter':
      return 'delta';
    case 'summary':
      return name === family ? 'gauge' : 'delta';
    case 'histogram':
    case 'gaugehistogram':
      return 'histogram';
    case 'unknown':
      return 'untyped';
    case 'info':
    case 'stateset':
      return profile === 'cloudwatch-agent' ? 'unsupported' : 'gauge';
    default:
      return type satisfies never;
  }
}
