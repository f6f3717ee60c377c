import { flatText } from './flat-text.ts';
import type { Labels } from './labels.ts';

/** The first label set of these names: its names give the order, its values are those that need not be written out. */
type First = { readonly id: string; readonly names: readonly string[]; readonly values: readonly string[] };

/** The names of label sets, one after the other as they are met. */
type Path = {
  readonly next: Map<string, Path>;
  /** Where a label set ends: the first one of its names, in whatever order. */
  first?: First;
  /** Whether the names come in the order of the first one. */
  inOrder?: boolean;
};

/**
 * Texts for label sets that are compared with each other: equal label sets, and only those, have equal ones. Names,
 * which most label sets of a scrape have in common, are compared once for all of them; what is known of them lasts as
 * long as the function.
 */
export function labelKeys(): (labels: Labels) => string {
  const root: Path = { next: new Map() };
  const firsts = new Map<string, First>();
  const settle = (path: Path, labels: Labels): First => {
    const names = [...labels.keys()];
    const sorted = JSON.stringify(names.toSorted());
    const first = firsts.get(sorted) ?? { id: `${firsts.size} `, names, values: [...labels.values()] };
    firsts.set(sorted, first);
    path.first = first;
    path.inOrder = names.every((name, at) => name === first.names[at]);
    return first;
  };
  return (labels) => {
    let path = root;
    for (const name of labels.keys()) path = path.next.get(name) ?? startedAt(path, name);
    const { id, names, values } = path.first ?? settle(path, labels);
    let key = id;
    let at = 0;
    if (path.inOrder)
      for (const value of labels.values()) {
        key += value === values[at] ? SAME : delimited(value);
        at += 1;
      }
    else
      for (const name of names) {
        const value = labels.get(name) ?? '';
        key += value === values[at] ? SAME : delimited(value);
        at += 1;
      }
    return flatText(key);
  };
}

/** Numbers for label sets. What is known of them lasts as long as the object. */
export type LabelNumbers = {
  /** Equal label sets, and only those, have equal numbers. A set that is one object is read once. */
  readonly numberOf: (labels: Labels) => number;
  /** How many objects were numbered. */
  readonly count: () => number;
};

export function labelNumbers(): LabelNumbers {
  const keyOf = labelKeys();
  const byKey = new Map<string, number>();
  const known = new Map<Labels, number>();
  const numberOf = (labels: Labels) => {
    const before = known.get(labels);
    if (before !== undefined) return before;
    const key = keyOf(labels);
    const number = byKey.get(key) ?? byKey.size;
    byKey.set(key, number);
    known.set(labels, number);
    return number;
  };
  return { numberOf, count: () => known.size };
}

/** Stands for the value of the first one: job, instance and the like are the same for all samples of a target. */
const SAME = '=';

function startedAt(path: Path, name: string): Path {
  const next: Path = { next: new Map() };
  path.next.set(name, next);
  return next;
}

/** The text with its length before it: what follows cannot be taken for a part of it. */
export function delimited(text: string): string {
  return `${text.length} ${text}`;
}
