import { isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseAllDocuments, type Scalar } from 'yaml';
import { ConfigError, type Place, type Problem } from '../document/problem.ts';

/** How a value meets what an earlier file says: the Compose Specification's `!override` and `!reset` tags. */
export type MergeTag = 'merge' | 'override' | 'reset';

type Common = { readonly place: Place; readonly tag: MergeTag };
export type LocatedScalar = Common & { readonly kind: 'scalar'; readonly value: unknown };
export type LocatedList = Common & { readonly kind: 'list'; readonly items: readonly LocatedValue[] };
export type LocatedEntry = { readonly key: Place; readonly value: LocatedValue };
export type LocatedMapping = Common & { readonly kind: 'mapping'; readonly entries: ReadonlyMap<string, LocatedEntry> };
/** A YAML value in which every part still knows the file, line and column it was written at. */
export type LocatedValue = LocatedScalar | LocatedList | LocatedMapping;

/** More values than a hand-written file has, fewer than aliases of aliases make. */
const MAX_VALUES = 100_000;

/**
 * The documents of a YAML 1.2 text, anchors, aliases and merge keys (`<<`) resolved. Unknown tags are ignored: they
 * belong to other tools.
 * @throws {ConfigError} with the place of each syntax error, for a value that contains itself, and for alias bombs.
 */
export function parseLocated(text: string, file: string): readonly LocatedValue[] {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'error' });
    const documents = Array.isArray(parsed) ? parsed : [];
    const faults = documents.flatMap((document) => document.errors);
    if (faults.length > 0)
      throw new ConfigError(faults.map((fault) => problemAt(placeAt(fault.pos[0]), fault.message)));
    return documents.map((document) =>
      createConverter(placeAt, (node) => (isAlias(node) ? node.resolve(document) : node))(document.contents),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // The composer recurses: nesting deeper than the stack ends in a RangeError.
    const reason = error instanceof RangeError ? 'nested too deeply' : String(error);
    throw new ConfigError([problemAt(placeAt(0), reason)], { cause: error });
  }
}

function problemAt(place: Place, text: string): Problem {
  return { severity: 'error', place, path: '', text };
}

type Resolve = (node: unknown) => unknown;

/** Converts nodes; equal nodes (an anchor and its aliases) become one value, so a document stays as small as its text. */
function createConverter(placeAt: (offset: number) => Place, resolve: Resolve): (node: unknown) => LocatedValue {
  const known = new Map<unknown, LocatedValue>();
  const sizes = new Map<LocatedValue, number>();
  const open = new Set<unknown>();
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
    const common: Common = { place: placeOf(node), tag: tagOf(node) };
    if (isSeq(node)) return { ...common, kind: 'list', items: node.items.map(convert) };
    if (isMap(node)) return { ...common, kind: 'mapping', entries: entriesOf(node.items) };
    return { ...common, kind: 'scalar', value: isScalar(node) ? node.value : null };
  }

  /** Own keys win over merged ones, and the first of several merged mappings over the later. */
  function entriesOf(pairs: readonly Pair[]): ReadonlyMap<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    for (const { key, value } of pairs) {
      if (!isScalar(key) || isMergeKey(key)) continue;
      entries.set(keyText(key), { key: placeOf(key), value: value === null ? missingValue(key) : convert(value) });
    }
    for (const merged of pairs.filter(({ key }) => isMergeKey(key)).flatMap(({ value }) => mergedFrom(value))) {
      for (const [key, entry] of merged) if (!entries.has(key)) entries.set(key, entry);
    }
    return entries;
  }

  function mergedFrom(value: unknown): ReadonlyMap<string, LocatedEntry>[] {
    const source = convert(value);
    const sources = source.kind === 'list' ? source.items : [source];
    return sources.map((item) => {
      if (item.kind === 'mapping') return item.entries;
      throw new ConfigError([problemAt(item.place, 'expected a mapping, or a list of mappings, after <<')]);
    });
  }

  const missingValue = (key: unknown): LocatedScalar => ({
    kind: 'scalar',
    value: null,
    place: placeOf(key),
    tag: 'merge',
  });
  return convert;
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

/** The value under a key of a mapping; nothing when it is absent, reset, or `value` is no mapping. */
export function entryOf(value: LocatedValue | undefined, key: string): LocatedValue | undefined {
  const found = value?.kind === 'mapping' ? value.entries.get(key)?.value : undefined;
  return found?.tag === 'reset' ? undefined : found;
}
