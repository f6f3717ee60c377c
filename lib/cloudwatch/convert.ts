import { currentObservations, type Observations } from '../prometheus/histogram.ts';
import type { Labels } from '../prometheus/labels.ts';
import type { Deltas } from '../prometheus/scrape-state.ts';
import type { Candidate } from './candidate.ts';
import { type CandidateSeries, keyOf } from './candidate-series.ts';
import type { DropReason } from './drop-reason.ts';
import { type Emission, isDimensionValue, type Metric, type MetricValue, metricNameFault } from './emission.ts';
import type { EmissionRules } from './emission-rules.ts';
import { ENVELOPE, MAX_VALUE, NEWEST_TIMESTAMP_MS, OLD_ENVELOPE, OLDEST_TIMESTAMP_MS } from './limits.ts';
import type { Selection } from './metric-declaration.ts';

/** The value of a candidate: what a gauge shows, or what a cumulative value rose by. */
export function candidateValue(candidate: Candidate, deltas: Deltas): MetricValue | DropReason {
  switch (candidate.kind) {
    case 'gauge':
      return deltas.repeated.size > 0 && deltas.repeated.has(keyOf(candidate.series)) ? 'repeated' : candidate.value;
    case 'counter':
      return Number.isFinite(candidate.value)
        ? (deltas.counters.get(candidate.seriesKey) ?? 'not_a_number')
        : 'not_a_number';
    case 'current':
      return currentObservations(candidate.values);
    case 'observations':
    case 'sum':
    case 'count':
      return deltas.histograms.get(candidate.histogramKey)?.[candidate.kind] ?? 'not_a_number';
    default:
      return candidate satisfies never;
  }
}

export type EmissionContext = {
  readonly rules: EmissionRules;
  /** Unix ms, as all times. */
  readonly dueAt: number;
  readonly nowMs: number;
  readonly honorTimestamps: boolean;
};

/** The emission of a candidate with its value, or the reason why there is none. */
export function emissionOf(candidate: Candidate, value: MetricValue, context: EmissionContext): Emission | DropReason {
  const { rules, dueAt, nowMs, honorTimestamps } = context;
  const valueFault = valueFaultOf(value, rules);
  if (valueFault !== undefined) return valueFault;
  const { metric, fault, isTimed } = candidate.series;
  const timestampMs = (honorTimestamps && isTimed ? candidate.timestampMs : undefined) ?? dueAt;
  if (timestampMs < nowMs - OLDEST_TIMESTAMP_MS || timestampMs > nowMs + NEWEST_TIMESTAMP_MS)
    return 'timestamp_out_of_window';
  return metric === undefined ? (fault as DropReason) : { metric, value, timestampMs };
}

/** How exactly metrics of a target are stored that is scraped at this interval. */
export function storageResolutionOf({ storageResolution }: EmissionRules, intervalMs: number): 1 | 60 {
  if (storageResolution !== 'auto') return storageResolution;
  return intervalMs < MINUTE_MS ? 1 : 60;
}

/** Metrics of shorter intervals are stored by the second. */
const MINUTE_MS = 60_000;

/** The metric of what was selected, or the reason why it can be none. */
export function metricOf(
  {
    name,
    labels,
    selection,
    unit,
  }: Pick<CandidateSeries, 'name' | 'labels' | 'selection'> & { readonly unit: string | undefined },
  form: Metric['form'],
  rules: EmissionRules,
  storageResolution: 1 | 60,
): Metric | DropReason {
  const nameFault = metricNameFault(name);
  if (nameFault !== undefined) return nameFault;
  const aggregate = rules.aggregateOf(name);
  const sets = selection?.dimensionSets ?? NO_SETS;
  const kept = aggregate === undefined ? labels : keptLabels(labels, aggregate.keeps);
  const dimensionSets = usableSets(aggregate?.keptSets(sets) ?? sets, name, kept);
  if (typeof dimensionSets === 'string') return dimensionSets;
  if (dimensionSets.length === 0 && rules.unselected === 'drop')
    return (selection?.missing.length ?? 0) > 0 ? 'missing_dimension' : 'no_dimension_set';
  if (dimensionSets.length === 0 && name === OLD_ENVELOPE) return 'reserved_name';
  return {
    namespace: rules.namespace,
    labels: kept,
    name,
    form,
    combine: combinationOf(rules, aggregate?.as),
    dimensionSets,
    unit: rules.units.get(name) ?? unit,
    storageResolution,
    entity: rules.entity,
    logGroupName: rules.logGroupName,
    logStreamName: labels.get('job') ?? 'default',
  };
}

/** The agent writes a document for each label set. */
function combinationOf({ profile }: EmissionRules, as: 'sum' | 'distribution' | undefined): Metric['combine'] {
  if (as === 'sum') return 'sum';
  return profile === 'cloudwatch-agent' && as === undefined ? 'apart' : 'list';
}

function valueFaultOf(value: MetricValue, rules: EmissionRules): DropReason | undefined {
  if (typeof value !== 'number') return observationsFaultOf(value);
  if (!Number.isFinite(value)) return 'not_a_number';
  return rules.profile === 'prom-emf' && Math.abs(value) > MAX_VALUE ? 'out_of_range' : undefined;
}

/** Told of each histogram, before it shares a metric with others: they would be lost with it. */
function observationsFaultOf({ buckets, sum }: Observations): DropReason | undefined {
  if (buckets.length === 0) return 'no_observations';
  const isKnown = sum !== undefined && Number.isFinite(sum);
  const isUsable = buckets.every(({ lower, upper, count }) => {
    const bounds = [lower, upper].filter(Number.isFinite);
    const isPlaced = bounds.length > 0 || (isKnown && upper > lower);
    return isPlaced && [...bounds, count].every((value) => Math.abs(value) <= MAX_VALUE);
  });
  return isUsable && (!isKnown || Math.abs(sum) <= MAX_VALUE) ? undefined : 'out_of_range';
}

const NO_SETS: Selection['dimensionSets'] = [];

function keptLabels(labels: Labels, keeps: (label: string) => boolean): Labels {
  const kept = new Map<string, string>();
  for (const [name, value] of labels) if (keeps(name)) kept.set(name, value);
  return kept;
}

/** The dimension sets CloudWatch would take, the same ones where it takes all; the reason when it takes none. */
function usableSets(
  sets: Selection['dimensionSets'],
  metric: string,
  labels: Labels,
): Selection['dimensionSets'] | DropReason {
  if (areNamed(sets, metric) && sets.every((names) => isValued(names, labels))) return sets;
  const named = sets.filter((names) => isNamed(names, metric));
  if (named.length === 0) return 'name_clash';
  const valued = named.filter((names) => isValued(names, labels));
  return valued.length === 0 ? 'dimension_value' : valued;
}

function areNamed(sets: Selection['dimensionSets'], metric: string): boolean {
  for (const names of sets) if (!isNamed(names, metric)) return false;
  return true;
}

function isNamed(names: readonly string[], metric: string): boolean {
  return !names.includes(metric) && !names.includes(ENVELOPE);
}

function isValued(names: readonly string[], labels: Labels): boolean {
  for (const name of names) if (!isDimensionValue(labels.get(name) ?? '')) return false;
  return true;
}
