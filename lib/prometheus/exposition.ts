import { isUtf8 } from 'node:buffer';
import { printable } from '../document/problem.ts';
import type { LabelSets } from './label-sets.ts';
import { type NameTable, nameTable } from './name-table.ts';

/** The exposition formats that are understood. */
export type ExpositionFormat = 'text' | 'openmetrics';

export const METRIC_TYPES = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
] as const;

export type MetricType = (typeof METRIC_TYPES)[number];

export type LabelPair = readonly [name: string, value: string];

/** A sample as its target exposes it. */
export type ExposedSample = {
  readonly name: string;
  readonly labels: readonly LabelPair[];
  readonly value: number;
  readonly timestampMs: number | undefined;
  /** The type that a TYPE line before the sample gives to its very name; a later line may name another metric's. */
  readonly ownType?: MetricType | undefined;
};

/** A whole body, read. `created` tells when a family's label set began (Unix ms). */
export type Exposition = {
  readonly scraped: number;
  readonly samples: readonly ExposedSample[];
  readonly types: ReadonlyMap<string, MetricType>;
  readonly units: ReadonlyMap<string, string>;
  readonly created: ReadonlyMap<string, number>;
};

/** What a body says, in its order. `labels` are sorted by name and may repeat a name. */
export type ExpositionVisitor = {
  /** Whether samples of this name are to be decoded; others are checked for syntax and counted. Default: all. */
  readonly wants?: (name: string) => boolean;
  readonly sample: (name: string, labels: readonly LabelPair[], value: number, timestampMs: number | undefined) => void;
  /** When the series of a counter, histogram or summary began, from its `_created` sample; `name` is the family's. */
  readonly created?: (name: string, labels: readonly LabelPair[], timestampMs: number) => void;
  readonly type?: (name: string, type: MetricType) => void;
  readonly unit?: (name: string, unit: string) => void;
  /** Names that were met before, with what `wants` said of them; default: those of this body. */
  readonly names?: NameTable;
  /** Label sets that were met before, in any body; default: those of this body. */
  readonly labelSets?: LabelSets;
  /** Refuse names that are not UTF-8: the parser of Prometheus lets them pass, its scrape does not. */
  readonly checkNames?: boolean;
};

export type ExpositionErrorCode = 'syntax' | 'value' | 'timestamp' | 'utf8' | 'metadata' | 'end' | 'content_type';

/** A body that is not what its Content-Type says: nothing of it may be used. */
export class ExpositionError extends Error {
  readonly code: ExpositionErrorCode;
  readonly line: number;
  readonly column: number;
  /** How many samples come before the fault. */
  readonly scraped: number;
  /** What was read before it, to be counted and never used. */
  before: Exposition | undefined;

  constructor(code: ExpositionErrorCode, text: string, place: { line: number; column: number }, scraped = 0) {
    super(place.line > 0 ? `line ${place.line}, column ${place.column}: ${text}` : text);
    this.name = 'ExpositionError';
    this.code = code;
    this.line = place.line;
    this.column = place.column;
    this.scraped = scraped;
  }
}

/**
 * A cursor over a window of a body: all that the two parsers share. A window begins at the start of an item (a sample,
 * a comment, an empty line) and ends behind a newline, unless it is the last one.
 */
export type Cursor = {
  body: Buffer;
  /** Of the same bytes. */
  view: DataView;
  offset: number;
  /** The whole window is valid UTF-8, so that no part needs to be checked. */
  valid: boolean;
  /** The window ends where the body does. */
  final: boolean;
  /** Where the item begins that is read, and how many newlines of the body come before it. */
  itemStart: number;
  newlines: number;
  /** What was read goes on behind the window: an error says nothing yet. */
  ranOut: boolean;
  /** The body is over for its format: what follows is not read. */
  ended: boolean;
  readonly visitor: ExpositionVisitor;
  readonly names: NameTable;
  /** The last TYPE line's type: decides whether `le` and `quantile` are spelled as floats. */
  type: MetricType;
  samples: number;
  /** Series lines read so far under a type that tells when it began, `_created` ones included. */
  begun: number;
};

