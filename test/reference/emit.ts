import type { DropReason } from '../../lib/cloudwatch/drop-reason.ts';
import {
  ENVELOPE,
  isDimensionText,
  MAX_DIMENSION_VALUE_LENGTH,
  MAX_METRIC_NAME_LENGTH,
  MAX_VALUE,
  NEWEST_TIMESTAMP_MS,
  OLD_ENVELOPE,
  OLDEST_TIMESTAMP_MS,
} from '../../lib/cloudwatch/limits.ts';
import type { Candidate } from './candidate.ts';
import { type Observations, observationsOf } from './histogram.ts';
import type { Labels } from './relabel.ts';
import type { Rises } from './rise.ts';
import { aggregationOf, type DimensionSets, type Rules } from './rules.ts';
import { eachOnce } from './select.ts';

export type MetricValue = number | Observations;

/** A value on its way out; without dimension sets it is a plain field. */
export type Metric = {
  readonly name: string;
  readonly labels: Labels;
  readonly dimensionSets: DimensionSets;
  readonly value: MetricValue;
  readonly timestampMs: number;
  readonly unit: string | undefined;
  readonly namespace: string;
  readonly storageResolution: 1 | 60;
  readonly entity: boolean;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly form: 'values' | 'statistics' | 'arrays';
  /** What becomes of values that CloudWatch cannot tell apart. */
  readonly combine: 'list' | 'sum' | 'apart';
};

/** What a candidate is worth: what a gauge shows, or what a cumulative value rose by. */
export function worthOf({ source, series }: Candidate, rises: Rises): MetricValue | DropReason {
  switch (source.kind) {
    case 'gauge':
      return rises.repeated.has(series) ? 'repeated' : source.value;
    case 'counter':
      return Number.isFinite(source.value) ? (rises.counters.get(series) ?? 'not_a_number') : 'not_a_number';
    case 'current':
      return observationsOf(source.histogram.buckets ?? [], source.histogram.sum);
    default:
      return rises.histograms.get(source.histogram)?.[source.kind] ?? 'not_a_number';
  }
}

export type EmitContext = {
  readonly rules: Rules;
  readonly dueAt: number;
  readonly nowMs: number;
  readonly intervalMs: number;
  readonly honorTimestamps: boolean;
};

/** Step 5. The metric of a candidate, or why it is none. */
export function metricOf(candidate: Candidate, value: MetricValue, context: EmitContext): Metric | DropReason {
  const { name, selection } = candidate;
  const { rules, dueAt, nowMs, intervalMs, honorTimestamps } = context;
  const aggregation = aggregationOf(name, rules);
  // A sum has the time of its tick.
  const ownTimeMs = honorTimestamps && aggregation?.as !== 'sum' ? candidate.timestampMs : undefined;
  const timestampMs = ownTimeMs ?? dueAt;
  const keeps = aggregation?.keeps ?? (() => true);
  const labels = new Map([...candidate.labels].filter(([label]) => keeps(label)));
  const declared = eachOnce((selection?.dimensionSets ?? []).map((names) => names.filter(keeps)));
  const named = declared.filter((names) => !names.includes(name) && !names.includes(ENVELOPE));
  const dimensionSets = named.filter((names) => names.every((label) => isDimensionValue(labels.get(label) ?? '')));

  const valueFault = valueFaultOf(value, rules);
  if (valueFault !== undefined) return valueFault;
  if (timestampMs < nowMs - OLDEST_TIMESTAMP_MS || timestampMs > nowMs + NEWEST_TIMESTAMP_MS)
    return 'timestamp_out_of_window';
  if (name === ENVELOPE) return 'reserved_name';
  if (name.length > MAX_METRIC_NAME_LENGTH || !isDimensionText(name)) return 'metric_name';
  if (declared.length > 0 && named.length === 0) return 'name_clash';
  if (named.length > 0 && dimensionSets.length === 0) return 'dimension_value';
  if (declared.length === 0 && !rules.logsUnselected)
    return selection?.isLacking ? 'missing_dimension' : 'no_dimension_set';
  if (declared.length === 0 && name === OLD_ENVELOPE) return 'reserved_name';
  return {
    name,
    labels,
    dimensionSets,
    value,
    timestampMs,
    unit: rules.units.get(name) ?? candidate.unit,
    namespace: rules.namespace,
    storageResolution: rules.storageResolution === 'auto' ? (intervalMs < 60_000 ? 1 : 60) : rules.storageResolution,
    entity: rules.entity,
    logGroupName: rules.logGroupName,
    logStreamName: candidate.labels.get('job') ?? 'default',
    form: rules.histograms === 'drop' ? 'values' : rules.histograms,
    combine: aggregation?.as === 'sum' ? 'sum' : rules.isAgent && aggregation === undefined ? 'apart' : 'list',
  };
}

function isDimensionValue(text: string): boolean {
  return text.length <= MAX_DIMENSION_VALUE_LENGTH && isDimensionText(text);
}

function valueFaultOf(value: MetricValue, { isAgent }: Rules): DropReason | undefined {
  if (typeof value !== 'number') return observationsFaultOf(value);
  if (!Number.isFinite(value)) return 'not_a_number';
  return !isAgent && Math.abs(value) > MAX_VALUE ? 'out_of_range' : undefined;
}

/** Something must tell where observations lie, and no number may be beyond the range. */
function observationsFaultOf({ buckets, sum = Number.NaN }: Observations): DropReason | undefined {
  if (buckets.length === 0) return 'no_observations';
  const isUsable = buckets.every(({ lower, upper, count }) => {
    const bounds = [lower, upper].filter(Number.isFinite);
    const isPlaced = bounds.length > 0 || (Number.isFinite(sum) && upper > lower);
    return isPlaced && [...bounds, count].every((number) => Math.abs(number) <= MAX_VALUE);
  });
  const isSumUsable = !Number.isFinite(sum) || Math.abs(sum) <= MAX_VALUE;
  return isUsable && isSumUsable ? undefined : 'out_of_range';
}
