import { isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { ConfigError, type Place, type Problem } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import { plainNumber } from './compose-number.ts';
import type { LocatedEntry, LocatedScalar, LocatedValue, MergeTag } from './located-value.ts';

/** More values than a hand-written file has, fewer than aliases of aliases make. */
const MAX_VALUES = 100_000;

/** Converts nodes; equal nodes (an anchor and its aliases) become one value, so a document stays as small as its text. */
export function createConverter(
  placeAt: (offset: number) => Place,
  resolve: (node: unknown) => unknown,
  problems: Problem[],
): (node: unknown) => LocatedValue {
  const known = new Map<unknown, LocatedValue>();
  const sizes = new Map<LocatedValue, number>();
  const open = new Set<unknown>();
  const unions = new Map<LocatedValue, ReadonlyMap<string, LocatedEntry>>();
  const placeOf = (node: unknown): Place => placeAt((node as { range?: number[] } | null)?.range?.[0] ?? 0);

  function convert(written: unknown): LocatedValue {
    const node = resolve(written);
    const before = known.get(node);
    if (before !== undefined) return before;
    if (open.has(node)) {
      throw new ConfigError([
        problemAt(placeOf(written), 'expected a finite value, found an alias inside its own anchor'),
      ]);
    }
    open.add(node);
    const value = convertNew(node);
    open.delete(node);
    if (node !== undefined && node !== null) known.set(node, value);
    measure(value);
    return value;
  }

  function measure(value: LocatedValue): void {
    const parts = childrenOf(value);
    const size = parts.reduce((sum, part) => sum + (sizes.get(part) ?? 1), 1);
    if (size > MAX_VALUES) {
      const text = `expected at most ${MAX_VALUES} values, found more; aliases of aliases multiply them`;
      throw new ConfigError([problemAt(value.place, text)]);
    }
    sizes.set(value, size);
  }

  function convertNew(node: unknown): LocatedValue {
    const common = { place: placeOf(node), tag: tagOf(node) };
    if (isSeq(node)) return { ...common, kind: 'list', items: node.items.map(convert).filter(isThere) };
    if (isMap(node)) return { ...common, kind: 'mapping', entries: entriesOf(node.items) };
    return { ...common, kind: 'scalar', ...scalarOf(node) };
  }

  /** Own keys win over merged ones. */
  function entriesOf(pairs: readonly Pair[]): ReadonlyMap<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    const once = (isThere: boolean, key: unknown, text: string) => {
      if (isThere) problems.push(problemAt(placeOf(key), `expected each key once, found ${foundOf(text)} again`));
    };
    let merged: ReadonlyMap<string, LocatedEntry> | undefined;
    for (const { key, value } of pairs) {
      if (isMergeKey(key)) {
        once(merged !== undefined, key, '<<');
        merged = mergedFrom(convert(value));
      } else if (isScalar(key)) {
        const text = keyText(key);
        once(entries.has(text), key, text);
        entries.set(text, { key: placeOf(key), value: value === null ? missingValue(key) : convert(value) });
      }
    }
    if (merged !== undefined) addMissing(entries, merged);
    return entries;
  }

  /** The entries of a mapping, or of a list of mappings, the first of which win; put together once, as many may merge them. */
  function mergedFrom(source: LocatedValue): ReadonlyMap<string, LocatedEntry> {
    const before = unions.get(source);
    if (before !== undefined) return before;
    const union = new Map<string, LocatedEntry>();
    for (const item of source.kind === 'list' ? source.items : [source]) {
      if (item.kind === 'mapping') addMissing(union, item.entries);
      else problems.push(problemAt(item.place, 'expected a mapping, or a list of mappings, after <<'));
    }
    unions.set(source, union);
    return union;
  }

  const missingValue = (key: unknown): LocatedScalar => ({
    kind: 'scalar',
    value: null,
    place: placeOf(key),
    tag: 'merge',
  });
  return convert;
}

/** An item that is reset is none; what earlier files list stays, as in compose-go. */
function isThere({ tag }: LocatedValue): boolean {
  return tag !== 'reset';
}

function scalarOf(node: unknown): Pick<LocatedScalar, 'value' | 'text'> {
  if (!isScalar(node)) return { value: null };
  const isPlain = node.type === 'PLAIN' && node.tag === undefined;
  return (isPlain && plainNumber(node.source ?? '')) || { value: node.value };
}

/** Adds what `entries` lack; what is reset there is what earlier files say, and not what this one merges. */
function addMissing(entries: Map<string, LocatedEntry>, merged: ReadonlyMap<string, LocatedEntry>): void {
  for (const [key, entry] of merged) {
    const own = entries.get(key);
    if (own === undefined) entries.set(key, entry);
    else if (own.value.tag === 'reset') entries.set(key, { ...entry, value: { ...entry.value, tag: 'override' } });
  }
}

function childrenOf(value: LocatedValue): readonly LocatedValue[] {
  if (value.kind === 'list') return value.items;
  return value.kind === 'mapping' ? [...value.entries.values()].map((entry) => entry.value) : [];
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || (key.type !== undefined && key.type !== 'PLAIN')) return false;
  return key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<');
}

function keyText(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function tagOf(node: unknown): MergeTag {
  const tag = (node as { tag?: string } | null)?.tag;
  if (tag === '!reset') return 'reset';
  return tag === '!override' ? 'override' : 'merge';
}

export function problemAt(place: Place, text: string): Problem {
  return { severity: 'error', place, path: '', text };
}