export function openCursor(visitor: ExpositionVisitor): Cursor {
  return {
    body: NOTHING,
    view: viewOf(NOTHING),
    offset: 0,
    valid: true,
    final: false,
    itemStart: 0,
    newlines: 0,
    ranOut: false,
    ended: false,
    visitor,
    names: visitor.names ?? nameTable(),
    type: 'unknown',
    samples: 0,
    begun: 0,
  };
}

const NOTHING = Buffer.alloc(0);

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Puts the cursor at the start of its next window. */
export function moveTo(cursor: Cursor, window: Buffer, final: boolean): void {
  cursor.body = window;
  cursor.view = viewOf(window);
  cursor.offset = 0;
  cursor.itemStart = 0;
  cursor.valid = isUtf8(window);
  cursor.final = final;
}

export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const TAB = 0x09;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const OPEN = 0x7b;
export const CLOSE = 0x7d;
export const COMMA = 0x2c;
export const EQUAL = 0x3d;
export const HASH = 0x23;

const COLON = 0x3a;

export function isNameStart(byte: number | undefined, colons: boolean): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || byte === 0x5f || (colons && byte === COLON);
}

/** The end of a run `[a-zA-Z_:][a-zA-Z0-9_:]*` that starts at the cursor, or the cursor's offset if none does. */
export function endOfName(cursor: Cursor, colons: boolean): number {
  let end = cursor.offset;
  if (!isNameStart(cursor.body[end], colons)) return end;
  for (;;) {
    end += 1;
    const byte = cursor.body[end];
    if (isNameStart(byte, colons) || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) continue;
    return end;
  }
}

/** What a quoted string may hold beside text and escapes. */
export type QuotedRules = { readonly newlines: boolean; readonly nul: boolean };

/** The offset behind the closing quote of a string that opens at the cursor, or -1. */
export function endOfQuoted(cursor: Cursor, { newlines, nul }: QuotedRules): number {
  const { body } = cursor;
  let at = cursor.offset;
  if (body[at] !== QUOTE) return -1;
  for (at += 1; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) return at + 1;
    if ((byte === NEWLINE && !newlines) || (byte === 0 && !nul)) return -1;
    if (byte !== BACKSLASH) continue;
    at += 1;
    if (body[at] === NEWLINE) return -1;
  }
  cursor.ranOut = true;
  return -1;
}

/** The text of the bytes, `\\`, `\"` and `\n` unescaped; another escape stays as it is. */
export function unescaped(cursor: Cursor, start: number, end: number): string {
  const text = cursor.body.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  return text.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

export function checkUtf8(cursor: Cursor, start: number, end: number, what: string): void {
  if (cursor.valid || isUtf8(cursor.body.subarray(start, end))) return;
  throw expositionError(cursor, 'utf8', `expected ${what} in UTF-8`, start);
}

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** A float as Go's strconv reads it, without hexadecimal and underscores; undefined if it is none or too large. */
export function parseFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}

/** The error at an offset (default: the cursor), with the offending text cut and escaped. */
export function expositionError(
  cursor: Cursor,
  code: ExpositionErrorCode,
  expectation: string,
  offset = cursor.offset,
): ExpositionError {
  const { body } = cursor;
  const lineStart = offset === 0 ? 0 : body.lastIndexOf(NEWLINE, offset - 1) + 1;
  let line = cursor.newlines + 1;
  for (
    let at = body.indexOf(NEWLINE, cursor.itemStart);
    at !== -1 && at < lineStart;
    at = body.indexOf(NEWLINE, at + 1)
  )
    line += 1;
  const end = offset >= body.length ? 'the end of the body' : quoted(body.toString('utf8', offset, offset + 200));
  return new ExpositionError(
    code,
    `${expectation}, found ${end}`,
    { line, column: offset - lineStart + 1 },
    cursor.samples,
  );
}

/** So much of an offending text is shown: a page that is no exposition may hold secrets. */
const SHOWN_CHARACTERS = 12;

function quoted(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return `"${printable(line === '' ? '\n' : line, SHOWN_CHARACTERS)}"`;
}
