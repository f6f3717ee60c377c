import { DEFAULT_METRIC_NAMESPACE, defaultLogGroupName } from '../../lib/cloudwatch/agent-config.ts';
import { isUnit } from '../../lib/cloudwatch/limits.ts';
import type { FamilyConfig } from '../../lib/documents.ts';
import { parseDuration } from '../../lib/prometheus/duration.ts';
import { compileRegex, type Regex } from '../../lib/prometheus/regex.ts';

export type DimensionSets = readonly (readonly string[])[];

export type Declaration = {
  readonly source_labels: readonly string[];
  readonly label_separator: string;
  readonly label_matcher: Regex;
  readonly metric_selectors: readonly Regex[];
  readonly dimensionSets: DimensionSets;
};

/** Labels that the metrics of these names give up. */
export type Aggregation = {
  readonly match: Regex;
  readonly keeps: (label: string) => boolean;
  readonly as: 'sum' | 'distribution';
};

/** What a family's documents say of how its samples leave, with the defaults where they are silent. */
export type Rules = {
  readonly isAgent: boolean;
  readonly namespace: string;
  readonly clusterName: string;
  readonly logGroupName: string;
  readonly units: ReadonlyMap<string, string>;
  readonly histograms: 'values' | 'statistics' | 'arrays' | 'drop';
  readonly dropsUntyped: boolean;
  readonly logsUnselected: boolean;
  readonly storageResolution: 'auto' | 1 | 60;
  readonly aggregations: readonly Aggregation[];
  readonly stateMaxAgeMs: number | undefined;
  readonly reportSeries: boolean;
  readonly entity: boolean;
  readonly declarations: readonly Declaration[];
};

export function rulesOf({ agent, options }: Pick<FamilyConfig, 'agent' | 'options'>, cluster: string): Rules {
  const { cluster_name, log_group_name, emf_processor, disable_metric_extraction } =
    agent.logs.metrics_collected.prometheus;
  const isAgent = options.profile === 'cloudwatch-agent';
  const clusterName = cluster_name ?? cluster;
  return {
    isAgent,
    namespace: (emf_processor?.metric_namespace ?? DEFAULT_METRIC_NAMESPACE) + options.namespace_suffix,
    clusterName,
    logGroupName: log_group_name ?? defaultLogGroupName(clusterName),
    units: new Map(Object.entries(emf_processor?.metric_unit ?? {}).filter(([, unit]) => isUnit(unit))),
    histograms: options.histograms ?? (isAgent ? 'drop' : 'values'),
    dropsUntyped: (options.untyped ?? (isAgent ? 'drop' : 'gauge')) === 'drop',
    logsUnselected: (options.unselected ?? (isAgent ? 'log' : 'drop')) === 'log',
    storageResolution: options.storage_resolution ?? (isAgent ? 60 : 'auto'),
    aggregations: (options.aggregate ?? []).map(({ match, by, without = [], as }) => ({
      match: compileRegex(match),
      keeps: (label) => by?.includes(label) ?? !without.includes(label),
      as,
    })),
    stateMaxAgeMs: options.state_max_age === undefined ? undefined : parseDuration(options.state_max_age),
    reportSeries: options.report_series ?? false,
    entity: options.entity ?? false,
    declarations: disable_metric_extraction ? [] : declarationsOf(emf_processor?.metric_declaration ?? [], isAgent),
  };
}

type Written = NonNullable<
  NonNullable<FamilyConfig['agent']['logs']['metrics_collected']['prometheus']['emf_processor']>['metric_declaration']
>;

/** One without source_labels or without metric_selectors selects nothing. The agent leaves longer sets out. */
function declarationsOf(written: Written, isAgent: boolean): Declaration[] {
  const most = isAgent ? 10 : 30;
  return written.flatMap(({ source_labels = [], metric_selectors = [], ...rest }) => {
    if (source_labels.length === 0 || metric_selectors.length === 0) return [];
    const sets = (rest.dimensions ?? []).map((names) => [...new Set(names)].sort());
    return [
      {
        source_labels,
        label_separator: rest.label_separator ?? ';',
        label_matcher: compileRegex(rest.label_matcher ?? '.*'),
        metric_selectors: metric_selectors.map(compileRegex),
        dimensionSets: sets.filter((names) => names.length <= most),
      },
    ];
  });
}

/** The first aggregation that finds the name decides. */
export function aggregationOf(name: string, { aggregations }: Rules): Aggregation | undefined {
  return aggregations.find(({ match }) => match.search(name));
}
