import { labelKeys } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import { type Distribution, distributionOf, joinObservations, repeatedValues } from './distribution.ts';
import type { Emission, EmissionFault, MetricValue } from './emission.ts';
import { type EmissionSettings, emissionSettings, identityOf, type SettingsOf } from './emission-settings.ts';
import { MAX_VALUE, MAX_VALUES_PER_METRIC } from './limits.ts';

/** A metric with everything it is worth in one document: a number, several, or a distribution. */
export type MetricCell = {
  /** Those that share it; they are alike but for labels that are no dimension, and values. */
  readonly emissions: readonly Emission[];
  /** The labels that all of them have. */
  readonly labels: Labels;
  /** Their dimension sets, or some of them where a line cannot hold all. */
  readonly dimensionSets: Emission['dimensionSets'];
  readonly target: number | readonly number[] | Distribution | Pick<Distribution, 'Min' | 'Max' | 'Sum' | 'Count'>;
};

export type OnFault = (fault: EmissionFault, emission: Emission) => void;

/** With plain arrays, so many observations of one metric and time are written at the most: a hundred documents. */
const MAX_REPEATED = 10_000;

/**
 * Emissions that CloudWatch cannot tell apart as one metric with several values, which gives the same statistics as a
 * document for each would: docs/decisions/0004-one-document-for-equal-identities.md.
 */
export function combineEmissions(
  emissions: readonly Emission[],
  onFault: OnFault,
  settingsOf: SettingsOf = emissionSettings(),
): MetricCell[] {
  const { added, partsOf } = addedUp(emissions, settingsOf);
  const cells: MetricCell[] = [];
  for (const group of identical(added, settingsOf)) addCells(cells, group, partsOf, onFault);
  return cells;
}

/** Those of equal identity together, in the order of the first of each. */
function identical(emissions: readonly Emission[], settingsOf: SettingsOf): readonly (readonly Emission[])[] {
  const groups: Emission[][] = [];
  type Alike = Map<number, Emission[]>;
  const byTime = new Map<number, Map<EmissionSettings, Alike>>();
  for (const emission of emissions) {
    // What CloudWatch makes no metric of, and what is to stay apart, shares nothing.
    if (emission.combine === 'apart' || emission.dimensionSets.length === 0) {
      groups.push([emission]);
      continue;
    }
    const settings = settingsOf(emission);
    const bySettings = addedTo(byTime, emission.timestampMs, () => new Map<EmissionSettings, Alike>());
    const alike = addedTo(bySettings, settings, () => new Map<number, Emission[]>());
    const identity = identityOf(emission, settings);
    const group = alike.get(identity);
    if (group === undefined) {
      const started = [emission];
      groups.push(started);
      alike.set(identity, started);
    } else group.push(emission);
  }
  return groups;
}

function addedTo<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

/** Items of equal key together, in the order of the first of each; an item without a key stays alone. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string | undefined): T[][] {
  const groups: T[][] = [];
  const known = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = key === undefined ? undefined : known.get(key);
    if (group !== undefined) {
      group.push(item);
      continue;
    }
    const started = [item];
    groups.push(started);
    if (key !== undefined) known.set(key, started);
  }
  return groups;
}

/** The emissions behind a sum of several. */
type PartsOf = ReadonlyMap<Emission, readonly Emission[]>;

/** Sums in place of the emissions that are to be added. Where jobs are given up, their log streams are too. */
function addedUp(emissions: readonly Emission[], settingsOf: SettingsOf) {
  const partsOf = new Map<Emission, readonly Emission[]>();
  if (emissions.every(({ combine }) => combine !== 'sum')) return { added: emissions, partsOf };
  const keyOf = labelKeys();
  const groups = grouped(emissions, (emission) => {
    const { combine, timestampMs, labels } = emission;
    return combine === 'sum' ? `${settingsOf(emission).id}${timestampMs} ${keyOf(labels)}` : undefined;
  });
  const added = groups.map((parts) => {
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

function addCells(cells: MetricCell[], group: readonly Emission[], partsOf: PartsOf, onFault: OnFault): void {
  const [first] = group as readonly [Emission];
  // Most metrics have one value.
  if (group.length === 1 && typeof first.value === 'number' && !partsOf.has(first)) {
    const { labels, dimensionSets, value: target } = first;
    cells.push({ emissions: group, labels, dimensionSets, target });
  } else cells.push(...cellsOf(group, partsOf, onFault));
}

function cellsOf(group: readonly Emission[], partsOf: PartsOf, onFault: OnFault): readonly MetricCell[] {
  const [first] = group as readonly [Emission];
  const observations = joinedValue(group.map(({ value }) => value));
  if (observations === undefined) return numberCells(group, partsOf, onFault);
  const emissions = partsOfAll(group, partsOf);
  const refuse = (fault: EmissionFault) => {
    for (const emission of emissions) onFault(fault, emission);
    return [];
  };
  const distribution = distributionOf(observations);
  if (distribution === undefined || !isInRange(distribution)) return refuse('out_of_range');
  const { Min, Max, Sum, Count } = distribution;
  const shared = sharedBy(group, partsOf);
  switch (first.distributionForm) {
    case 'statistics':
      return [{ ...shared, target: { Min, Max, Sum, Count } }];
    case 'arrays': {
      if (Count > MAX_REPEATED) return refuse('too_many_observations');
      const values = repeatedValues(distribution);
      // Counts may be fractions of one.
      if (values.length === 0) return refuse('out_of_range');
      return chunks(values).map((target) => ({ ...shared, target }));
    }
    default:
      return [{ ...shared, target: distribution }];
  }
}

function isInRange({ Min, Max, Sum, Count }: Distribution): boolean {
  return [Min, Max, Sum, Count].every((value) => Math.abs(value) <= MAX_VALUE);
}

function numberCells(group: readonly Emission[], partsOf: PartsOf, onFault: OnFault): MetricCell[] {
  const usable = group.filter((emission) => {
    // What is in range alone may leave it as a sum.
    const parts = partsOf.get(emission);
    const isUsable = parts === undefined || Math.abs(Number(emission.value)) <= MAX_VALUE;
    if (!isUsable) for (const part of parts) onFault('out_of_range', part);
    return isUsable;
  });
  return chunks(usable).map((chunk) => {
    const values = chunk.map(({ value }) => Number(value));
    return { ...sharedBy(chunk, partsOf), target: values.length === 1 ? (values[0] as number) : values };
  });
}

function sharedBy(group: readonly Emission[], partsOf: PartsOf): Omit<MetricCell, 'target'> {
  return {
    emissions: partsOfAll(group, partsOf),
    labels: commonLabels(group),
    dimensionSets: group[0]?.dimensionSets ?? [],
  };
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

function commonLabels(group: readonly Emission[]): Labels {
  const labels = group[0]?.labels ?? new Map<string, string>();
  if (group.length === 1) return labels;
  const common = new Map<string, string>();
  for (const [name, value] of labels)
    if (group.every((emission) => emission.labels.get(name) === value)) common.set(name, value);
  return common;
}
