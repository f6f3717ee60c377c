import type { Labels } from '../prometheus/labels.ts';
import { compileRegex } from '../prometheus/regex.ts';
import type { EmfProcessor, MetricDeclaration } from './agent-config.ts';
import { MAX_DIMENSIONS_PER_SET } from './limits.ts';

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
  /** What selects the sample, or nothing. */
  readonly select: (name: string, labels: Labels) => Selection | undefined;
};

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
  const byName = memoised((name: string) => compiled.filter(({ selects }) => selects(name)));
  return {
    dimensionSets: new Map(compiled.map(({ index, dimensionSets }) => [index, dimensionSets])),
    couldSelect: (name) => byName(name).length > 0,
    select: (name, labels) => {
      const selecting = byName(name).filter(({ matches }) => matches(labels));
      return selecting.length === 0 ? undefined : selectionOf(selecting, labels);
    },
  };
}

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
      matches: (labels) => matchesText(source_labels.map((name) => labels.get(name) ?? '').join(label_separator)),
      dimensionSets: sets.filter((names) => names.length <= maxDimensions),
    },
  ];
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

/** Names and label values repeat from scrape to scrape; a bound keeps hostile ones from filling the memory. */
const MEMO_SIZE = 50_000;

function memoised<T>(decide: (text: string) => T): (text: string) => T {
  const memo = new Map<string, T>();
  return (text) => {
    const known = memo.get(text);
    if (known !== undefined) return known;
    if (memo.size >= MEMO_SIZE) memo.clear();
    const decided = decide(text);
    memo.set(text, decided);
    return decided;
  };
}
