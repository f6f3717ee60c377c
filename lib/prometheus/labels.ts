/** A label set: label name -> non-empty value. A label with an empty value does not exist (Prometheus data model). */
export type Labels = ReadonlyMap<string, string>;

/** The label that holds the metric name. */
export const METRIC_NAME = '__name__';

/** A label set of these pairs; empty values are left out, a later pair replaces an earlier one. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  const labels = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (value === '') labels.delete(name);
    else labels.set(name, value);
  }
  return labels;
}

/** The pairs in the order of their names' UTF-16 code units. */
export function sortedPairs(labels: Labels): [string, string][] {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** An unambiguous text for a label set: equal label sets, and only those, have equal keys. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(sortedPairs(labels));
}

/** Whether Prometheus accepted the name as a label name before UTF-8 names: `[a-zA-Z_][a-zA-Z0-9_]*`. */
export function isLegacyLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}
