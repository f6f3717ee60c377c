import type { Labels } from './labels.ts';

/** Names of label sets that were met, each list of them once. */
export type LabelNames = { readonly lists: Map<string, readonly string[]>; last: readonly string[] };

export function labelNames(): LabelNames {
  return { lists: new Map(), last: [] };
}

/**
 * The same label set in a fifth of the memory, for those that are kept: its names are one list for all that have them.
 * A search goes through its names, which are few.
 */
export function compactLabels(labels: Labels, known: LabelNames): Labels {
  return new CompactLabels(namesOf(labels, known), [...labels.values()]);
}

function namesOf(labels: Labels, known: LabelNames): readonly string[] {
  if (areNames(labels, known.last)) return known.last;
  const names = [...labels.keys()];
  const text = JSON.stringify(names);
  known.last = known.lists.get(text) ?? names;
  known.lists.set(text, known.last);
  return known.last;
}

function areNames(labels: Labels, names: readonly string[]): boolean {
  if (labels.size !== names.length) return false;
  let at = 0;
  for (const name of labels.keys()) {
    if (name !== names[at]) return false;
    at += 1;
  }
  return true;
}

class CompactLabels implements Labels {
  readonly #names: readonly string[];
  readonly #values: readonly string[];

  constructor(names: readonly string[], values: readonly string[]) {
    this.#names = names;
    this.#values = values;
  }

  get size(): number {
    return this.#names.length;
  }

  get(name: string): string | undefined {
    return this.#values[this.#names.indexOf(name)];
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  keys(): MapIterator<string> {
    return this.#names.values();
  }

  values(): MapIterator<string> {
    return this.#values.values();
  }

  entries(): MapIterator<[string, string]> {
    return this.#names.map((name, at): [string, string] => [name, this.#values[at] as string]).values();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(visit: (value: string, name: string, labels: Labels) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }
}
