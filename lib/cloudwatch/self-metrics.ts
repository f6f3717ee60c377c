import { jsonLine } from '../document/json-line.ts';
import { ENVELOPE, isDimensionText, MAX_DIMENSION_VALUE_LENGTH } from './limits.ts';

/** The namespace of what prom-emf says of itself. docs/operate.md */
export const SELF_NAMESPACE = 'PromEmf';

/** How far self-metrics are told apart: for the stack alone, by cluster, or by family as well. Every one is billed. */
export const SELF_METRICS_LEVELS = ['off', 'stage', 'cluster', 'family'] as const;
export type SelfMetricsLevel = (typeof SELF_METRICS_LEVELS)[number];

/** The dimensions of each scope: a stack as a whole, one of its clusters, a family of it. */
export const SELF_SCOPES = {
  stage: ['Stage'],
  cluster: ['ClusterName'],
  family: ['ClusterName', 'TaskDefinitionFamily'],
} as const;
type Scope = keyof typeof SELF_SCOPES;

type SelfMetric = {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  readonly scopes: readonly Scope[];
  /** Written only when it is not zero: CloudWatch bills the hours in which a metric is written. */
  readonly rare?: true;
};

/** All self-metrics. A name more here is a metric more for each value of its dimensions. */
export const SELF_METRICS = {
  TargetsUp: { unit: 'Count', scopes: ['cluster', 'family'] },
  TargetsDown: { unit: 'Count', scopes: ['stage', 'cluster', 'family'] },
  SamplesScraped: { unit: 'Count', scopes: ['cluster'] },
  SamplesSelected: { unit: 'Count', scopes: ['cluster'] },
  SamplesEmitted: { unit: 'Count', scopes: ['stage', 'cluster', 'family'] },
  SamplesDropped: { unit: 'Count', scopes: ['cluster', 'family'] },
  ScrapeTime: { unit: 'Milliseconds', scopes: ['cluster'] },
  NewestSampleAge: { unit: 'Seconds', scopes: ['cluster'] },
  LateTicks: { unit: 'Count', scopes: ['cluster'], rare: true },
  SupersededTicks: { unit: 'Count', scopes: ['cluster'], rare: true },
  StateConflicts: { unit: 'Count', scopes: ['cluster'], rare: true },
  WriteFailures: { unit: 'Count', scopes: ['cluster'], rare: true },
  Gaps: { unit: 'Count', scopes: ['cluster'], rare: true },
  SeriesForgotten: { unit: 'Count', scopes: ['cluster'], rare: true },
  TargetsFound: { unit: 'Count', scopes: ['cluster'] },
  TargetsSkipped: { unit: 'Count', scopes: ['cluster'], rare: true },
  TasksFound: { unit: 'Count', scopes: ['cluster'] },
  FamiliesPaused: { unit: 'Count', scopes: ['cluster'], rare: true },
  ApiCalls: { unit: 'Count', scopes: ['cluster'] },
  DiscoveryTime: { unit: 'Milliseconds', scopes: ['cluster'] },
  DiscoveryFailures: { unit: 'Count', scopes: ['stage', 'cluster'], rare: true },
} as const satisfies Record<string, SelfMetric>;
export type SelfMetricName = keyof typeof SELF_METRICS;

export type SelfMetricValues = Readonly<Partial<Record<SelfMetricName, number>>>;

/** What one document says: of a cluster and the stack it belongs to, or of a family alone. */
export type SelfReading = {
  readonly level: SelfMetricsLevel;
  readonly stage: string;
  readonly cluster: string;
  readonly family?: string | undefined;
  /** Unix milliseconds. */
  readonly timestampMs: number;
  readonly values: SelfMetricValues;
  /** For Logs Insights, no metrics; names in lower camel case, which no metric or dimension has. */
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A line of EMF, without a line break. */
export type SelfDocument = { readonly line: string; readonly metrics: number };

/** The document of a reading; none where nothing is to be told as a metric. */
export function renderSelfDocument({
  level,
  stage,
  cluster,
  family,
  timestampMs,
  values,
  fields,
}: SelfReading): SelfDocument[] {
  const told: readonly Scope[] = family === undefined ? ['cluster', 'stage'] : ['family'];
  // What is no metric is a field all the same.
  const scopes = level === 'stage' ? told.filter((scope) => scope === 'stage') : told;
  const CloudWatchMetrics = scopes.flatMap((scope) => {
    const Metrics = metricsOf(scope, values).map((name) => ({ Name: name, Unit: SELF_METRICS[name].unit }));
    return Metrics.length === 0 ? [] : [{ Namespace: SELF_NAMESPACE, Dimensions: [SELF_SCOPES[scope]], Metrics }];
  });
  if (CloudWatchMetrics.length === 0) return [];
  const line = jsonLine({
    ...fields,
    Stage: dimensionValue(stage),
    ClusterName: dimensionValue(cluster),
    ...(family !== undefined && { TaskDefinitionFamily: dimensionValue(family) }),
    ...Object.fromEntries(told.flatMap((scope) => metricsOf(scope, values)).map((name) => [name, values[name]])),
    [ENVELOPE]: { Timestamp: timestampMs, CloudWatchMetrics },
  });
  return [{ line, metrics: CloudWatchMetrics.reduce((sum, { Metrics }) => sum + Metrics.length, 0) }];
}

function metricsOf(scope: Scope, values: SelfMetricValues): SelfMetricName[] {
  return (Object.keys(SELF_METRICS) as SelfMetricName[]).filter((name) => {
    const { scopes, rare }: SelfMetric = SELF_METRICS[name];
    const value = values[name];
    return scopes.includes(scope) && value !== undefined && Number.isFinite(value) && !(rare === true && value === 0);
  });
}

/** ECS has no other names; a text that CloudWatch would refuse shows that something else is wrong. */
function dimensionValue(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_DIMENSION_VALUE_LENGTH);
  return isDimensionText(printable) ? printable : '?';
}
