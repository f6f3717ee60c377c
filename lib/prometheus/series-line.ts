import {
  CLOSE,
  COMMA,
  type Cursor,
  checkUtf8,
  EQUAL,
  endOfName,
  endOfQuoted,
  expositionError,
  type LabelPair,
  type MetricType,
  OPEN,
  parseFloatText,
  QUOTE,
  type QuotedRules,
  unescaped,
} from './exposition.ts';
import { parseGoFloat } from './go-float.ts';
import { METRIC_NAME } from './labels.ts';

/** How the two formats differ inside braces. */
export type BraceRules = {
  /** Moves the cursor over white space that the format allows between tokens. */
  readonly skipSpace: (cursor: Cursor) => void;
  /** What a label value may hold. */
  readonly value: QuotedRules;
  /** What a quoted name may hold. */
  readonly name: QuotedRules;
  /** Whether two labels may stand without a comma between them. */
  readonly commaOptional: boolean;
  /** Whether a quoted string without `=` is the metric name. */
  readonly quotedMetricName: boolean;
};

/** Byte offsets of a series: the metric name, then name and value of each label, quotes left out. */
export type Series = { name: readonly [number, number] | undefined; readonly labels: number[] };

/**
 * Reads `{...}` at the cursor and leaves it behind the closing brace.
 * Source: prometheus model/textparse, whose verdicts are followed.
 */
export function readBraces(cursor: Cursor, series: Series, rules: BraceRules): void {
  cursor.offset += 1;
  for (;;) {
    rules.skipSpace(cursor);
    if (cursor.body[cursor.offset] === CLOSE) break;
    const isQuoted = cursor.body[cursor.offset] === QUOTE;
    const start = cursor.offset;
    const end = isQuoted ? endOfQuoted(cursor, rules.name) : endOfName(cursor, false);
    if (end <= start) throw expositionError(cursor, 'syntax', 'expected a label name');
    const name = isQuoted ? ([start + 1, end - 1] as const) : ([start, end] as const);
    cursor.offset = end;
    rules.skipSpace(cursor);
    const next = cursor.body[cursor.offset];
    if (isQuoted && rules.quotedMetricName && (next === COMMA || next === CLOSE)) {
      if (series.name !== undefined) throw expositionError(cursor, 'syntax', 'expected one metric name only', start);
      series.name = name;
      if (next === COMMA) cursor.offset += 1;
      continue;
    }
    readValue(cursor, series, name, rules);
    skipComma(cursor, rules);
  }
  cursor.offset += 1;
}

function readValue(cursor: Cursor, series: Series, name: readonly [number, number], rules: BraceRules): void {
  if (cursor.body[cursor.offset] !== EQUAL)
    throw expositionError(cursor, 'syntax', 'expected "=" after the label name');
  cursor.offset += 1;
  rules.skipSpace(cursor);
  const start = cursor.offset;
  const end = endOfQuoted(cursor, rules.value);
  if (end === -1) throw expositionError(cursor, 'syntax', 'expected a label value in double quotes');
  checkUtf8(cursor, start, end, 'a label value');
  series.labels.push(name[0], name[1], start + 1, end - 1);
  cursor.offset = end;
}

function skipComma(cursor: Cursor, rules: BraceRules): void {
  rules.skipSpace(cursor);
  const byte = cursor.body[cursor.offset];
  if (byte === COMMA) cursor.offset += 1;
  else if (byte !== CLOSE && !rules.commaOptional) throw expositionError(cursor, 'syntax', 'expected "," or "}"');
}

/** Hands a whole series to the visitor, or only counts it when its name is not wanted. */
export function emitSample(cursor: Cursor, series: Series, value: number, timestampMs: number | undefined): void {
  const [start, end] = series.name ?? [0, 0];
  const name = unescaped(cursor, start, end);
  checkName(cursor, start, end, 'a metric name');
  cursor.samples += 1;
  const wants = cursor.visitor.wants;
  if (wants !== undefined && !wants(name)) return;
  const { renamed, labels } = decodeLabels(cursor, series);
  cursor.visitor.sample(renamed ?? name, labels, value, timestampMs);
}

