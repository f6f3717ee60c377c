import { groupBy } from '../prometheus/group-by.ts';
import type { Labels } from '../prometheus/labels.ts';
import { type Distribution, distributionOf, joinObservations, repeatedValues } from './distribution.ts';
import type { Emission, EmissionFault, Metric, MetricValue } from './emission.ts';
import { MAX_VALUE, MAX_VALUES_PER_METRIC } from './limits.ts';
import type { MetricPlaces, Place } from './metric-places.ts';
import { TimedIndexes } from './timed-indexes.ts';

/**
 * A metric with everything it is worth in one document: a number, several, or a distribution. Its labels are those that
 * all emissions have which share it. An emission of one number, which almost all are, is one as it is.
 */
export type MetricCell = Pick<Emission, 'metric' | 'timestampMs'> & {
  readonly value: number | readonly number[] | Distribution | Pick<Distribution, 'Min' | 'Max' | 'Sum' | 'Count'>;
  /** Those that share it: they are alike but for labels that are no dimension, and values. Absent: it is one itself. */
  readonly emissions?: readonly Emission[];
};

/** The emissions that share a cell. */
export function emissionsOf(cell: MetricCell): readonly Emission[] {
  return cell.emissions ?? [cell as Emission];
}

export type OnFault = (fault: EmissionFault, emission: Emission) => void;

/** With plain arrays, so many observations of one metric and time are written at the most: a hundred documents. */
const MAX_REPEATED = 10_000;

/** What is known of metrics that are one object. */
export type CombineMemory = {
  readonly places: MetricPlaces;
  /** What metrics share, by the first of them. */
  readonly shared: Map<Metric, { readonly metrics: readonly Metric[]; readonly metric: Metric }>;
};

/**
 * Emissions that CloudWatch cannot tell apart as one metric with several values, which gives the same statistics as a
 * document for each would: docs/decisions/0004-one-document-for-equal-identities.md.
 */
export function combineEmissions(
  emissions: readonly Emission[],
  onFault: OnFault,
  memory: CombineMemory,
): readonly MetricCell[] {
  const { added, partsOf } = addedUp(emissions, memory.places);
  const groups = identical(added, memory.places);
  // Almost always all are one number each, and cells as they are.
  if (partsOf.size === 0 && groups.every(isNumber)) return groups;
  return groups.flatMap((group): readonly MetricCell[] => {
    if (isNumber(group) && !partsOf.has(group)) return [group];
    return cellsOf(Array.isArray(group) ? group : [group], partsOf, onFault, memory);
  });
}

type Group = Emission | readonly Emission[];

function isNumber(group: Group): group is Emission & { readonly value: number } {
  return 'value' in group && typeof group.value === 'number';
}

/** Those of equal identity together, in the order of the first of each; what is alone is so as it is. */
function identical(emissions: readonly Emission[], { placeOf, identities }: MetricPlaces): readonly Group[] {
  // All of them, before the table of what they are numbered by.
  const places = emissions.map(({ metric }) => placeOf(metric));
  const indexes = new TimedIndexes(identities());
  /** Made when two are met that belong together. */
  let groups: (Emission | Emission[])[] | undefined;
  for (let at = 0; at < emissions.length; at += 1) {
    const emission = emissions[at] as Emission;
    const { isAlone, identity } = places[at] as Place;
    const fresh = groups?.length ?? at;
    const index = isAlone ? fresh : indexes.get(emission.timestampMs, identity, fresh);
    if (index === fresh) groups?.push(emission);
    else {
      groups ??= emissions.slice(0, at);
      const group = groups[index] as Emission | Emission[];
      if (Array.isArray(group)) group.push(emission);
      else groups[index] = [group, emission];
    }
  }
  return groups ?? emissions;
}

/** The emissions behind a sum of several. */
type PartsOf = ReadonlyMap<Emission, readonly Emission[]>;

/** Sums in place of the emissions that are to be added. Where jobs are given up, their log streams are too. */
function addedUp(emissions: readonly Emission[], { placeOf, labelNumbers }: MetricPlaces) {
  const partsOf = new Map<Emission, readonly Emission[]>();
  if (emissions.every(({ metric }) => !placeOf(metric).isSum)) return { added: emissions, partsOf };
  const groups = groupBy(emissions, (emission) => {
    const { metric, timestampMs } = emission;
    if (metric.combine !== 'sum') return emission;
    return `${placeOf(metric).settings.number} ${timestampMs} ${labelNumbers.numberOf(metric.labels)}`;
  });
  const added = [...groups.values()].map((parts) => {
    const [first] = parts as [Emission];
    if (parts.length === 1) return first;
    const values = parts.map(({ value }) => value);
    const value = joinedValue(values) ?? values.reduce<number>((sum, each) => sum + Number(each), 0);
    const sum = { ...first, value };
    partsOf.set(sum, parts);
    return sum;
  });
  return { added, partsOf };
}

