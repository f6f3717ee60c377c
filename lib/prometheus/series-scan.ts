import { CLOSE, COMMA, type Cursor, NEWLINE, OPEN, SPACE } from './exposition.ts';
import { hashOf, labelSets } from './label-sets.ts';
import { HASH_FACTOR, HASH_START, type MetName, nameOf } from './name-table.ts';
import {
  continuesName,
  endOfDecimal,
  endOfLabels,
  endOfMilliseconds,
  endOfNaN,
  equalBytes,
  MARKS,
  type PlainLine,
  plainLine,
  startsName,
} from './plain-line.ts';
import { emitPlain, type HashOf, type LabelMemo, labelMemo, numberIn } from './series-decode.ts';
import { hasCreated } from './series-line.ts';

/** What the scanner keeps between the windows of a body. */
export type SeriesScan = {
  readonly isOpenMetrics: boolean;
  readonly memo: LabelMemo;
  /** Made when it is needed. */
  line?: PlainLine;
  /** The part of a window that a scanner with a memory of its own has copied. */
  readonly slice: Slice;
};

type Slice = { window: Buffer | undefined; number: number; start: number; end: number };

export function seriesScan(isOpenMetrics: boolean, sets = labelSets()): SeriesScan {
  const slice = { window: undefined, number: 0, start: 0, end: 0 };
  return { isOpenMetrics, memo: labelMemo(sets), slice };
}

/** `scanSeries`, or what does the same. */
export type SeriesScanner = (scan: SeriesScan, cursor: Cursor, end: number) => void;

/**
 * Reads series lines of the plain form, which almost all are of, from the cursor to `end`, which is behind a newline.
 * Stops at the first line of another form or with a fault. Lines of unwanted names are checked in full, and nothing
 * of them is decoded. The window must be valid UTF-8.
 *
 * Where a line begins as the one before it does, that part was checked with the line before: whoever has read the
 * same bytes knows the same.
 */
export function scanSeries(scan: SeriesScan, cursor: Cursor, end: number): void {
  const { body, view, visitor } = cursor;
  const { isOpenMetrics } = scan;
  scan.line ??= plainLine();
  const { line } = scan;
  const { marks } = line;
  const hashBetween: HashOf = (from, to) => hashOf(view, from, to);
  const tellsBegin = isOpenMetrics && hasCreated(cursor);
  let entry: MetName | undefined;
  let previous = 0;
  /** How long the line before is up to its closing brace; 0: it has none. */
  let braced = 0;
  scan.memo.lastStart = -1;
  let start = cursor.offset;
  while (start < end) {
    line.start = start;
    let at = start;
    /** How many labels are those of the line before. */
    let same = 0;
    const equal = braced === 0 ? 0 : equalBytes(view, previous, start, Math.min(braced, end - start));
    if (equal <= line.nameEnd || entry === undefined) {
      if (!startsName(body, at)) break;
      let hash = HASH_START;
      do {
        hash = Math.imul(hash ^ (body[at] as number), HASH_FACTOR);
        at += 1;
      } while (continuesName(body, at));
      entry = nameOf(cursor.names, body, start, at, hash, visitor.wants);
      line.nameEnd = at - start;
      line.filled = 0;
      line.escaped = false;
      braced = 0;
      if (body[at] === OPEN) {
        at = endOfLabels(body, at + 1, line, false);
        if (at < 0) break;
        braced = at - start;
      }
    } else if (equal === braced) {
      at += braced;
      same = line.filled / MARKS;
    } else {
      // The label with the first byte that differs, or the one before it.
      while (line.filled > 0 && (marks[line.filled - 2] as number) > equal) line.filled -= MARKS;
      const valueEnd = line.filled === 0 ? 0 : (marks[line.filled - 1] as number);
      const inValue = equal <= valueEnd;
      if (line.filled === 0) at += line.nameEnd + 1;
      else if (inValue) {
        at += line.escaped ? (marks[line.filled - 2] as number) : equal;
        line.filled -= MARKS;
      } else {
        at += valueEnd + 1;
        if (body[at] === COMMA) at += 1;
        else if (body[at] !== CLOSE) break;
      }
      same = line.filled / MARKS;
      at = endOfLabels(body, at, line, inValue);
      if (at < 0) break;
      braced = at - start;
    }
    if (body[at] !== SPACE || (tellsBegin && entry.created)) break;
    if (!readNumbers(body, at + 1, line, isOpenMetrics)) break;
    if (entry.wanted) {
      line.value = numberIn(body, line.valueStart, line.valueEnd);
      if (!emitPlain(scan.memo, cursor, hashBetween, entry.name, line, same, previous, isOpenMetrics)) break;
    }
    cursor.samples += 1;
    cursor.newlines += 1;
    if (tellsBegin) cursor.begun += 1;
    previous = start;
    start = line.lineEnd + 1;
  }
  cursor.offset = start;
}

/** Reads value and timestamp up to the end of the line; false where they have another form or a fault. */
function readNumbers(body: Uint8Array, from: number, line: PlainLine, isOpenMetrics: boolean): boolean {
  let at = endOfDecimal(body, from);
  if (at < 0) at = endOfNaN(body, from);
  if (at < 0) return false;
  line.valueStart = from;
  line.valueEnd = at;
  if (body[at] === SPACE) {
    at = isOpenMetrics ? endOfDecimal(body, at + 1) : endOfMilliseconds(body, at + 1);
    if (at < 0) return false;
  }
  line.lineEnd = at;
  return body[at] === NEWLINE;
}
