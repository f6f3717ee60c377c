import type { Path } from '../../document/document.ts';
import type { Place } from '../../document/problem.ts';
import { createIdentity } from './located-identity.ts';
import type { LocatedEntry, LocatedList, LocatedMapping, LocatedScalar, LocatedValue } from './located-value.ts';

/** What merging asks of its surroundings. */
export type Merging = {
  /** The value of a scalar, variables replaced. */
  readonly peek: (scalar: LocatedScalar) => unknown;
  /** Called for a value that cannot be laid on an earlier one of another kind. */
  readonly refuse: (base: LocatedValue, over: LocatedValue, path: Path) => void;
  /** Called with the number of values a merge copies. @throws {ConfigError} when it is out of all proportion. */
  readonly spend: (values: number, place: Place) => void;
};

/**
 * `over` laid on `base` as compose-go merges files: mappings deeply, lists appended without what is listed already,
 * anything else replaced; an empty value changes nothing. `!override` replaces whole values, `!reset` removes them.
 * `path`: where `over` is, from the root of the compose file.
 */
export function mergeValues(base: LocatedValue, over: LocatedValue, path: Path, merging: Merging): LocatedValue {
  if (over.tag !== 'merge' || base.tag === 'reset') return over;
  if (over.kind === 'scalar' && over.value === null) return base;
  if (base.kind === 'mapping' && over.kind === 'mapping') return mergeMappings(base, over, path, merging);
  if (base.kind === 'list' && over.kind === 'list') return mergeLists(base, over, merging);
  if (base.kind !== 'scalar') merging.refuse(base, over, path);
  return over;
}

function mergeMappings(base: LocatedMapping, over: LocatedMapping, path: Path, merging: Merging): LocatedMapping {
  merging.spend(base.entries.size, over.place);
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const before = base.entries.get(key);
    const merged = before && mergeValues(before.value, entry.value, [...path, key], merging);
    entries.set(key, merged === undefined ? entry : { ...entry, value: merged });
  }
  return { ...over, place: base.place, entries };
}

function mergeLists(base: LocatedList, over: LocatedList, { peek, spend }: Merging): LocatedList {
  spend(base.items.length, over.place);
  const identify = createIdentity(peek);
  const listed = new Set(base.items.map(identify));
  const added = over.items.filter((item) => {
    const identity = identify(item);
    return !listed.has(identity) && listed.add(identity);
  });
  return { ...over, items: [...base.items, ...added] };
}

const settledValues = new WeakMap<LocatedValue, LocatedValue>();

/** The value as one that is merged already: without what it resets, and laid on an earlier one as any other. */
export function settled(value: LocatedValue): LocatedValue {
  // Aliases and services that extend one base share its parts; so do the settled ones.
  const known = settledValues.get(value) ?? settle(value);
  settledValues.set(value, known);
  return known;
}

function settle(value: LocatedValue): LocatedValue {
  if (value.kind === 'scalar') return { ...value, tag: 'merge' };
  if (value.kind === 'list') return { ...value, tag: 'merge', items: value.items.map(settled) };
  const entries = [...value.entries].filter(([, entry]) => entry.value.tag !== 'reset');
  const kept = entries.map(([key, entry]): [string, LocatedEntry] => [key, { ...entry, value: settled(entry.value) }]);
  return { ...value, tag: 'merge', entries: new Map(kept) };
}
