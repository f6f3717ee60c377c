import type { Distribution } from '../../lib/cloudwatch/distribution.ts';
import { MAX_VALUE, MAX_VALUES_PER_METRIC } from '../../lib/cloudwatch/limits.ts';
import { distributionOf, joinObservations } from './distribution.ts';
import type { Metric, MetricValue } from './emit.ts';
import type { Observations } from './histogram.ts';
import { type Labels, sorted } from './relabel.ts';

export type Target = number | readonly number[] | Distribution | Pick<Distribution, 'Min' | 'Max' | 'Sum' | 'Count'>;

/** A metric with all that it is worth in one document, and the labels that all its values have. */
export type Cell = Omit<Metric, 'value'> & { readonly target: Target; readonly of: readonly Metric[] };

/** Told of each metric that cannot be written. */
export type OnFault = (reason: 'out_of_range' | 'too_many_observations' | 'line_too_long', metric: Metric) => void;

/** A value, and the metrics that it is of: several where they were added up. */
type Valued = Metric & { readonly of: readonly Metric[] };

/**
 * Step 6. Values that CloudWatch cannot tell apart share a metric: as many values of one, after those that are to be
 * summed were summed.
 */
export function combine(metrics: readonly Metric[], onFault: OnFault): Cell[] {
  const summed = groupsOf(metrics, ({ combine, ...metric }) =>
    combine === 'sum' ? [settingsOf(metric), metric.timestampMs, sorted(metric.labels)] : undefined,
  ).map(sumOf);
  const alike = groupsOf(summed, ({ combine, ...metric }) => {
    const { dimensionSets, timestampMs, logStreamName, labels } = metric;
    if (combine === 'apart' || dimensionSets.length === 0) return undefined;
    const values = [...new Set(dimensionSets.flat())].map((name) => labels.get(name));
    return [settingsOf(metric), timestampMs, logStreamName, values];
  });
  return alike.flatMap((group) => cellsOf(group, onFault));
}

/** In the order of the first of each; an item without a key is alone. */
export function groupsOf<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const text = key === undefined ? item : JSON.stringify(key);
    const group = groups.get(text) ?? [];
    group.push(item);
    groups.set(text, group);
  }
  return [...groups.values()];
}

function settingsOf({ name, value, form, ...metric }: Omit<Metric, 'combine'>): unknown[] {
  const { namespace, dimensionSets, unit, storageResolution, entity, logGroupName } = metric;
  const kind = typeof value === 'number' ? 'number' : form;
  return [name, namespace, dimensionSets, unit, storageResolution, entity, kind, logGroupName];
}

function sumOf(metrics: readonly Metric[]): Valued {
  const [first] = metrics as [Metric];
  if (metrics.length === 1) return { ...first, of: metrics };
  const observations = observationsIn(metrics);
  const sum = metrics.reduce((total, { value }) => total + Number(value), 0);
  return { ...first, value: observations.length > 0 ? joinObservations(observations) : sum, of: metrics };
}

function observationsIn(metrics: readonly { readonly value: MetricValue }[]): Observations[] {
  return metrics.flatMap(({ value }) => (typeof value === 'number' ? [] : [value]));
}

function cellsOf(group: readonly Valued[], onFault: OnFault): Cell[] {
  const observations = observationsIn(group);
  return observations.length === 0 ? numberCells(group, onFault) : distributionCells(group, observations, onFault);
}

function numberCells(group: readonly Valued[], onFault: OnFault): Cell[] {
  // What is within the range alone may leave it as a sum.
  const isUsable = ({ value, of }: Valued) => of.length === 1 || Math.abs(Number(value)) <= MAX_VALUE;
  for (const metric of group.filter((each) => !isUsable(each)).flatMap(({ of }) => of)) onFault('out_of_range', metric);
  return chunksOf(group.filter(isUsable)).map((chunk) => {
    const numbers = chunk.map(({ value }) => Number(value));
    return cellOf(chunk, numbers.length === 1 ? (numbers[0] ?? 0) : numbers);
  });
}

/** With plain arrays, at most so many observations are written. */
const MAX_REPEATED = 10_000;

function distributionCells(group: readonly Valued[], observations: readonly Observations[], onFault: OnFault): Cell[] {
  const refuse = (reason: Parameters<OnFault>[0]): Cell[] => {
    for (const metric of group.flatMap(({ of }) => of)) onFault(reason, metric);
    return [];
  };
  const distribution = distributionOf(joinObservations(observations));
  if (distribution === undefined) return refuse('out_of_range');
  const { Values, Counts, Min, Max, Sum, Count } = distribution;
  if ([Min, Max, Sum, Count].some((number) => !(Math.abs(number) <= MAX_VALUE))) return refuse('out_of_range');
  const [{ form }] = group as [Valued];
  if (form === 'values') return [cellOf(group, distribution)];
  if (form === 'statistics') return [cellOf(group, { Min, Max, Sum, Count })];
  if (Count > MAX_REPEATED) return refuse('too_many_observations');
  const repeated = Values.flatMap((value, at) => new Array<number>(Math.round(Counts[at] ?? 0)).fill(value));
  return repeated.length === 0 ? refuse('out_of_range') : chunksOf(repeated).map((target) => cellOf(group, target));
}

function chunksOf<T>(items: readonly T[]): T[][] {
  const starts = items.flatMap((_, at) => (at % MAX_VALUES_PER_METRIC === 0 ? [at] : []));
  return starts.map((start) => items.slice(start, start + MAX_VALUES_PER_METRIC));
}

function cellOf(group: readonly Valued[], target: Target): Cell {
  const [{ value: _, ...first }] = group as [Valued];
  return { ...first, labels: inCommon(group.map(({ labels }) => labels)), target, of: group.flatMap(({ of }) => of) };
}

function inCommon([first = new Map(), ...others]: readonly Labels[]): Labels {
  return new Map([...first].filter(([name, value]) => others.every((labels) => labels.get(name) === value)));
}
