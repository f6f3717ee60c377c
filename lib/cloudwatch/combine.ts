import { type Labels, labelsKey } from '../prometheus/labels.ts';
import { type Distribution, distributionOf, joinObservations, repeatedValues } from './distribution.ts';
import type { Emission, EmissionFault, MetricValue } from './emission.ts';
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
export function combineEmissions(emissions: readonly Emission[], onFault: OnFault): MetricCell[] {
  const sums = grouped(emissions, (emission) => (emission.combine === 'sum' ? sumKey(emission) : undefined));
  const added = sums.map(addedUp);
  const shared = grouped(added, ({ emission }) => sharedKey(emission));
  return shared.flatMap((group) => cellsOf(group, onFault));
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

/** Where jobs are given up, their log streams are too: the first one's takes the sum. */
function sumKey(emission: Emission): string {
  return JSON.stringify([labelsKey(emission.labels), ...settingsOf(emission)]);
}

/** Everything that decides which metrics CloudWatch makes of an emission; undefined where it shares nothing. */
function sharedKey(emission: Emission): string | undefined {
  const { labels, dimensionSets, combine } = emission;
  if (combine === 'apart' || dimensionSets.length === 0) return undefined;
  const dimensions = dimensionSets.flatMap((names) => names.map((name) => labels.get(name)));
  return JSON.stringify([dimensions, emission.logStreamName, ...settingsOf(emission)]);
}

function settingsOf(emission: Emission): unknown[] {
  const { name, namespace, timestampMs, dimensionSets, unit, storageResolution, entity, value } = emission;
  const form = typeof value === 'number' ? 'number' : emission.distributionForm;
  const { logGroupName } = emission;
  return [name, namespace, timestampMs, dimensionSets, unit, storageResolution, entity, form, logGroupName];
}

/** A sum, or an emission as it is, with the emissions behind it. */
type Added = { readonly emission: Emission; readonly parts: readonly Emission[] };

function addedUp(parts: readonly Emission[]): Added {
  const [emission] = parts as [Emission];
  if (parts.length === 1) return { emission, parts };
  const values = parts.map(({ value }) => value);
  const value = joinedValue(values) ?? values.reduce<number>((sum, each) => sum + Number(each), 0);
  return { emission: { ...emission, value }, parts };
}

/** The observations of all; undefined for numbers. */
function joinedValue(values: readonly MetricValue[]) {
  const observations = values.filter((value) => typeof value !== 'number');
  return observations.length === 0 ? undefined : joinObservations(observations);
}

function cellsOf(group: readonly Added[], onFault: OnFault): MetricCell[] {
  const observations = joinedValue(group.map(({ emission }) => emission.value));
  if (observations === undefined) return numberCells(group, onFault);
  const emissions = group.flatMap(({ parts }) => parts);
  const refuse = (fault: EmissionFault) => {
    for (const emission of emissions) onFault(fault, emission);
    return [];
  };
  const distribution = distributionOf(observations);
  if (distribution === undefined || !isInRange(distribution)) return refuse('out_of_range');
  const { Min, Max, Sum, Count } = distribution;
  const shared = sharedBy(group);
  switch (emissions[0]?.distributionForm) {
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

function numberCells(group: readonly Added[], onFault: OnFault): MetricCell[] {
  const usable = group.filter(({ emission, parts }) => {
    // What is in range alone may leave it as a sum.
    const isUsable = parts.length === 1 || Math.abs(Number(emission.value)) <= MAX_VALUE;
    if (!isUsable) for (const part of parts) onFault('out_of_range', part);
    return isUsable;
  });
  return chunks(usable).map((chunk) => {
    const values = chunk.map(({ emission }) => Number(emission.value));
    return { ...sharedBy(chunk), target: values.length === 1 ? (values[0] as number) : values };
  });
}

function sharedBy(group: readonly Added[]): Omit<MetricCell, 'target'> {
  return {
    emissions: group.flatMap(({ parts }) => parts),
    labels: commonLabels(group.map(({ emission }) => emission.labels)),
    dimensionSets: group[0]?.emission.dimensionSets ?? [],
  };
}

function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MAX_VALUES_PER_METRIC);
  return Array.from({ length: count }, (_, at) =>
    items.slice(at * MAX_VALUES_PER_METRIC, (at + 1) * MAX_VALUES_PER_METRIC),
  );
}

function commonLabels(all: readonly Labels[]): Labels {
  const [first = new Map<string, string>(), ...others] = all;
  if (others.length === 0) return first;
  return new Map([...first].filter(([name, value]) => others.every((labels) => labels.get(name) === value)));
}
