import type { Labels } from '../prometheus/labels.ts';
import { compileRegex } from '../prometheus/regex.ts';
import type { EmfProcessor, MetricDeclaration } from './agent-config.ts';
import { MAX_DIMENSIONS_PER_SET } from './limits.ts';
import { memoised } from './memo.ts';

/** What the declarations of a document make of one sample. */
export type Selection = {
  /** Sorted names of each dimension set whose labels are all there; each set once. */
  readonly dimensionSets: readonly (readonly string[])[];
  /** The declarations (by their index) with sets that apply. */
  readonly applied: readonly { readonly declaration: number; readonly dimensionSets: readonly (readonly string[])[] }[];
  /** The declarations with sets that do not, and the labels those lack. */
  readonly missing: readonly { readonly declaration: number; readonly labels: readonly string[] }[];
};

/** The compiled declarations of one document. */
export type Declarations = {
  /** Whether any declaration selects this metric name; decided once per name. */
  readonly couldSelect: (name: string) => boolean;
  /** The dimension sets of each declaration, by its index. */
  readonly dimensionSets: ReadonlyMap<number, readonly (readonly string[])[]>;
  /** Decides by labels for samples of this name: one function for all names that the same declarations select. */
  readonly selectorOf: (name: string) => Select | undefined;
  /** What selects the sample, or nothing. */
  readonly select: (name: string, labels: Labels) => Selection | undefined;
};

export type Select = (labels: Labels) => Selection | undefined;

type Compiled = {
  readonly index: number;
  readonly selects: (name: string) => boolean;
  readonly matches: (labels: Labels) => boolean;
  readonly dimensionSets: readonly (readonly string[])[];
};

/**
 * Compiles metric_declaration. Every declaration is evaluated; patterns are searched unanchored (RE2); a declaration
 * without source_labels or metric_selectors selects nothing, as in the CloudWatch agent.
 * Source: the agent's EMF exporter, metric declarations.
 */
export function compileDeclarations(
  processor: EmfProcessor | undefined,
  settings: { readonly maxDimensions?: number } = {},
): Declarations {
  const maxDimensions = settings.maxDimensions ?? MAX_DIMENSIONS_PER_SET;
  const compiled = (processor?.metric_declaration ?? []).flatMap((declaration, index) =>
    compileDeclaration(declaration, index, maxDimensions),
  );
  const selectors = new Map<string, Select>();
  // Names that the same declarations select share what is known of their label sets.
  const byName = memoised((name: string): Select | undefined => {
    const selecting = compiled.filter(({ selects }) => selects(name));
    const key = selecting.map(({ index }) => index).join();
    if (selecting.length > 0 && !selectors.has(key)) selectors.set(key, compileSelect(selecting));
    return selectors.get(key);
  });
  return {
    dimensionSets: new Map(compiled.map(({ index, dimensionSets }) => [index, dimensionSets])),
    couldSelect: (name) => byName(name) !== undefined,
    selectorOf: byName,
    select: (name, labels) => byName(name)?.(labels),
  };
}

/** Which of these declarations match, and which labels there are, decides: few cases, worked out once each. */
function compileSelect(declarations: readonly Compiled[]): Select {
  const names = [...new Set(declarations.flatMap(({ dimensionSets }) => dimensionSets.flat()))];
  const select = (labels: Labels, matching: string) =>
    selectionOf(
      declarations.filter((_, at) => matching[at] === YES),
      labels,
    );
  const cases = new Map<string, Selection>();
  return (labels) => {
    let matching = '';
    for (const { matches } of declarations) matching += matches(labels) ? YES : NO;
    if (!matching.includes(YES)) return undefined;
    let key = matching;
    for (const name of names) key += labels.has(name) ? YES : NO;
    const known = cases.get(key) ?? select(labels, matching);
    if (cases.size < MAX_CASES) cases.set(key, known);
    return known;
  };
}

const YES = '1';
const NO = '0';
const MAX_CASES = 1000;

function compileDeclaration(declaration: MetricDeclaration, index: number, maxDimensions: number): Compiled[] {
  const { source_labels = [], metric_selectors = [], label_separator = ';', label_matcher = '.*' } = declaration;
  if (source_labels.length === 0 || metric_selectors.length === 0) return [];
  const selectors = metric_selectors.map(compileRegex);
  const matcher = compileRegex(label_matcher);
  const matchesText = memoised((joined: string) => matcher.search(joined));
  const sets = (declaration.dimensions ?? []).map((names) => [...new Set(names)].sort());
  return [
    {
      index,
      selects: (name) => selectors.some((selector) => selector.search(name)),
      matches: (labels) => matchesText(joinedValues(labels, source_labels, label_separator)),
      dimensionSets: sets.filter((names) => names.length <= maxDimensions),
    },
  ];
}

function joinedValues(labels: Labels, names: readonly string[], separator: string): string {
  let joined = labels.get(names[0] ?? '') ?? '';
  for (let at = 1; at < names.length; at += 1) joined += separator + (labels.get(names[at] ?? '') ?? '');
  return joined;
}

function selectionOf(selecting: readonly Compiled[], labels: Labels): Selection {
  const sets = new Map<string, readonly string[]>();
  const applied: { declaration: number; dimensionSets: readonly (readonly string[])[] }[] = [];
  const missing: { declaration: number; labels: string[] }[] = [];
  for (const { index, dimensionSets } of selecting) {
    const applicable = dimensionSets.filter((names) => names.every((name) => labels.has(name)));
    for (const names of applicable) sets.set(JSON.stringify(names), names);
    if (applicable.length > 0) applied.push({ declaration: index, dimensionSets: applicable });
    const absent = new Set(dimensionSets.flat().filter((name) => !labels.has(name)));
    if (absent.size > 0) missing.push({ declaration: index, labels: [...absent] });
  }
  return { dimensionSets: [...sets.values()], applied, missing };
}
