import { compileRegex } from '../prometheus/regex.ts';
import { memoised } from './memo.ts';
import type { Aggregation } from './options.ts';

type Sets = readonly (readonly string[])[];

/** What becomes of a metric that gives up labels. */
export type Aggregate = {
  readonly keeps: (label: string) => boolean;
  readonly as: Aggregation['as'];
  /** Dimension sets without the labels that are given up, each once; the same ones for the same. */
  readonly keptSets: (sets: Sets) => Sets;
};

/** The first aggregation whose pattern finds a name decides; compiled once a document. */
export function compileAggregations(aggregations: readonly Aggregation[]): (name: string) => Aggregate | undefined {
  const compiled = aggregations.map(({ match, by, without = [], as }) => {
    const kept = by === undefined ? undefined : new Set(by);
    const given = new Set(without);
    const keeps = (label: string) => kept?.has(label) ?? !given.has(label);
    const known = new WeakMap<Sets, Sets>();
    const keptSets = (sets: Sets) => {
      const kept = known.get(sets) ?? withoutGivenUp(sets, keeps);
      known.set(sets, kept);
      return kept;
    };
    return { pattern: compileRegex(match), aggregate: { keeps, as, keptSets } };
  });
  if (compiled.length === 0) return () => undefined;
  return memoised((name) => compiled.find(({ pattern }) => pattern.search(name))?.aggregate);
}

function withoutGivenUp(sets: Sets, keeps: (label: string) => boolean): Sets {
  const kept = sets.map((names) => names.filter(keeps));
  return [...new Map(kept.map((names) => [JSON.stringify(names), names])).values()];
}
