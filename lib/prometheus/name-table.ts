/** A metric name that was met, and what is done with its samples. */
export type MetName = {
  readonly name: string;
  /** Whether its samples are decoded; others are checked and counted. */
  readonly wanted: boolean;
  /** Whether a sample of it may tell when a series began. */
  readonly created: boolean;
  readonly hash: number;
  readonly bytes: Uint8Array;
};

/** Names by their bytes. Their number is bounded: a body may hold a new one in each line. */
export type NameTable = { entries: (MetName | undefined)[]; count: number };

const MAX_NAMES = 1 << 15;

export function nameTable(): NameTable {
  return { entries: new Array(1 << 10), count: 0 };
}

/** The step of the hash that `nameOf` wants: FNV-1a over the bytes of the name, from `HASH_START`. */
export const HASH_START = 0x811c9dc5 | 0;
export const HASH_FACTOR = 0x01000193;

/** The entry of the ASCII name in these bytes; a new one asks `wants` once. */
export function nameOf(
  table: NameTable,
  body: Buffer,
  start: number,
  end: number,
  hash: number,
  wants: ((name: string) => boolean) | undefined,
): MetName {
  const { entries } = table;
  let at = slotOf(hash, entries.length);
  for (let entry = entries[at]; entry !== undefined; entry = entries[at]) {
    if (entry.hash === hash && isEqual(entry.bytes, body, start, end)) return entry;
    at = (at + 1) & (entries.length - 1);
  }
  const name = body.toString('latin1', start, end);
  // A copy: the bytes of the body are not to be kept for the sake of a name.
  const bytes = new Uint8Array(body.subarray(start, end));
  const entry = { name, wanted: wants?.(name) ?? true, created: name.endsWith('_created'), hash, bytes };
  add(table, entry, at);
  return entry;
}

/** The entry of the ASCII name in these bytes, whose hash is not known yet. */
export function nameIn(
  table: NameTable,
  body: Buffer,
  start: number,
  end: number,
  wants: ((name: string) => boolean) | undefined,
): MetName {
  let hash = HASH_START;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (body[at] as number), HASH_FACTOR);
  return nameOf(table, body, start, end, hash, wants);
}

function add(table: NameTable, entry: MetName, at: number): void {
  table.entries[at] = entry;
  table.count += 1;
  if (table.count * 2 <= table.entries.length) return;
  if (table.count >= MAX_NAMES) {
    Object.assign(table, nameTable());
    return;
  }
  const grown = new Array<MetName | undefined>(table.entries.length * 4);
  for (const known of table.entries) {
    if (known === undefined) continue;
    let slot = slotOf(known.hash, grown.length);
    while (grown[slot] !== undefined) slot = (slot + 1) & (grown.length - 1);
    grown[slot] = known;
  }
  table.entries = grown;
}

function slotOf(hash: number, size: number): number {
  return (hash ^ (hash >>> 15)) & (size - 1);
}

function isEqual(bytes: Uint8Array, body: Uint8Array, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== body[start + i]) return false;
  return true;
}
