import { isUtf8 } from 'node:buffer';
import {
  type Cursor,
  endOfName,
  endOfQuoted,
  expositionError,
  HASH,
  isNameStart,
  type MetricType,
  NEWLINE,
  OPEN,
  QUOTE,
  type QuotedRules,
  SPACE,
  TAB,
  unescaped,
} from './exposition.ts';
import { nameIn } from './name-table.ts';
import { type BraceRules, emitSample, readFloat, readSeries } from './series-line.ts';

const TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

const NAME: QuotedRules = { newlines: true, nul: false };

const RULES: BraceRules = {
  skipSpace,
  value: { newlines: true, nul: true },
  name: NAME,
  commaOptional: true,
  quotedMetricName: true,
};

/**
 * Reads the next item of the Prometheus text format 0.0.4 and 1.0.0: a sample, a comment or an empty line.
 * Verdicts are those of Prometheus's own parser: a last line without newline, white space at the start of a line,
 * labels without commas and a trailing comma are accepted.
 * @throws {ExpositionError}
 */
export function readTextItem(cursor: Cursor): void {
  const lineStart = cursor.offset;
  skipSpace(cursor);
  const byte = cursor.body[cursor.offset];
  if (byte === HASH) readComment(cursor);
  else if (byte === OPEN || isNameStart(byte, true)) readSample(cursor, lineStart);
  // A NUL byte at the start of a line ends the body, as it does for Prometheus.
  else if (byte === 0) cursor.ended = true;
  else if (byte !== NEWLINE && byte !== undefined)
    throw expositionError(cursor, 'syntax', 'expected a metric name or a comment');
  if (cursor.body[cursor.offset] === NEWLINE) cursor.offset += 1;
}

function skipSpace(cursor: Cursor): void {
  const { body } = cursor;
  while (body[cursor.offset] === SPACE || body[cursor.offset] === TAB) cursor.offset += 1;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** White space before a name counts as part of it, as it does for Prometheus. */
function readSample(cursor: Cursor, lineStart: number): void {
  const series = readSeries(cursor, RULES, lineStart);
  skipSpace(cursor);
  const start = cursor.offset;
  const end = endOfToken(cursor, start);
  if (end === start) throw expositionError(cursor, 'syntax', 'expected a value after the series');
  const value = readFloat(cursor, start, end, 'the value');
  cursor.offset = end;
  skipSpace(cursor);
  const timestampMs = readTimestamp(cursor);
  if (!atLineEnd(cursor)) throw expositionError(cursor, 'syntax', 'expected the end of the line');
  emitSample(cursor, series, value, timestampMs);
}

/** The end of `[^{ \t\n]+`. */
function endOfToken(cursor: Cursor, start: number): number {
  const { body } = cursor;
  let end = start;
  for (; end < body.length; end += 1) {
    const byte = body[end];
    if (byte === NEWLINE || byte === SPACE || byte === TAB || byte === OPEN) break;
  }
  return end;
}

function atLineEnd(cursor: Cursor): boolean {
  return cursor.offset >= cursor.body.length || cursor.body[cursor.offset] === NEWLINE;
}

/** Milliseconds in digits, without a sign or a fraction. */
function readTimestamp(cursor: Cursor): number | undefined {
  const start = cursor.offset;
  let end = start;
  for (let byte = cursor.body[end]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = cursor.body[end])
    end += 1;
  if (end === start) {
    if (atLineEnd(cursor)) return undefined;
    throw expositionError(cursor, 'timestamp', 'expected a timestamp in milliseconds or the end of the line');
  }
  const digits = cursor.body.toString('latin1', start, end);
  // More than 2^63-1 is no timestamp. Short texts need no exact comparison.
  if (digits.length > 18 && BigInt(digits) > 9_223_372_036_854_775_807n)
    throw expositionError(cursor, 'timestamp', 'expected a timestamp in milliseconds', start);
  cursor.offset = end;
  skipSpace(cursor);
  return Number(digits);
}

/** `# HELP name text`, `# TYPE name type`, or any other comment, which is passed over. */
function readComment(cursor: Cursor): void {
  const { body } = cursor;
  cursor.offset += 1;
  const spaced = isSpace(body[cursor.offset]);
  skipSpace(cursor);
  const keyword = spaced && isSpace(body[cursor.offset + 4]) ? keywordAt(body, cursor.offset) : undefined;
  if (keyword === undefined) {
    passComment(cursor, spaced);
    return;
  }
  cursor.offset += 4;
  skipSpace(cursor);
  readMetadata(cursor, keyword);
}

function keywordAt(body: Buffer, at: number): 'HELP' | 'TYPE' | undefined {
  const word = at + 4 <= body.length ? body.readUInt32BE(at) : 0;
  return word === HELP ? 'HELP' : word === TYPE ? 'TYPE' : undefined;
}

/** The four letters as one number. */
const HELP = 0x48454c50;
const TYPE = 0x54595045;

function passComment(cursor: Cursor, spaced: boolean): void {
  const newline = cursor.body.indexOf(NEWLINE, cursor.offset);
  const end = newline === -1 ? cursor.body.length : newline;
  // As for Prometheus, a NUL byte ends the body: after white space as the first byte, else anywhere.
  const checked = cursor.body.subarray(cursor.offset, spaced ? Math.min(cursor.offset + 1, end) : end);
  cursor.ended = checked.includes(0);
  cursor.offset = end;
}

/** Letters outside ASCII begin with such a byte. */
const FIRST_OF_SEVERAL = 0x80;

function readMetadata(cursor: Cursor, keyword: string): void {
  const isQuoted = cursor.body[cursor.offset] === QUOTE;
  const start = cursor.offset;
  const end = isQuoted ? endOfQuoted(cursor, NAME) : endOfName(cursor, true);
  if (end <= start || cursor.body[end] === 0)
    throw expositionError(cursor, 'metadata', `expected a metric name after # ${keyword}`);
  const newline = cursor.body.indexOf(NEWLINE, end);
  const lineEnd = newline === -1 ? cursor.body.length : newline;
  cursor.offset = lineEnd;
  if (keyword === 'HELP') {
    // The separator does not count, whatever it is: a letter of two bytes may be cut by it.
    const textStart = Math.min(end + 1, lineEnd);
    const isKnown = cursor.valid && (cursor.body[end] as number) < FIRST_OF_SEVERAL;
    if (!isKnown && !isUtf8(cursor.body.subarray(textStart, lineEnd)))
      throw expositionError(cursor, 'utf8', 'expected a help text in UTF-8', textStart);
    return;
  }
  // One separator belongs to the syntax, everything behind it to the type.
  const text = cursor.body.toString('latin1', Math.min(end + 1, lineEnd), lineEnd);
  const type = TYPES.get(text);
  if (type === undefined)
    throw expositionError(cursor, 'metadata', `expected one of ${[...TYPES.keys()].join(', ')}`, end);
  cursor.type = type;
  const { body, names, visitor } = cursor;
  const name = isQuoted ? unescaped(cursor, start + 1, end - 1) : nameIn(names, body, start, end, visitor.wants).name;
  visitor.type?.(name, type);
}
