import type { LocatedReader } from './located-reader.ts';
import type { LocatedEntry, LocatedList, LocatedMapping, LocatedScalar, LocatedValue } from './located-value.ts';

/**
 * A service whose `labels`, `deploy.labels` and `depends_on` are mappings, whichever syntax they were written in, and
 * whose `healthcheck.test` replaces an earlier one.
 */
export function normaliseService(service: LocatedMapping, reader: LocatedReader): LocatedMapping {
  const labels = (value: LocatedValue) => assignments(value, reader);
  const withLabels = changeEntry(service, 'labels', labels);
  const withDeploy = changeMember(withLabels, 'deploy', 'labels', labels);
  const withTest = changeMember(withDeploy, 'healthcheck', 'test', replacing);
  return changeEntry(withTest, 'depends_on', (value) => dependencies(value, reader));
}

function changeEntry(mapping: LocatedMapping, key: string, change: (value: LocatedValue) => LocatedValue) {
  const entry = mapping.entries.get(key);
  if (entry === undefined) return mapping;
  return { ...mapping, entries: new Map(mapping.entries).set(key, { ...entry, value: change(entry.value) }) };
}

function changeMember(
  mapping: LocatedMapping,
  key: string,
  member: string,
  change: (value: LocatedValue) => LocatedValue,
): LocatedMapping {
  return changeEntry(mapping, key, (value) => (value.kind === 'mapping' ? changeEntry(value, member, change) : value));
}

/** A command is one value, though it may be written as a list. */
function replacing(value: LocatedValue): LocatedValue {
  return value.tag === 'merge' ? { ...value, tag: 'override' } : value;
}

/** Labels: `- name=value` and `- name` as a mapping; the value may hold further equals signs, and none is empty. */
function assignments(value: LocatedValue, reader: LocatedReader): LocatedValue {
  if (value.kind === 'scalar') return value;
  if (value.kind === 'mapping') return { ...value, entries: mapValues(value.entries, emptyAsText) };
  return fromList(value, (item) => {
    const text = String(item.value);
    // A variable may hold the equals sign.
    const isWhole = text.split('=', 1)[0]?.includes('$') ?? false;
    const whole = isWhole ? String(reader.peek(item)) : text;
    const equals = whole.indexOf('=');
    const [name, rest] = equals < 0 ? [whole, ''] : [whole.slice(0, equals), whole.slice(equals + 1)];
    return [name, { ...item, value: rest, ...(isWhole && { literal: true }) }];
  });
}

/** In a label, as nowhere else, an empty value replaces what an earlier file says. */
function emptyAsText(value: LocatedValue): LocatedValue {
  return value.kind === 'scalar' && value.value === null ? { ...value, value: '' } : value;
}

/** The short syntax, `- name`, says which condition it means, also over an earlier file's. */
function dependencies(value: LocatedValue, reader: LocatedReader): LocatedValue {
  if (value.kind !== 'list') return value;
  return fromList(value, (item) => {
    const { place } = item;
    const condition: LocatedScalar = { kind: 'scalar', place, tag: 'merge', value: 'service_started' };
    const entries = new Map([['condition', { key: place, value: condition }]]);
    return [String(reader.peek(item)), { kind: 'mapping', place, tag: 'merge', entries }];
  });
}

function mapValues(entries: ReadonlyMap<string, LocatedEntry>, change: (value: LocatedValue) => LocatedValue) {
  return new Map([...entries].map(([key, entry]) => [key, { ...entry, value: change(entry.value) }]));
}

function fromList(list: LocatedList, read: (item: LocatedScalar) => [string, LocatedValue]): LocatedMapping {
  const entries = new Map<string, LocatedEntry>();
  for (const item of list.items) {
    if (item.kind !== 'scalar') continue;
    const [key, value] = read(item);
    entries.set(key, { key: item.place, value });
  }
  return { kind: 'mapping', place: list.place, tag: list.tag, entries };
}
