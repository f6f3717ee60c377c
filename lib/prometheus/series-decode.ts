import { type Cursor, type LabelPair, unescaped } from './exposition.ts';
import { isBound, type LabelSets, metLabels, RECENT, rememberLabels } from './label-sets.ts';
import { METRIC_NAME } from './labels.ts';
import { MARKS, type PlainLine } from './plain-line.ts';
import { canonicalBound, wholeMilliseconds } from './series-line.ts';

/** Labels that were decoded: what is the same again is found by its bytes, and one object for all who have it. */
export type LabelMemo = {
  readonly sets: LabelSets;
  /** Where in its window the line begins whose labels are `last`; -1: in an earlier one. */
  lastStart: number;
  /** The labels of the line decoded last, in its order. */
  readonly last: LabelPair[];
  /** How many of them count, and in which order their names ascend. */
  lastCount: number;
  order: readonly number[];
};

/** The scanner's hash of the bytes between two offsets in the window. */
export type HashOf = (start: number, end: number) => number;

export function labelMemo(sets: LabelSets): LabelMemo {
  return { sets, lastStart: -1, last: [], lastCount: 0, order: [] };
}

const NO_LABELS: readonly LabelPair[] = [];

/**
 * Hands a line that was scanned to the visitor; false where it must be read in another way. The first `same` labels
 * are those of the line that begins at `previous`.
 */
export function emitPlain(
  memo: LabelMemo,
  cursor: Cursor,
  hashOf: HashOf,
  name: string,
  line: PlainLine,
  same: number,
  previous: number,
  isSeconds: boolean,
): boolean {
  const labels = line.filled === 0 ? NO_LABELS : labelsOf(memo, cursor, hashOf, line, same, previous);
  if (labels === undefined) return false;
  const { value, valueEnd, lineEnd } = line;
  const time = lineEnd > valueEnd ? numberIn(cursor.body, valueEnd + 1, lineEnd) : undefined;
  cursor.visitor.sample(name, labels, value, time !== undefined && isSeconds ? wholeMilliseconds(time) : time);
  return true;
}

/** The labels by name; undefined where one of them is the metric's name. */
function labelsOf(
  memo: LabelMemo,
  cursor: Cursor,
  hashOf: HashOf,
  line: PlainLine,
  same: number,
  previous: number,
): readonly LabelPair[] | undefined {
  const { sets } = memo;
  const start = line.start + line.nameEnd;
  const end = line.valueStart - 1;
  const hash = hashOf(start, end);
  const met = metLabels(sets, cursor.view, start, end, hash, cursor.type);
  if (met !== undefined) return met;
  const labels = decodedLabels(memo, cursor, hashOf, line, memo.lastStart === previous ? same : 0);
  if (labels !== undefined) rememberLabels(sets, cursor.body, start, end, hash, labels, cursor.type);
  return labels;
}

function decodedLabels(
  memo: LabelMemo,
  cursor: Cursor,
  hashOf: HashOf,
  line: PlainLine,
  same: number,
): readonly LabelPair[] | undefined {
  const { last } = memo;
  const count = line.filled / MARKS;
  let isOrdered = count === memo.lastCount;
  for (let i = same; i < count; i += 1) {
    const known = i < memo.lastCount ? last[i]?.[0] : undefined;
    const label = labelName(cursor, line, i, known);
    if (label === METRIC_NAME) {
      memo.lastCount = 0;
      memo.lastStart = -1;
      return undefined;
    }
    if (label !== known) isOrdered = false;
    last[i] = labelPair(memo, cursor, hashOf, line, i, label);
  }
  if (!isOrdered) memo.order = ascending(last, count);
  memo.lastCount = count;
  memo.lastStart = line.start;
  const labels = last.slice(0, count);
  for (let i = 0; i < count; i += 1) labels[i] = last[memo.order[i] as number] as LabelPair;
  return labels;
}

/** The indexes of the first `count` labels by name; those of one name stay in their order. */
function ascending(labels: readonly LabelPair[], count: number): readonly number[] {
  const names = labels.slice(0, count).map(([name]) => name);
  return [...names.keys()].sort((a, b) => {
    const [first = '', second = ''] = [names[a], names[b]];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

function labelName({ body }: Cursor, line: PlainLine, index: number, known: string | undefined): string {
  const start = line.start + (line.marks[index * MARKS] as number);
  const end = line.start + (line.marks[index * MARKS + 1] as number);
  return known !== undefined && isText(known, body, start, end) ? known : body.toString('latin1', start, end);
}

function labelPair(
  memo: LabelMemo,
  cursor: Cursor,
  hashOf: HashOf,
  line: PlainLine,
  index: number,
  label: string,
): LabelPair {
  const { body } = cursor;
  const start = line.start + (line.marks[index * MARKS + 2] as number);
  const end = line.start + (line.marks[index * MARKS + 3] as number);
  const hash = hashOf(start, end) ^ index;
  const slot = (hash ^ (hash >>> 12)) & (RECENT - 1);
  const found = memo.sets.recent[slot];
  if (found !== undefined && found[0] === label && isText(found[1], body, start, end)) return found;
  const text = line.escaped ? unescaped(cursor, start, end) : body.toString('utf8', start, end);
  const pair: LabelPair = [label, text];
  if (isBound(pair)) return [label, canonicalBound(cursor.type, label, text)];
  // Only a text in ASCII and without escapes is found by its bytes.
  if (text.length === end - start) memo.sets.recent[slot] = pair;
  return pair;
}

/** Whether the bytes are this text, in ASCII. */
function isText(text: string, body: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== body[start + i]) return false;
  return true;
}

/** Whole numbers up to here are exact. */
const MAX_DIGITS = 15;

/** The number that these bytes are. */
export function numberIn(body: Buffer, start: number, end: number): number {
  if (end - start <= MAX_DIGITS) {
    let value = 0;
    let at = start;
    for (; at < end; at += 1) {
      const digit = (body[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === end) return value;
  }
  return Number(body.toString('latin1', start, end));
}