/** The start of a series, given as a sample: `foo_created` of the family `foo`. */
export function emitCreated(cursor: Cursor, series: Series, seconds: number): void {
  const [start, end] = series.name ?? [0, 0];
  const family = unescaped(cursor, start, end - CREATED.length);
  cursor.visitor.created?.(family, decodeLabels(cursor, series).labels, wholeMilliseconds(seconds));
}

const CREATED = '_created';

/** Whether the last TYPE line is of a kind whose series tell when they began. */
export function hasCreated({ type }: Cursor): boolean {
  return type === 'counter' || type === 'histogram' || type === 'summary';
}

/** Whether the series tells when a counter, histogram or summary began. */
export function isCreated(cursor: Cursor, series: Series): boolean {
  if (!hasCreated(cursor)) return false;
  const [start, end] = series.name ?? [0, 0];
  return end - start >= CREATED.length && cursor.body.toString('latin1', end - CREATED.length, end) === CREATED;
}

/** Seconds as whole milliseconds; what 64 bits cannot hold is their minimum, as in Prometheus. */
export function wholeMilliseconds(seconds: number): number {
  const milliseconds = Math.trunc(seconds * 1000);
  return Math.abs(milliseconds) < 2 ** 63 ? milliseconds : -(2 ** 63);
}

function checkName(cursor: Cursor, start: number, end: number, what: string): void {
  if (cursor.visitor.checkNames === true) checkUtf8(cursor, start, end, what);
}

/** The labels sorted by name; a label `__name__` is the metric's name. */
function decodeLabels(cursor: Cursor, series: Series): { renamed: string | undefined; labels: LabelPair[] } {
  const labels: LabelPair[] = [];
  let renamed: string | undefined;
  for (let at = 0; at < series.labels.length; at += 4) {
    const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0] = series.labels.slice(at, at + 4);
    checkName(cursor, nameStart, nameEnd, 'a label name');
    const name = unescaped(cursor, nameStart, nameEnd);
    const value = canonicalBound(cursor.type, name, unescaped(cursor, valueStart, valueEnd));
    if (name === METRIC_NAME) renamed = value;
    else labels.push([name, value]);
  }
  if (labels.length > 1) labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { renamed, labels };
}

/** `le` of a histogram and `quantile` of a summary in one spelling ("1" and "1.0" are one series). */
export function canonicalBound(type: MetricType, name: string, value: string): string {
  const isBound = (type === 'summary' && name === 'quantile') || (type === 'histogram' && name === 'le');
  if (!isBound) return value;
  const number = parseGoFloat(value);
  return number === undefined ? value : formatBound(number);
}

/** As OpenMetrics writes a bound: Go's shortest %g (an exponent from 1e+06 on), with ".0" behind a whole number. */
function formatBound(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) {
    const sign = exponent < 0 ? '-' : '+';
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = Object.is(value, -0) ? '-0' : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** A value token as a float. */
export function readFloat(cursor: Cursor, start: number, end: number, what: string): number {
  const value = parseFloatText(cursor.body.toString('latin1', start, end));
  if (value === undefined) throw expositionError(cursor, 'value', `expected a float as ${what}`, start);
  return value;
}

/** Reads the metric name and the braces at the cursor; `lineStart` is where the line and so the name begins. */
export function readSeries(cursor: Cursor, rules: BraceRules, lineStart = cursor.offset): Series {
  const start = cursor.offset;
  const end = endOfName(cursor, true);
  const series: Series = { name: end > start ? [lineStart, end] : undefined, labels: [] };
  cursor.offset = end;
  rules.skipSpace(cursor);
  if (cursor.body[cursor.offset] === OPEN) readBraces(cursor, series, rules);
  if (series.name === undefined) throw expositionError(cursor, 'syntax', 'expected a metric name in the braces', start);
  return series;
}
