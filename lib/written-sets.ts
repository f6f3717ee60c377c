import type { Candidate } from './cloudwatch/candidate.ts';
import type { Emission } from './cloudwatch/emission.ts';

/** What one request gave already: the emissions of each series. */
export type Written = Map<string, Emission | Emission[]>;

/** The emission without dimension sets that another document of the same target has written for the same series. */
export function unwrittenSets(
  emission: Emission,
  { seriesKey }: Candidate,
  written: Written,
): Emission | 'written_already' {
  if (emission.dimensionSets.length === 0) return emission;
  const before = written.get(seriesKey);
  if (before === undefined) {
    written.set(seriesKey, emission);
    return emission;
  }
  const others = Array.isArray(before) ? before : [before];
  const dimensionSets = emission.dimensionSets.filter(
    (names) => !others.some((other) => isWritten(other, emission, names)),
  );
  if (dimensionSets.length === 0) return 'written_already';
  const rest = { ...emission, dimensionSets };
  written.set(seriesKey, [...others, rest]);
  return rest;
}

/** Whether the other one is of the same metric with these dimensions. */
function isWritten(other: Emission, { namespace, name, labels }: Emission, names: readonly string[]): boolean {
  if (other.namespace !== namespace || other.name !== name) return false;
  if (names.some((label) => other.labels.get(label) !== labels.get(label))) return false;
  return other.dimensionSets.some(
    (set) => set.length === names.length && set.every((label, at) => label === names[at]),
  );
}
