import type { MetricType } from '../../lib/prometheus/exposition.ts';
import { addSample, type Braces, floatOf, readSeries } from './read-series.ts';
import {
  decoded,
  endOfLine,
  isInUtf8,
  METRIC_NAME,
  type Quoted,
  type Reading,
  refusalAt,
  take,
  takeQuoted,
} from './reading.ts';

const SPACE = /[ \t]*/y;
const NAME: Quoted = { newlines: true, nul: false };
const BRACES: Braces = {
  space: SPACE,
  name: NAME,
  value: { newlines: true, nul: true },
  commaOptional: true,
  quotedMetricName: true,
};

/** Reads a body of the Prometheus text format. @throws {Refusal} */
export function readText(reading: Reading): void {
  while (!reading.ended && reading.at < reading.body.length) readItem(reading);
}

/** A sample, a comment or an empty line. */
function readItem(reading: Reading): void {
  const lineStart = reading.at;
  take(reading, SPACE);
  const byte = reading.body[reading.at] ?? '\n';
  if (byte === '#') readComment(reading);
  else if (/[a-zA-Z_:{]/.test(byte)) readSample(reading, lineStart);
  // A NUL byte at the start of a line ends the body.
  else if (byte === '\0') reading.ended = true;
  else if (byte !== '\n') throw refusalAt(reading, reading.at, 'expected a metric name or a comment');
  if (reading.body[reading.at] === '\n') reading.at += 1;
}

function isAtLineEnd({ body, at }: Reading): boolean {
  return at >= body.length || body[at] === '\n';
}

/** `series value [timestamp]` */
function readSample(reading: Reading, lineStart: number): void {
  const series = readSeries(reading, BRACES, lineStart);
  take(reading, SPACE);
  const start = reading.at;
  const token = take(reading, /[^{ \t\n]*/y);
  if (token === '') throw refusalAt(reading, start, 'expected a value after the series');
  const value = floatOf(reading, token, start, 'the value');
  take(reading, SPACE);
  const timestampMs = readTimestamp(reading);
  if (!isAtLineEnd(reading)) throw refusalAt(reading, reading.at, 'expected the end of the line');
  addSample(reading, series, value, timestampMs);
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Whole milliseconds in digits. */
function readTimestamp(reading: Reading): number | undefined {
  if (isAtLineEnd(reading)) return undefined;
  const start = reading.at;
  const digits = take(reading, /[0-9]*/y);
  if (digits === '') throw refusalAt(reading, start, 'expected a timestamp in milliseconds or the end of the line');
  if (BigInt(digits) > MAX_INT64) throw refusalAt(reading, start, 'expected a timestamp in milliseconds');
  take(reading, SPACE);
  return Number(digits);
}

/** `# HELP name text`, `# TYPE name type`, or any other comment, which means nothing. */
function readComment(reading: Reading): void {
  reading.at += 1;
  const isSpaced = take(reading, SPACE) !== '';
  const keyword = isSpaced ? take(reading, /(?:HELP|TYPE)(?=[ \t])/y) : '';
  if (keyword === '') {
    passComment(reading, isSpaced);
    return;
  }
  take(reading, SPACE);
  readMetadata(reading, keyword);
}

/** A NUL byte in a comment ends the body: behind white space as its first byte, else anywhere. */
function passComment(reading: Reading, isSpaced: boolean): void {
  const end = endOfLine(reading, reading.at);
  const text = reading.body.slice(reading.at, end);
  reading.ended = isSpaced ? text.startsWith('\0') : text.includes('\0');
  reading.at = end;
}

const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

function readMetadata(reading: Reading, keyword: string): void {
  const { body, at: start, found } = reading;
  const name = body[start] === '"' ? takeQuoted(reading, NAME) : take(reading, METRIC_NAME);
  const end = reading.at;
  if (name === undefined || end === start || body[end] === '\0')
    throw refusalAt(reading, start, `expected a metric name after # ${keyword}`);
  reading.at = endOfLine(reading, end);
  // One byte separates it from the name, whatever it is.
  const textStart = Math.min(end + 1, reading.at);
  const text = body.slice(textStart, reading.at);
  if (keyword === 'HELP') {
    if (!isInUtf8(text)) throw refusalAt(reading, textStart, 'expected a help text in UTF-8');
    return;
  }
  if (!TYPES.includes(text)) throw refusalAt(reading, end, `expected one of ${TYPES.join(', ')}`);
  reading.type = text === 'untyped' ? 'unknown' : (text as MetricType);
  found.types.set(decoded(name), reading.type);
}
