import { compileRegex } from '../prometheus/regex.ts';
import type { Aggregation } from './options.ts';

/** What becomes of a metric that gives up labels. */
export type Aggregate = {
  readonly keeps: (label: string) => boolean;
  readonly as: Aggregation['as'];
};

/** The first aggregation whose pattern finds a name decides; compiled once a document. */
export function compileAggregations(aggregations: readonly Aggregation[]): (name: string) => Aggregate | undefined {
  const compiled = aggregations.map(({ match, by, without = [], as }) => {
    const kept = by === undefined ? undefined : new Set(by);
    const given = new Set(without);
    const keeps = (label: string) => kept?.has(label) ?? !given.has(label);
    return { pattern: compileRegex(match), aggregate: { keeps, as } };
  });
  return (name) => compiled.find(({ pattern }) => pattern.search(name))?.aggregate;
}

/** Dimension sets without the labels that are given up, each once. */
export function keptSets(
  sets: readonly (readonly string[])[],
  keeps: (label: string) => boolean,
): readonly (readonly string[])[] {
  const kept = sets.map((names) => names.filter(keeps));
  return [...new Map(kept.map((names) => [JSON.stringify(names), names])).values()];
}
