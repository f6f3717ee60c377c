import { Constants } from 'aws-embedded-metrics/lib/Constants.js';
import type { StorageResolution } from 'aws-embedded-metrics/lib/logger/StorageResolution.js';
import {
  validateDimensionSet,
  validateMetric,
  validateNamespace,
  validateTimestamp,
} from 'aws-embedded-metrics/lib/utils/Validator.js';

type Metric = { readonly Name: string; readonly Unit?: string; readonly StorageResolution?: StorageResolution };
type Directive = {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly Metric[];
};
type Metadata = { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] };

/**
 * What aws-embedded-metrics would refuse of an EMF line, as the messages of its errors: AWS's own library for writing
 * EMF, by its validators of namespaces, dimension sets, metrics and times, and its bounds on lists. It builds documents
 * and reads none, so of the form of a line it has no opinion. Timestamps count only where the time is given.
 */
export function secondOpinion(line: string, nowMs?: number): string[] {
  const root = new Map(Object.entries(JSON.parse(line) as Record<string, unknown>));
  const { Timestamp, CloudWatchMetrics } = root.get('_aws') as Metadata;
  // It asks the real clock.
  const refused = nowMs === undefined ? [] : refusalOf(() => validateTimestamp(Timestamp - nowMs + Date.now()));
  const resolutions = new Map<string, StorageResolution>();
  for (const directive of CloudWatchMetrics) refused.push(...directiveRefusals(directive, root, resolutions));
  return refused;
}

function directiveRefusals(
  { Namespace, Dimensions, Metrics }: Directive,
  root: ReadonlyMap<string, unknown>,
  resolutions: Map<string, StorageResolution>,
): string[] {
  const refused = refusalOf(() => validateNamespace(Namespace));
  for (const names of Dimensions) refused.push(...refusalOf(() => validateDimensionSet(dimensionSetOf(names, root))));
  if (Metrics.length > Constants.MAX_METRICS_PER_EVENT) refused.push(`${Metrics.length} metrics in an event`);
  for (const { Name, Unit, StorageResolution } of Metrics) {
    const values = valuesOf(root.get(Name));
    if (values.length > Constants.MAX_VALUES_PER_METRIC) refused.push(`${values.length} values of a metric`);
    for (const value of values)
      refused.push(...refusalOf(() => validateMetric(Name, value, Unit, StorageResolution, resolutions)));
    resolutions.set(Name, StorageResolution ?? 60);
  }
  return refused;
}

function dimensionSetOf(names: readonly string[], root: ReadonlyMap<string, unknown>): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, root.get(name) as string]));
}

/** A distribution, which the library does not know, by the values that it holds. */
function valuesOf(target: unknown): number[] {
  if (typeof target !== 'object' || target === null) return [target as number];
  if (Array.isArray(target)) return target as number[];
  const { Values = [], Min, Max } = target as { Values?: number[]; Min: number; Max: number };
  return Values.length > 0 ? Values : [Min, Max];
}

function refusalOf(validate: () => void): string[] {
  try {
    validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** What the library refuses and CloudWatch's documents allow. */
const STRICTER: readonly RegExp[] = [
  // Values end at 2^53 there: a bound of the language. PutMetricData takes them up to 2^360.
  /^Metric value \S+ must not (exceed maximum|be less than minimum) value/,
  // A character that is not blank is asked for of namespaces and dimensions, nowhere of a metric's name.
  /^Metric key +must include at least one non-whitespace character$/,
];

/** What the library refuses of a line, but for what is decided otherwise on purpose. */
export function disagreements(line: string, nowMs?: number): string[] {
  return secondOpinion(line, nowMs).filter((refusal) => !STRICTER.some((pattern) => pattern.test(refusal)));
}
