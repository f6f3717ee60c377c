import type { LabelPair, MetricType } from './exposition.ts';
import { HASH_FACTOR, HASH_START } from './name-table.ts';

/** Labels that were decoded, with the place of a copy of their bytes. */
type MetLabels = {
  readonly hash: number;
  readonly start: number;
  readonly length: number;
  readonly labels: readonly LabelPair[];
  /** The type under which they are these labels, where a bound is among them; undefined: any. */
  readonly type: MetricType | undefined;
  /** The one that followed it last. */
  next: MetLabels | undefined;
};

/**
 * The label sets of a body by their bytes: exporters give one set of labels to many names. Their number is bounded: a
 * body may hold another one in each line.
 */
export type LabelSets = {
  entries: (MetLabels | undefined)[];
  count: number;
  copies: Buffer;
  copied: DataView;
  used: number;
  /** Single labels, one for each hash. */
  readonly recent: (LabelPair | undefined)[];
  /** The one met last. */
  last: MetLabels | undefined;
};

export const RECENT = 1024;

const MAX_SETS = 1 << 15;
const MAX_COPIED = 1 << 23;

export function labelSets(): LabelSets {
  return {
    entries: new Array(1 << 10),
    count: 0,
    ...copiesOf(1 << 16),
    used: 0,
    recent: new Array(RECENT),
    last: undefined,
  };
}

function copiesOf(size: number): Pick<LabelSets, 'copies' | 'copied'> {
  const copies = Buffer.allocUnsafeSlow(size);
  return { copies, copied: new DataView(copies.buffer) };
}

/** Of the bytes from `start` to `end`, for the functions below. */
export function hashOf(view: DataView, start: number, end: number): number {
  let hash = HASH_START;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mixed(hash, view.getInt32(at));
  for (; at < end; at += 1) hash = mixed(hash, view.getUint8(at));
  return hash;
}

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ word, HASH_FACTOR);
  return next ^ (next >>> 15);
}

/** The label set of these bytes under a type, if it was met. */
export function metLabels(
  sets: LabelSets,
  view: DataView,
  start: number,
  end: number,
  hash: number,
  type: MetricType,
): readonly LabelPair[] | undefined {
  const { entries, copied, last } = sets;
  let found = last?.next;
  if (found === undefined || !isMet(found, copied, view, start, end, hash, type)) {
    const mask = entries.length - 1;
    let at = hash & mask;
    for (found = entries[at]; found !== undefined; found = entries[at]) {
      if (isMet(found, copied, view, start, end, hash, type)) break;
      at = (at + 1) & mask;
    }
    if (last !== undefined) last.next = found;
  }
  sets.last = found;
  return found?.labels;
}

function isMet(
  entry: MetLabels,
  copied: DataView,
  view: DataView,
  start: number,
  end: number,
  hash: number,
  type: MetricType,
): boolean {
  if (entry.hash !== hash || entry.length !== end - start) return false;
  return (entry.type === undefined || entry.type === type) && isCopied(copied, entry, view, start);
}

function isCopied(copied: DataView, { start, length }: MetLabels, view: DataView, from: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) if (copied.getInt32(start + at) !== view.getInt32(from + at)) return false;
  for (; at < length; at += 1) if (copied.getUint8(start + at) !== view.getUint8(from + at)) return false;
  return true;
}

/** Remembers the label set of these bytes, which was not met before; the type decides how a bound is spelled. */
export function rememberLabels(
  sets: LabelSets,
  body: Buffer,
  start: number,
  end: number,
  hash: number,
  labels: readonly LabelPair[],
  type: MetricType,
): void {
  const length = end - start;
  if (sets.count >= MAX_SETS || sets.used + length > MAX_COPIED) Object.assign(sets, labelSets());
  if (sets.used + length > sets.copies.length) {
    const { copies } = sets;
    Object.assign(sets, copiesOf(2 * (sets.used + length)));
    copies.copy(sets.copies, 0, 0, sets.used);
  }
  body.copy(sets.copies, sets.used, start, end);
  place(sets.entries, {
    hash,
    start: sets.used,
    length,
    labels,
    type: labels.some(isBound) ? type : undefined,
    next: undefined,
  });
  sets.used += length;
  sets.count += 1;
  if (sets.count * 2 <= sets.entries.length) return;
  const grown = new Array<MetLabels | undefined>(sets.entries.length * 4);
  for (const entry of sets.entries) if (entry !== undefined) place(grown, entry);
  sets.entries = grown;
}

/** The type decides how a bound is spelled. */
export function isBound([label]: LabelPair): boolean {
  return label === 'le' || label === 'quantile';
}

function place(entries: (MetLabels | undefined)[], entry: MetLabels): void {
  const mask = entries.length - 1;
  let at = entry.hash & mask;
  while (entries[at] !== undefined) at = (at + 1) & mask;
  entries[at] = entry;
}
