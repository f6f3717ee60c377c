import {
  type Cursor,
  checkUtf8,
  endOfName,
  endOfQuoted,
  expositionError,
  HASH,
  isNameStart,
  METRIC_TYPES,
  type MetricType,
  NEWLINE,
  OPEN,
  QUOTE,
  type QuotedRules,
  SPACE,
  unescaped,
} from './exposition.ts';
import {
  type BraceRules,
  emitCreated,
  emitSample,
  hasCreated,
  isCreated,
  readBraces,
  readFloat,
  readSeries,
  wholeMilliseconds,
} from './series-line.ts';

const NAME: QuotedRules = { newlines: true, nul: false };
const EXEMPLAR_TEXT: QuotedRules = { newlines: false, nul: false };

const RULES: BraceRules = {
  skipSpace: () => {},
  value: { newlines: false, nul: true },
  name: NAME,
  commaOptional: false,
  quotedMetricName: true,
};

const EXEMPLAR_RULES: BraceRules = {
  ...RULES,
  value: EXEMPLAR_TEXT,
  name: EXEMPLAR_TEXT,
  quotedMetricName: false,
};

/**
 * Reads the next item of OpenMetrics 1.0: a sample, a line of metadata, or `# EOF`. Verdicts are those of
 * Prometheus's own parser. An exemplar is checked and never taken for a value.
 * @throws {ExpositionError} also when `# EOF` is missing.
 */
export function readOpenMetricsItem(cursor: Cursor): void {
  const byte = cursor.body[cursor.offset];
  if (byte === undefined) throw expositionError(cursor, 'end', 'expected # EOF as the last line');
  if (byte === HASH) readComment(cursor);
  else if (byte === OPEN || isNameStart(byte, true)) readSample(cursor);
  else throw expositionError(cursor, 'syntax', 'expected a metric name or "# "');
}

function readSample(cursor: Cursor): void {
  const series = readSeries(cursor, RULES);
  const value = readSpacedFloat(cursor, 'the value');
  let timestampMs: number | undefined;
  if (!atExemplar(cursor) && cursor.body[cursor.offset] === SPACE) timestampMs = readTimestamp(cursor);
  if (atExemplar(cursor)) readExemplar(cursor);
  endLine(cursor);
  const created = isCreated(cursor, series);
  if (created) emitCreated(cursor, series, value);
  // Prometheus passes over it, except as the first series of such a type, where it is also a sample.
  if (!created || cursor.begun === 0) emitSample(cursor, series, value, timestampMs);
  if (hasCreated(cursor)) cursor.begun += 1;
}

/** One space and a token `[^ \n]+` that is a float. */
function readSpacedFloat(cursor: Cursor, what: string): number {
  const start = cursor.offset + 1;
  if (cursor.body[cursor.offset] !== SPACE) throw expositionError(cursor, 'syntax', `expected a space and ${what}`);
  let end = start;
  for (; end < cursor.body.length; end += 1) {
    const byte = cursor.body[end];
    if (byte === SPACE || byte === NEWLINE) break;
  }
  if (end === start) throw expositionError(cursor, 'syntax', `expected ${what}`);
  const value = readFloat(cursor, start, end, what);
  cursor.offset = end;
  return value;
}

/** Seconds on the wire, whole milliseconds as a result. */
function readTimestamp(cursor: Cursor): number {
  const start = cursor.offset + 1;
  const seconds = readSpacedFloat(cursor, 'the timestamp');
  if (!Number.isFinite(seconds)) throw expositionError(cursor, 'timestamp', 'expected a finite timestamp', start);
  return wholeMilliseconds(seconds);
}

function atExemplar(cursor: Cursor): boolean {
  const { body, offset } = cursor;
  return body[offset] === SPACE && body[offset + 1] === HASH && body[offset + 2] === SPACE && body[offset + 3] === OPEN;
}

function readExemplar(cursor: Cursor): void {
  cursor.offset += 3;
  readBraces(cursor, { name: undefined, labels: [] }, EXEMPLAR_RULES);
  readSpacedFloat(cursor, "the exemplar's value");
  if (cursor.body[cursor.offset] === SPACE) readTimestamp(cursor);
}

function endLine(cursor: Cursor): void {
  const byte = cursor.body[cursor.offset];
  if (byte === undefined) throw expositionError(cursor, 'end', 'expected # EOF as the last line');
  if (byte !== NEWLINE) throw expositionError(cursor, 'syntax', 'expected the end of the line');
  cursor.offset += 1;
}

/** Reads a line that starts with `#`. */
function readComment(cursor: Cursor): void {
  const { body, offset } = cursor;
  const keyword = body.toString('latin1', offset, offset + 7);
  if (keyword.startsWith('# EOF')) {
    const end = body[offset + 5] === NEWLINE ? offset + 6 : offset + 5;
    if (end < body.length) throw expositionError(cursor, 'end', 'expected nothing after # EOF', end);
    // Only the end of the body tells that nothing follows.
    cursor.ended = cursor.final;
    cursor.ranOut = !cursor.final;
    return;
  }
  if (keyword !== '# HELP ' && keyword !== '# TYPE ' && keyword !== '# UNIT ')
    throw expositionError(cursor, 'syntax', 'expected # HELP, # TYPE, # UNIT or # EOF');
  cursor.offset += 7;
  readMetadata(cursor, keyword.slice(2, 6));
}

function readMetadata(cursor: Cursor, keyword: string): void {
  const isQuoted = cursor.body[cursor.offset] === QUOTE;
  const start = cursor.offset;
  const end = isQuoted ? endOfQuoted(cursor, NAME) : endOfName(cursor, true);
  if (end <= start) throw expositionError(cursor, 'metadata', `expected a metric name after # ${keyword}`);
  const newline = cursor.body.indexOf(NEWLINE, end);
  if (cursor.body[end] !== SPACE || newline === -1)
    throw expositionError(cursor, 'metadata', `expected a space and text after # ${keyword} and the name`, end);
  const name = isQuoted ? unescaped(cursor, start + 1, end - 1) : unescaped(cursor, start, end);
  cursor.offset = newline + 1;
  const text = cursor.body.toString('utf8', end + 1, newline);
  if (keyword === 'HELP') checkUtf8(cursor, end, newline, 'a help text');
  else if (keyword === 'TYPE') readType(cursor, name, text, end);
  else readUnit(cursor, name, text, end);
}

function readUnit(cursor: Cursor, name: string, text: string, end: number): void {
  if (text !== '' && !name.endsWith(`_${text}`))
    throw expositionError(cursor, 'metadata', `expected a unit that ends the name ${name}`, end);
  cursor.visitor.unit?.(name, text);
}

function readType(cursor: Cursor, name: string, text: string, offset: number): void {
  const type = METRIC_TYPES.find((known): known is MetricType => known === text);
  if (type === undefined)
    throw expositionError(cursor, 'metadata', `expected one of ${METRIC_TYPES.join(', ')}`, offset);
  cursor.type = type;
  cursor.visitor.type?.(name, type);
}
