import type { Candidate } from './cloudwatch/candidate.ts';
import type { Metric } from './cloudwatch/emission.ts';
import type { Selection } from './cloudwatch/metric-declaration.ts';
import type { CompiledFamily } from './compiled-family.ts';
import type { MissingDimension, RuleTally } from './explain/report.ts';
import { sortedPairs } from './prometheus/labels.ts';

/** Metrics by declaration and dimension set (`setTallyKey`). */
export type SetTallies = ReadonlyMap<string, number>;

type Tallied = { readonly report: { readonly family: string }; readonly setTallies: SetTallies };

/** The metrics of each declaration and dimension set, in the order of families and declarations. */
export function rulesOf(views: readonly Tallied[], families: readonly CompiledFamily[]): RuleTally[] {
  return families.flatMap(({ family, rules }) => {
    const own = views.filter(({ report }) => report.family === family);
    return [...rules.declarations.dimensionSets].flatMap(([declaration, sets]) =>
      sets.flatMap((dimensions) => {
        const key = setTallyKey(declaration, dimensions);
        const metrics = own.reduce((sum, view) => sum + (view.setTallies.get(key) ?? 0), 0);
        return metrics === 0 ? [] : [{ family, declaration, dimensions, metrics }];
      }),
    );
  });
}

function setTallyKey(declaration: number, names: readonly string[]): string {
  return JSON.stringify([declaration, names]);
}

/** How many metrics are alike in what selected them and in their dimension sets, and one of them. */
type Selected = { readonly example: Metric; readonly selection: Selection; metrics: number };
export type Selections = Map<Metric['dimensionSets'], Map<Selection, Selected>>;

/** What selects, and dimension sets, are the same objects where they are equal, but for unusual ones. */
export function countSelection(selections: Selections, metric: Metric, selection: Selection): void {
  const alike = selections.get(metric.dimensionSets) ?? new Map<Selection, Selected>();
  const known = alike.get(selection);
  if (known !== undefined) known.metrics += 1;
  else selections.set(metric.dimensionSets, alike.set(selection, { example: metric, selection, metrics: 1 }));
}

export function setTalliesOf(selections: Selections): SetTallies {
  const tallies = new Map<string, number>();
  for (const { example, selection, metrics } of [...selections.values()].flatMap((alike) => [...alike.values()])) {
    const { dimensionSets, labels } = example;
    const written = new Set(dimensionSets.map((names) => JSON.stringify(names)));
    // Labels that are given up are in no set that is written.
    const isWritten = (names: readonly string[]) =>
      written.has(JSON.stringify(names.filter((name) => labels.has(name))));
    for (const { declaration, dimensionSets: applicable } of selection.applied)
      for (const names of applicable.filter(isWritten)) {
        const key = setTallyKey(declaration, names);
        tallies.set(key, (tallies.get(key) ?? 0) + metrics);
      }
  }
  return tallies;
}

/** One diagnostic per declaration: which label it lacks, and which labels are there. */
export function missingDimensionsOf(family: string, candidates: readonly Candidate[]): MissingDimension[] {
  const found = new Map<number, MissingDimension & { samples: number }>();
  for (const { series } of candidates) {
    const { name, labels, selection } = series;
    for (const { declaration, labels: missing } of selection?.missing ?? []) {
      const known = found.get(declaration);
      if (known !== undefined) known.samples += 1;
      else {
        const present = sortedPairs(labels).map(([label]) => label);
        found.set(declaration, { family, declaration, missing, present, metric: name, samples: 1 });
      }
    }
  }
  return [...found.values()];
}
