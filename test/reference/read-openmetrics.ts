import { METRIC_TYPES, type MetricType } from '../../lib/prometheus/exposition.ts';
import {
  addCreated,
  addSample,
  type Braces,
  floatOf,
  isCreated,
  readBraces,
  readSeries,
  tellsBegin,
  wholeMilliseconds,
} from './read-series.ts';
import { decoded, isInUtf8, METRIC_NAME, type Quoted, type Reading, refusalAt, take, takeQuoted } from './reading.ts';

const NAME: Quoted = { newlines: true, nul: false };
const EXEMPLAR_TEXT: Quoted = { newlines: false, nul: false };
const BRACES: Braces = {
  space: /(?:)/y,
  name: NAME,
  value: { newlines: false, nul: true },
  commaOptional: false,
  quotedMetricName: true,
};
const EXEMPLAR: Braces = { ...BRACES, name: EXEMPLAR_TEXT, value: EXEMPLAR_TEXT, quotedMetricName: false };

const NO_END = 'expected # EOF as the last line';

/** Reads a body of OpenMetrics. @throws {Refusal} */
export function readOpenMetrics(reading: Reading): void {
  while (!reading.ended) readItem(reading);
}

/** A sample, a line of metadata, or the end. */
function readItem(reading: Reading): void {
  const byte = reading.body[reading.at];
  if (byte === undefined) throw refusalAt(reading, reading.at, NO_END);
  if (byte === '#') readComment(reading);
  else if (/[a-zA-Z_:{]/.test(byte)) readSample(reading);
  else throw refusalAt(reading, reading.at, 'expected a metric name or "# "');
}

/** `series value [timestamp] [# {labels} value [timestamp]]`; the exemplar is checked and means nothing. */
function readSample(reading: Reading): void {
  const series = readSeries(reading, BRACES);
  const value = readSpacedFloat(reading, 'the value');
  const timestampMs = isAtExemplar(reading) ? undefined : readTimestamp(reading);
  if (isAtExemplar(reading)) {
    reading.at += ' # '.length;
    readBraces(reading, { name: undefined, labels: [] }, EXEMPLAR);
    readSpacedFloat(reading, "the exemplar's value");
    readTimestamp(reading);
  }
  endLine(reading);
  const tells = isCreated(reading, series);
  if (tells) addCreated(reading, series, value);
  // What tells when a series began is no sample, except as the first one of such a type.
  if (!tells || reading.begun === 0) addSample(reading, series, value, timestampMs);
  if (tellsBegin(reading)) reading.begun += 1;
}

function isAtExemplar({ body, at }: Reading): boolean {
  return body.startsWith(' # {', at);
}

function readSpacedFloat(reading: Reading, what: string): number {
  const { body, at } = reading;
  if (body[at] !== ' ') throw refusalAt(reading, at, `expected a space and ${what}`);
  const token = take(reading, / [^ \n]*/y).slice(1);
  if (token === '') throw refusalAt(reading, at, `expected ${what}`);
  return floatOf(reading, token, at + 1, what);
}

/** Seconds on the wire. */
function readTimestamp(reading: Reading): number | undefined {
  const { body, at } = reading;
  if (body[at] !== ' ') return undefined;
  const seconds = readSpacedFloat(reading, 'the timestamp');
  if (!Number.isFinite(seconds)) throw refusalAt(reading, at + 1, 'expected a finite timestamp');
  return wholeMilliseconds(seconds);
}

function endLine(reading: Reading): void {
  const { body, at } = reading;
  if (body[at] !== '\n') throw refusalAt(reading, at, at < body.length ? 'expected the end of the line' : NO_END);
  reading.at += 1;
}

function readComment(reading: Reading): void {
  const { body, at } = reading;
  if (take(reading, /# EOF\n?/y) !== '') {
    if (reading.at < body.length) throw refusalAt(reading, reading.at, 'expected nothing after # EOF');
    reading.ended = true;
    return;
  }
  const keyword = take(reading, /# (?:HELP|TYPE|UNIT) /y).slice(2, -1);
  if (keyword === '') throw refusalAt(reading, at, 'expected # HELP, # TYPE, # UNIT or # EOF');
  readMetadata(reading, keyword);
}

function readMetadata(reading: Reading, keyword: string): void {
  const { body, at: start } = reading;
  const written = body[start] === '"' ? takeQuoted(reading, NAME) : take(reading, METRIC_NAME);
  const end = reading.at;
  if (written === undefined || end === start)
    throw refusalAt(reading, start, `expected a metric name after # ${keyword}`);
  const newline = body.indexOf('\n', end);
  if (body[end] !== ' ' || newline === -1)
    throw refusalAt(reading, end, `expected a space and text after # ${keyword} and the name`);
  reading.at = newline + 1;
  const refuse = (expectation: string) => refusalAt(reading, end, expectation);
  const bytes = body.slice(end + 1, newline);
  const text = Buffer.from(bytes, 'latin1').toString();
  const name = decoded(written);
  if (keyword === 'HELP') {
    if (!isInUtf8(bytes)) throw refuse('expected a help text in UTF-8');
  } else if (keyword === 'TYPE') {
    if (!METRIC_TYPES.some((type) => type === text)) throw refuse(`expected one of ${METRIC_TYPES.join(', ')}`);
    reading.type = text as MetricType;
    reading.found.types.set(name, reading.type);
  } else {
    if (text !== '' && !name.endsWith(`_${text}`)) throw refuse(`expected a unit that ends the name ${name}`);
    reading.found.units.set(name, text);
  }
}