/** The observations of all; undefined for numbers. */
function joinedValue(values: readonly MetricValue[]) {
  const observations = values.filter((value) => typeof value !== 'number');
  return observations.length === 0 ? undefined : joinObservations(observations);
}

function cellsOf(
  group: readonly Emission[],
  partsOf: PartsOf,
  onFault: OnFault,
  memory: CombineMemory,
): readonly MetricCell[] {
  const [first] = group as readonly [Emission];
  const observations = joinedValue(group.map(({ value }) => value));
  if (observations === undefined) return numberCells(group, partsOf, onFault, memory);
  const emissions = partsOfAll(group, partsOf);
  const refuse = (fault: EmissionFault) => {
    for (const emission of emissions) onFault(fault, emission);
    return [];
  };
  const distribution = distributionOf(observations);
  if (distribution === undefined || !isInRange(distribution)) return refuse('out_of_range');
  const { Min, Max, Sum, Count } = distribution;
  const shared = sharedBy(group, partsOf, memory);
  switch (first.metric.form) {
    case 'statistics':
      return [{ ...shared, value: { Min, Max, Sum, Count } }];
    case 'arrays': {
      if (Count > MAX_REPEATED) return refuse('too_many_observations');
      const values = repeatedValues(distribution);
      // Counts may be fractions of one.
      if (values.length === 0) return refuse('out_of_range');
      return chunks(values).map((value) => ({ ...shared, value }));
    }
    default:
      return [{ ...shared, value: distribution }];
  }
}

function isInRange({ Min, Max, Sum, Count }: Distribution): boolean {
  return [Min, Max, Sum, Count].every((value) => Math.abs(value) <= MAX_VALUE);
}

function numberCells(
  group: readonly Emission[],
  partsOf: PartsOf,
  onFault: OnFault,
  memory: CombineMemory,
): MetricCell[] {
  const usable = group.filter((emission) => {
    // What is in range alone may leave it as a sum.
    const parts = partsOf.get(emission);
    const isUsable = parts === undefined || Math.abs(Number(emission.value)) <= MAX_VALUE;
    if (!isUsable) for (const part of parts) onFault('out_of_range', part);
    return isUsable;
  });
  return chunks(usable).map((chunk) => {
    const values = chunk.map(({ value }) => Number(value));
    return { ...sharedBy(chunk, partsOf, memory), value: values.length === 1 ? (values[0] as number) : values };
  });
}

function sharedBy(group: readonly Emission[], partsOf: PartsOf, memory: CombineMemory): Omit<MetricCell, 'value'> {
  const [{ timestampMs }] = group as readonly [Emission];
  return { metric: sharedMetric(group, memory), timestampMs, emissions: partsOfAll(group, partsOf) };
}

/** The metric of all, with the labels that all of them have: the same object for the same ones. */
function sharedMetric(group: readonly Emission[], { shared }: CombineMemory): Metric {
  const [{ metric: first }] = group as readonly [Emission];
  if (group.length === 1) return first;
  const known = shared.get(first);
  if (known?.metrics.length === group.length && group.every(({ metric }, at) => metric === known.metrics[at]))
    return known.metric;
  const metrics = group.map(({ metric }) => metric);
  const metric = { ...first, labels: commonLabels(metrics) };
  shared.set(first, { metrics, metric });
  return metric;
}

function partsOfAll(group: readonly Emission[], partsOf: PartsOf): readonly Emission[] {
  return partsOf.size === 0 ? group : group.flatMap((emission) => partsOf.get(emission) ?? [emission]);
}

function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MAX_VALUES_PER_METRIC);
  return Array.from({ length: count }, (_, at) =>
    items.slice(at * MAX_VALUES_PER_METRIC, (at + 1) * MAX_VALUES_PER_METRIC),
  );
}

function commonLabels(metrics: readonly Metric[]): Labels {
  const common = new Map<string, string>();
  for (const [name, value] of metrics[0]?.labels ?? [])
    if (metrics.every(({ labels }) => labels.get(name) === value)) common.set(name, value);
  return common;
}
