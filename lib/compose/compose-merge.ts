import type { LocatedEntry, LocatedList, LocatedMapping, LocatedScalar, LocatedValue } from './located-value.ts';

/**
 * `over` laid on `base` as the Compose Specification merges files: mappings deeply, lists appended, anything else
 * replaced; `!override` replaces whole values, `!reset` removes them. A later empty value leaves a mapping or a list.
 */
export function mergeValues(base: LocatedValue, over: LocatedValue): LocatedValue {
  if (over.tag !== 'merge' || base.tag === 'reset') return over;
  if (base.kind === 'mapping' && over.kind === 'mapping') return mergeMappings(base, over);
  if (base.kind === 'list' && over.kind === 'list') return { ...over, items: [...base.items, ...over.items] };
  const emptied = base.kind !== 'scalar' && over.kind === 'scalar' && over.value === null;
  return emptied ? base : over;
}

function mergeMappings(base: LocatedMapping, over: LocatedMapping): LocatedMapping {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const before = base.entries.get(key);
    if (entry.value.tag === 'reset') entries.delete(key);
    else entries.set(key, before === undefined ? entry : { ...entry, value: mergeValues(before.value, entry.value) });
  }
  return { ...over, place: base.place, entries };
}

/** A service whose `labels`, `deploy.labels` and `depends_on` are mappings, whichever syntax they were written in. */
export function normaliseService(service: LocatedMapping): LocatedMapping {
  const withLists = changeEntry(changeEntry(service, 'labels', assignments), 'depends_on', names);
  return changeEntry(withLists, 'deploy', (deploy) =>
    deploy.kind === 'mapping' ? changeEntry(deploy, 'labels', assignments) : deploy,
  );
}

function changeEntry(mapping: LocatedMapping, key: string, change: (value: LocatedValue) => LocatedValue) {
  const entry = mapping.entries.get(key);
  if (entry === undefined) return mapping;
  return { ...mapping, entries: new Map(mapping.entries).set(key, { ...entry, value: change(entry.value) }) };
}

/** `- name=value` and `- name` as a mapping; the value may hold further equals signs. */
function assignments(value: LocatedValue): LocatedValue {
  return fromList(value, (item) => {
    const text = String(item.value);
    const equals = text.indexOf('=');
    const [name, rest] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    return [name, { ...item, value: rest }];
  });
}

function names(value: LocatedValue): LocatedValue {
  return fromList(value, (item) => [String(item.value), { ...item, value: null }]);
}

function fromList(value: LocatedValue, read: (item: LocatedScalar) => [string, LocatedScalar]): LocatedValue {
  if (value.kind !== 'list') return value;
  const entries = new Map<string, LocatedEntry>();
  for (const item of scalarsOf(value)) {
    const [key, assigned] = read(item);
    entries.set(key, { key: item.place, value: assigned });
  }
  return { kind: 'mapping', place: value.place, tag: value.tag, entries };
}

function scalarsOf(list: LocatedList): LocatedScalar[] {
  return list.items.filter((item) => item.kind === 'scalar');
}
