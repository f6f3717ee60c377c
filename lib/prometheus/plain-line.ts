import { BACKSLASH, CLOSE, COMMA, EQUAL, NEWLINE, QUOTE } from './exposition.ts';

/**
 * A series line of the plain form `name{label="value",...} number [timestamp]`, by byte offsets; those of name and
 * labels count from the start of the line.
 */
export type PlainLine = {
  start: number;
  nameEnd: number;
  /** For each label: where its name begins and ends, and its value, quotes left out. */
  readonly marks: Int32Array;
  /** How many of the marks are those of this line. */
  filled: number;
  /** A value may hold a backslash. */
  escaped: boolean;
  valueStart: number;
  valueEnd: number;
  /** Of a line that is handed on. */
  value: number;
  lineEnd: number;
};

/** Offsets a label in `marks`. */
export const MARKS = 4;
const MAX_LABELS = 64;
export const MAX_MARKS = MARKS * MAX_LABELS;

export function plainLine(marks = new Int32Array(MAX_MARKS)): PlainLine {
  return {
    start: 0,
    nameEnd: 0,
    marks,
    filled: 0,
    escaped: false,
    valueStart: 0,
    valueEnd: 0,
    value: 0,
    lineEnd: 0,
  };
}

const NAME_START = 1;
const NAME_BYTE = 2;
const LABEL_START = 4;
const LABEL_BYTE = 8;
const VALUE_BYTE = 16;
const DIGIT = 32;

/** The classes of each byte. */
export const CLASSES = new Uint8Array(256).map((_, byte) => {
  const text = String.fromCharCode(byte);
  let classes = byte === QUOTE || byte === BACKSLASH || byte === NEWLINE ? 0 : VALUE_BYTE;
  if (/[a-zA-Z_]/.test(text)) classes |= NAME_START | NAME_BYTE | LABEL_START | LABEL_BYTE;
  if (text === ':') classes |= NAME_START | NAME_BYTE;
  if (/[0-9]/.test(text)) classes |= NAME_BYTE | LABEL_BYTE | DIGIT;
  return classes;
});

/** The class of the byte at an offset; each loop below ends at the newline that ends the window. */
function classOf(body: Uint8Array, at: number): number {
  return CLASSES[body[at] as number] as number;
}

export function startsName(body: Uint8Array, at: number): boolean {
  return (classOf(body, at) & NAME_START) !== 0;
}

export function continuesName(body: Uint8Array, at: number): boolean {
  return (classOf(body, at) & NAME_BYTE) !== 0;
}

/**
 * The offset behind the closing brace, or -1 where the labels have another form or a fault. Starts at a label, or
 * (`inValue`) within the value of the label whose other marks are there. Adds to `marks`, `filled` and `escaped`.
 */
export function endOfLabels(body: Uint8Array, from: number, line: PlainLine, inValue: boolean): number {
  const { marks, start } = line;
  let at = from;
  let { filled } = line;
  let isValue = inValue;
  for (;;) {
    if (!isValue) {
      if (body[at] === CLOSE) break;
      if (filled === marks.length || (classOf(body, at) & LABEL_START) === 0) return -1;
      marks[filled] = at - start;
      do at += 1;
      while ((classOf(body, at) & LABEL_BYTE) !== 0);
      marks[filled + 1] = at - start;
      if (body[at] !== EQUAL || body[at + 1] !== QUOTE) return -1;
      at += 2;
      marks[filled + 2] = at - start;
    }
    isValue = false;
    for (;;) {
      while ((classOf(body, at) & VALUE_BYTE) !== 0) at += 1;
      if (body[at] === QUOTE) break;
      if (body[at] !== BACKSLASH || body[at + 1] === NEWLINE) return -1;
      line.escaped = true;
      at += 2;
    }
    marks[filled + 3] = at - start;
    filled += MARKS;
    at += 1;
    if (body[at] === COMMA) at += 1;
    else if (body[at] !== CLOSE) return -1;
  }
  line.filled = filled;
  return at + 1;
}

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const EXPONENT = 0x65;

/** The offset behind a run of digits. */
function endOfDigits(body: Uint8Array, from: number): number {
  let at = from;
  while ((classOf(body, at) & DIGIT) !== 0) at += 1;
  return at;
}

/** What is shorter is finite: 10^200 times 10^99. */
const MAX_DIGITS = 200;

/** The offset behind a finite decimal number, or -1 where none is plainly there. */
export function endOfDecimal(body: Uint8Array, from: number): number {
  const signed = body[from] === MINUS || body[from] === PLUS ? from + 1 : from;
  let at = endOfDigits(body, signed);
  let digits = at - signed;
  if (body[at] === POINT) {
    const fraction = at + 1;
    at = endOfDigits(body, fraction);
    digits += at - fraction;
  }
  if (digits === 0 || digits > MAX_DIGITS) return -1;
  if (((body[at] as number) | 0x20) !== EXPONENT) return at;
  at += 1;
  if (body[at] === MINUS || body[at] === PLUS) at += 1;
  const end = endOfDigits(body, at);
  return end === at || end - at > 2 ? -1 : end;
}

/** The offset behind `NaN`, or -1. */
export function endOfNaN(body: Uint8Array, at: number): number {
  return body[at] === 0x4e && body[at + 1] === 0x61 && body[at + 2] === 0x4e ? at + 3 : -1;
}

/** The offset behind so few digits that 64 bits hold them, or -1. */
export function endOfMilliseconds(body: Uint8Array, from: number): number {
  const end = endOfDigits(body, from);
  return end === from || end - from > 18 ? -1 : end;
}

/** How many bytes from `a` and from `b` on are the same, `limit` at the most. */
export function equalBytes(view: DataView, a: number, b: number, limit: number): number {
  let count = 0;
  while (count + 4 <= limit && view.getInt32(a + count) === view.getInt32(b + count)) count += 4;
  while (count < limit && view.getUint8(a + count) === view.getUint8(b + count)) count += 1;
  return count;
}
