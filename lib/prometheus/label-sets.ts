import type { LabelPair, MetricType } from './exposition.ts';
import { HASH_FACTOR, HASH_START } from './name-table.ts';

/**
 * The label sets of a body by their bytes: exporters give one set of labels to many names. Their number is bounded: a
 * body may hold another one in each line.
 */
export type LabelSets = {
  /** By hash: one more than the number of a label set; 0: none. */
  slots: Int32Array;
  count: number;
  /** By number: the hash of the bytes, where their copy ends, the labels, and the type where it matters. */
  hashes: Int32Array;
  ends: Int32Array;
  readonly labels: (readonly LabelPair[])[];
  readonly types: (MetricType | undefined)[];
  copies: Buffer;
  copied: DataView;
  used: number;
  /** Single labels, one for each hash. */
  readonly recent: (LabelPair | undefined)[];
  /** The number of the one that is likely to come next: that which followed the last one when it was new. */
  next: number;
};

export const RECENT = 1024;

const MAX_SETS = 1 << 16;
const MAX_COPIED = 1 << 23;

export function labelSets(): LabelSets {
  const size = 1 << 9;
  return {
    slots: new Int32Array(2 * size),
    count: 0,
    hashes: new Int32Array(size),
    ends: new Int32Array(size),
    labels: [],
    types: [],
    ...copiesOf(1 << 16),
    used: 0,
    recent: new Array(RECENT),
    next: 0,
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
  let number = sets.next;
  if (!isMet(sets, number, view, start, end, hash, type)) {
    const { slots } = sets;
    const mask = slots.length - 1;
    let at = hash & mask;
    do {
      number = (slots[at] as number) - 1;
      at = (at + 1) & mask;
    } while (number >= 0 && !isMet(sets, number, view, start, end, hash, type));
    if (number < 0) return undefined;
  }
  sets.next = number + 1;
  return sets.labels[number];
}

function isMet(
  { hashes, ends, types, copied, count }: LabelSets,
  number: number,
  view: DataView,
  start: number,
  end: number,
  hash: number,
  type: MetricType,
): boolean {
  if (number >= count || hashes[number] !== hash) return false;
  const from = number === 0 ? 0 : (ends[number - 1] as number);
  if ((ends[number] as number) - from !== end - start) return false;
  return (types[number] === undefined || types[number] === type) && isCopied(copied, from, end - start, view, start);
}

function isCopied(copied: DataView, start: number, length: number, view: DataView, from: number): boolean {
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
  sets.used += length;
  const number = sets.count;
  if (number === sets.hashes.length) grow(sets);
  sets.hashes[number] = hash;
  sets.ends[number] = sets.used;
  sets.labels.push(labels);
  sets.types.push(labels.some(isBound) ? type : undefined);
  sets.count += 1;
  sets.next = sets.count;
  place(sets.slots, hash, number);
}

/** At most half of the slots are taken. */
function grow(sets: LabelSets): void {
  const size = 2 * sets.hashes.length;
  const [hashes, ends] = [new Int32Array(size), new Int32Array(size)];
  hashes.set(sets.hashes);
  ends.set(sets.ends);
  Object.assign(sets, { hashes, ends, slots: new Int32Array(2 * size) });
  for (let number = 0; number < sets.count; number += 1) place(sets.slots, hashes[number] as number, number);
}

/** The type decides how a bound is spelled. */
export function isBound([label]: LabelPair): boolean {
  return label === 'le' || label === 'quantile';
}

function place(slots: Int32Array, hash: number, number: number): void {
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = number + 1;
}
