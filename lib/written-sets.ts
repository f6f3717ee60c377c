import type { Candidate } from './cloudwatch/candidate.ts';
import { keyOf } from './cloudwatch/candidate-series.ts';
import type { Emission, Metric } from './cloudwatch/emission.ts';

/** What one request gave already: the metrics of each series. */
export type Written = Map<string, Metric | Metric[]>;

/** The emission without dimension sets that another document of the same target has written for the same series. */
export function unwrittenSets(
  emission: Emission,
  { series }: Candidate,
  written: Written,
): Emission | 'written_already' {
  const { metric } = emission;
  if (metric.dimensionSets.length === 0) return emission;
  const seriesKey = keyOf(series);
  const before = written.get(seriesKey);
  if (before === undefined) {
    written.set(seriesKey, metric);
    return emission;
  }
  const others = Array.isArray(before) ? before : [before];
  const dimensionSets = metric.dimensionSets.filter(
    (names) => !others.some((other) => isWritten(other, metric, names)),
  );
  if (dimensionSets.length === 0) return 'written_already';
  const rest = { ...metric, dimensionSets };
  written.set(seriesKey, [...others, rest]);
  return { ...emission, metric: rest };
}

/** Whether the other one is the same metric with these dimensions. */
function isWritten(other: Metric, { namespace, name, labels }: Metric, names: readonly string[]): boolean {
  if (other.namespace !== namespace || other.name !== name) return false;
  if (names.some((label) => other.labels.get(label) !== labels.get(label))) return false;
  return other.dimensionSets.some(
    (set) => set.length === names.length && set.every((label, at) => label === names[at]),
  );
}
