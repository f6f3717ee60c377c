import type { Cursor, LabelPair } from './exposition.ts';
import { unescapedText } from './exposition.ts';
import { METRIC_NAME } from './labels.ts';
import { MARKS, type PlainLine } from './plain-line.ts';
import { canonicalBound, wholeMilliseconds } from './series-line.ts';

/** The labels of the line that was decoded last, in its order: what is the same again is not decoded again. */
export type LabelMemo = { pairs: LabelPair[] };

/**
 * Hands a line that was scanned to the visitor; false where it must be read in another way. The first `same` labels
 * are those of the line decoded last.
 */
export function emitPlain(
  memo: LabelMemo,
  cursor: Cursor,
  name: string,
  line: PlainLine,
  same: number,
  isAscii: boolean,
  isSeconds: boolean,
): boolean {
  const { start, lineEnd, marks, filled, valueStart, valueEnd } = line;
  // One string for the line, and its parts as parts of it: a call for each part costs more than the part.
  const text = cursor.body.toString(isAscii ? 'latin1' : 'utf8', start, lineEnd);
  if (text.length !== lineEnd - start) return false;
  const pairs = memo.pairs.slice(0, same);
  let isSorted = true;
  for (let at = same * MARKS; at < filled; at += MARKS) {
    const [nameStart, nameEnd] = [marks[at] as number, marks[at + 1] as number];
    const known = memo.pairs[pairs.length]?.[0];
    const isKnown = known !== undefined && known.length === nameEnd - nameStart && text.startsWith(known, nameStart);
    const label = isKnown ? known : text.slice(nameStart, nameEnd);
    if (label === METRIC_NAME) return false;
    const written = text.slice(marks[at + 2] as number, marks[at + 3] as number);
    const value = line.escaped ? unescapedText(written) : written;
    pairs.push([label, canonicalBound(cursor.type, label, value)]);
  }
  for (let i = 1; i < pairs.length; i += 1) if ((pairs[i - 1]?.[0] ?? '') > (pairs[i]?.[0] ?? '')) isSorted = false;
  memo.pairs = pairs;
  const labels = isSorted ? pairs : pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const value = Number(text.slice(valueStart - start, valueEnd - start));
  let timestampMs: number | undefined;
  if (lineEnd > valueEnd) {
    const time = Number(text.slice(valueEnd + 1 - start));
    timestampMs = isSeconds ? wholeMilliseconds(time) : time;
  }
  cursor.visitor.sample(name, labels, value, timestampMs);
  return true;
}
