import type { Labels } from './labels.ts';

/** The names of label sets, one after the other as they are met; where a label set ends it has an id. */
type Path = {
  readonly next: Map<string, Path>;
  /** The same for equal names in any order. */
  id?: string;
  /** The order in which values are written; absent: as they are met. */
  order?: readonly string[] | undefined;
};

/**
 * Texts for label sets that are compared with each other: equal label sets, and only those, have equal ones. Names,
 * which most label sets of a scrape have in common, are compared once for all of them; what is known of them lasts as
 * long as the function.
 */
export function labelKeys(): (labels: Labels) => string {
  const root: Path = { next: new Map() };
  const first = new Map<string, { readonly id: string; readonly names: readonly string[] }>();
  const settle = (path: Path, labels: Labels): string => {
    const names = [...labels.keys()];
    const sorted = JSON.stringify(names.toSorted());
    const known = first.get(sorted);
    path.order = known?.names;
    path.id = known?.id ?? `${first.size} `;
    if (known === undefined) first.set(sorted, { id: path.id, names });
    return path.id;
  };
  return (labels) => {
    let path = root;
    for (const name of labels.keys()) path = path.next.get(name) ?? startedAt(path, name);
    let key = path.id ?? settle(path, labels);
    if (path.order === undefined) for (const value of labels.values()) key += delimited(value);
    else for (const name of path.order) key += delimited(labels.get(name) ?? '');
    return key;
  };
}

function startedAt(path: Path, name: string): Path {
  const next: Path = { next: new Map() };
  path.next.set(name, next);
  return next;
}

/** The text with its length before it: what follows cannot be taken for a part of it. */
export function delimited(text: string): string {
  return `${text.length} ${text}`;
}
