// AssemblyScript, compiled by `npm run build:scan`: the loop of ../series-scan.ts over bytes in this module's memory,
// 16 at a time where they are compared or searched. Offsets are addresses in the memory, which never grows; nothing
// in it outlives a window but what is set at the start.

/** Where in the memory things are; exported for ../wasm-scan.ts. */
export const LINE: i32 = 0;
export const MARKS: i32 = 64;
export const CLASSES: i32 = 2048;
const NAMES: i32 = 4096;
export const WINDOW: i32 = 32768;
export const WINDOW_BYTES: i32 = 65536;

/** What `scan` returns. */
const STOPPED: i32 = 0;
const WANTED: i32 = 1;
const NEW_NAME: i32 = 2;
const TYPE_LINE: i32 = 3;

/** Bits of the class of a byte, as ../plain-line.ts has them. */
const NAME_START: i32 = 1;
const NAME_BYTE: i32 = 2;
const LABEL_START: i32 = 4;
const LABEL_BYTE: i32 = 8;

const NEWLINE: i32 = 0x0a;
const SPACE: i32 = 0x20;
const QUOTE: i32 = 0x22;
const NUMBER_SIGN: i32 = 0x23;
const PLUS: i32 = 0x2b;
const COMMA: i32 = 0x2c;
const MINUS: i32 = 0x2d;
const POINT: i32 = 0x2e;
const EQUAL: i32 = 0x3d;
const BACKSLASH: i32 = 0x5c;
const EXPONENT: i32 = 0x65;
const OPEN: i32 = 0x7b;
const CLOSE: i32 = 0x7d;

const MARK_BYTES: i32 = 16;
const MAX_MARKS: i32 = 64 * MARK_BYTES;
const MAX_DIGITS: i32 = 200;
/** So many digits, and ten to this power, a float holds exactly. */
const EXACT_DIGITS: i32 = 15;
const EXACT_POWER: i32 = 22;

/** Four Int32s a name: where it begins and ends, its hash, and what `know` was told; 0 bytes: none. */
const NAME_BYTES: i32 = 16;
const NAME_SLOTS: i32 = 1024;

let isOpenMetrics: bool = false;
let tellsBegin: bool = false;
let names: i32 = 0;

// The line before.
let previous: i32 = 0;
let braced: i32 = 0;
let nameEnd: i32 = 0;
/** In bytes. */
let filled: i32 = 0;
let escaped: bool = false;
let known: i32 = 0;

let valueEnd: i32 = 0;

/** The window is another one. */
export function open(): void {
  memory.fill(NAMES, 0, NAME_SLOTS * NAME_BYTES);
  names = 0;
}

/** The next line follows no other. */
export function begin(openMetrics: bool, begun: bool): void {
  isOpenMetrics = openMetrics;
  tellsBegin = begun;
  braced = 0;
}

/** What is known of a name in the window: a number for a wanted one or 0, times 2; 1 more for a `_created` one. */
export function know(start: i32, end: i32, hash: i32, value: i32): void {
  if (names * 2 >= NAME_SLOTS) open();
  let slot = slotOf(hash);
  while (load32(slot + 4) != 0) slot = nextSlot(slot);
  store<i32>(slot, start);
  store<i32>(slot + 4, end);
  store<i32>(slot + 8, hash);
  store<i32>(slot + 12, value);
  names += 1;
}

@inline
function load32(at: i32): i32 {
  return load<i32>(at);
}

@inline
function byteAt(at: i32): i32 {
  return load<u8>(at);
}

@inline
function slotOf(hash: i32): i32 {
  return NAMES + ((hash ^ (hash >>> 15)) & (NAME_SLOTS - 1)) * NAME_BYTES;
}

@inline
function nextSlot(slot: i32): i32 {
  return slot + NAME_BYTES == NAMES + NAME_SLOTS * NAME_BYTES ? NAMES : slot + NAME_BYTES;
}

@inline
function classOf(at: i32): i32 {
  return load<u8>(CLASSES + byteAt(at));
}

@inline
function isDigit(at: i32): bool {
  return <u32>(byteAt(at) - 0x30) < 10;
}

/** How many bytes from `a` and from `b` on are the same, `limit` at the most. */
@inline
function equalBytes(a: i32, b: i32, limit: i32): i32 {
  let count = 0;
  while (count < limit) {
    const other = i8x16.bitmask(i8x16.ne(v128.load(a + count), v128.load(b + count)));
    if (other != 0) return min(count + ctz(other), limit);
    count += 16;
  }
  return limit;
}

/** Whether so many bytes are the same, of which there are at most 16. */
@inline
function isSame(a: i32, b: i32, length: i32): bool {
  const equal = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return length <= 16 && ctz(~equal) >= length;
}

/** The slot of the name, or 0. */
@inline
function slotOfName(start: i32, end: i32, hash: i32): i32 {
  const length = end - start;
  let slot = slotOf(hash);
  while (load32(slot + 4) != 0) {
    const known = load32(slot);
    if (load32(slot + 8) == hash && load32(slot + 4) - known == length && equalBytes(known, start, length) == length)
      return slot;
    slot = nextSlot(slot);
  }
  return 0;
}

/** The first quote, backslash or newline. */
@inline
function endOfPlainValue(from: i32): i32 {
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
        i8x16.eq(bytes, i8x16.splat(<i8>NEWLINE)),
      ),
    );
    if (found != 0) return at + ctz(found);
    at += 16;
  }
}

/** `endOfLabels` of ../plain-line.ts, but for 0 instead of -1. The marks up to `before` are those of the line before. */
function endOfLabels(start: i32, from: i32, inValue: bool, before: i32): i32 {
  let at = from;
  let mark = MARKS + filled;
  let isValue = inValue;
  while (true) {
    if (!isValue) {
      if (byteAt(at) == CLOSE) break;
      const length = mark < before ? load32(mark + 8) - load32(mark) : 0;
      if (length > 0 && isSame(previous + load32(mark), at, length)) {
        store<i32>(mark, at - start);
        store<i32>(mark + 4, at + length - 2 - start);
        at += length;
      } else {
        if (mark == MARKS + MAX_MARKS || (classOf(at) & LABEL_START) == 0) return 0;
        store<i32>(mark, at - start);
        do at += 1;
        while ((classOf(at) & LABEL_BYTE) != 0);
        store<i32>(mark + 4, at - start);
        if (load<u16>(at) != (EQUAL | (QUOTE << 8))) return 0;
        at += 2;
      }
      store<i32>(mark + 8, at - start);
    }
    isValue = false;
    while (true) {
      at = endOfPlainValue(at);
      if (byteAt(at) == QUOTE) break;
      if (byteAt(at) != BACKSLASH || byteAt(at + 1) == NEWLINE) return 0;
      escaped = true;
      at += 2;
    }
    store<i32>(mark + 12, at - start);
    mark += MARK_BYTES;
    at += 1;
    if (byteAt(at) == COMMA) at += 1;
    else if (byteAt(at) != CLOSE) return 0;
  }
  filled = mark - MARKS;
  return at + 1;
}

@inline
function endOfDigits(from: i32): i32 {
  let at = from;
  while (isDigit(at)) at += 1;
  return at;
}

/** `endOfDecimal` of ../plain-line.ts, but for 0 instead of -1. */
@inline
function endOfDecimal(from: i32): i32 {
  const signed = byteAt(from) == MINUS || byteAt(from) == PLUS ? from + 1 : from;
  let at = endOfDigits(signed);
  let digits = at - signed;
  if (byteAt(at) == POINT) {
    const fraction = at + 1;
    at = endOfDigits(fraction);
    digits += at - fraction;
  }
  if (digits == 0 || digits > MAX_DIGITS) return 0;
  if ((byteAt(at) | 0x20) != EXPONENT) return at;
  at += 1;
  if (byteAt(at) == MINUS || byteAt(at) == PLUS) at += 1;
  const end = endOfDigits(at);
  return end == at || end - at > 2 ? 0 : end;
}

/** The newline behind a number that is short, unsigned and alone, or 0: read at once, since its length is hard to guess. */
@inline
function endOfShortNumber(from: i32): i32 {
  const bytes = v128.load(from);
  const newlines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>NEWLINE)));
  if (newlines == 0) return 0;
  const end = ctz(newlines);
  const digits = i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)));
  let others = ~digits & ((1 << end) - 1);
  if (others == 0) return end > 0 ? from + end : 0;
  if (byteAt(from + ctz(others)) != POINT) return 0;
  others &= others - 1;
  if (others == 0) return end > 1 ? from + end : 0;
  const exponent = ctz(others);
  const exponentDigits = end - exponent - 1;
  const isExponent = (byteAt(from + exponent) | 0x20) == EXPONENT && (others & (others - 1)) == 0;
  return isExponent && exponent > 1 && exponentDigits > 0 && exponentDigits < 3 ? from + end : 0;
}

/** Value and timestamp up to the newline, or 0. */
@inline
function endOfNumbers(from: i32): i32 {
  valueEnd = endOfShortNumber(from);
  if (valueEnd != 0) return valueEnd;
  let at = endOfDecimal(from);
  if (at == 0) {
    if (byteAt(from) != 0x4e || byteAt(from + 1) != 0x61 || byteAt(from + 2) != 0x4e) return 0;
    at = from + 3;
  }
  valueEnd = at;
  if (byteAt(at) == SPACE) {
    const time = at + 1;
    if (isOpenMetrics) at = endOfDecimal(time);
    else {
      at = endOfDigits(time);
      if (at == time || at - time > 18) return 0;
    }
    if (at == 0) return 0;
  }
  return byteAt(at) == NEWLINE ? at : 0;
}

/** Of the bytes from `start` to `end`. */
export function hash(start: i32, end: i32): i32 {
  let at = start;
  let hash: u64 = end - start;
  for (; at + 8 <= end; at += 8) hash = mixed(hash, load<u64>(at));
  if (at < end) hash = mixed(hash, load<u64>(at) & (~(<u64>0) >> ((8 - (end - at)) * 8)));
  return <i32>(hash >> 32);
}

@inline
function mixed(hash: u64, word: u64): u64 {
  const next = (hash ^ word) * 0x9e3779b97f4a7c15;
  return next ^ (next >> 29);
}

/** The decimal number of these bytes where two exact factors make it, and so its nearest float; NaN for others. */
function numberIn(start: i32, end: i32): f64 {
  let at = start;
  const first = byteAt(at);
  if (first == MINUS || first == PLUS) at += 1;
  let digits: u64 = 0;
  let count = 0;
  let power = 0;
  let fraction = 0;
  for (; at < end; at += 1) {
    if (isDigit(at)) {
      digits = digits * 10 + (byteAt(at) - 0x30);
      count += 1;
      power -= fraction;
    } else if (byteAt(at) == POINT) fraction = 1;
    else break;
  }
  if (count == 0 || count > EXACT_DIGITS) return NaN;
  if (at < end) {
    at += 1;
    const sign = byteAt(at);
    if (sign == MINUS || sign == PLUS) at += 1;
    let exponent = 0;
    for (; at < end; at += 1) exponent = exponent * 10 + (byteAt(at) - 0x30);
    power += sign == MINUS ? -exponent : exponent;
  }
  if (power > EXACT_POWER || power < -EXACT_POWER) return NaN;
  let factor: f64 = 1;
  for (let i = power < 0 ? -power : power; i > 0; i -= 1) factor *= 10;
  const value = power < 0 ? <f64>digits / factor : <f64>digits * factor;
  return first == MINUS ? -value : value;
}

/** How long `# HELP ` and `# TYPE ` are. */
const KEYWORD_BYTES: i32 = 7;

/** `# HELP name text`, without a space more, is passed over: the newline, or 0 where it has another form. */
function endOfHelp(start: i32): i32 {
  // "# HE", "ELP "
  if (load<u32>(start) != 0x45482023 || load<u32>(start + 3) != 0x20504c45) return 0;
  let at = start + KEYWORD_BYTES;
  if ((classOf(at) & NAME_START) == 0) return 0;
  do at += 1;
  while ((classOf(at) & NAME_BYTE) != 0);
  if (byteAt(at) != SPACE) return 0;
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>NEWLINE)));
    if (found != 0) return at + ctz(found);
    at += 16;
  }
}

/** `# TYPE name type`, without a space more: tells of it, or returns false where it has another form. */
function readType(start: i32): bool {
  // "# TY", "YPE "
  if (load<u32>(start) != 0x59542023 || load<u32>(start + 3) != 0x20455059) return false;
  let at = start + KEYWORD_BYTES;
  if ((classOf(at) & NAME_START) == 0) return false;
  let hash: i32 = <i32>0x811c9dc5;
  do {
    hash = (hash ^ byteAt(at)) * 0x01000193;
    at += 1;
  } while ((classOf(at) & NAME_BYTE) != 0);
  if (byteAt(at) != SPACE) return false;
  const type = typeAt(at + 1);
  if (type < 0) return false;
  store<i32>(LINE + 4, at - start);
  store<i32>(LINE + 24, valueEnd);
  store<i32>(LINE + 36, type);
  store<i32>(LINE + 40, hash);
  return true;
}

/** The type that stands there up to the newline, which `valueEnd` is then, by its place in TYPES of ../wasm-scan.ts; -1: none. */
function typeAt(at: i32): i32 {
  const word = load<u64>(at);
  valueEnd = at + 7;
  // "counter\n", "summary\n", "untyped\n"
  if (word == 0x0a7265746e756f63) return 0;
  if (word == 0x0a7972616d6d7573) return 1;
  if (word == 0x0a64657079746e75) return 2;
  valueEnd = at + 5;
  // "gauge\n"
  if ((word & 0xffffffffffff) == 0x0a6567756167) return 3;
  valueEnd = at + 9;
  // "histogra", "m\n"
  return word == 0x6172676f74736968 && load<u16>(at + 8) == 0x0a6d ? 4 : -1;
}

/** Scans lines from `from`, where one begins, to `end`, which is behind a newline; tells of the last one in LINE. */
export function scan(from: i32, end: i32): i32 {
  let start = from;
  let count = 0;
  let comments = 0;
  let result = STOPPED;
  while (start < end) {
    if (byteAt(start) == NUMBER_SIGN) {
      if (isOpenMetrics) break;
      const helpEnd = endOfHelp(start);
      if (helpEnd != 0) {
        comments += 1;
        start = helpEnd + 1;
        continue;
      }
      if (readType(start)) result = TYPE_LINE;
      break;
    }
    let at = start;
    let same = 0;
    const before = braced == 0 ? 0 : MARKS + filled;
    const equal = braced == 0 ? 0 : equalBytes(previous, start, min(braced, end - start));
    if (equal <= nameEnd) {
      if ((classOf(at) & NAME_START) == 0) break;
      let hash: i32 = <i32>0x811c9dc5;
      do {
        hash = (hash ^ byteAt(at)) * 0x01000193;
        at += 1;
      } while ((classOf(at) & NAME_BYTE) != 0);
      const slot = slotOfName(start, at, hash);
      if (slot == 0) {
        store<i32>(LINE + 4, at - start);
        store<i32>(LINE + 40, hash);
        result = NEW_NAME;
        break;
      }
      known = load32(slot + 12);
      nameEnd = at - start;
      filled = 0;
      escaped = false;
      braced = 0;
      if (byteAt(at) == OPEN) {
        at = endOfLabels(start, at + 1, false, before);
        if (at == 0) break;
        braced = at - start;
      }
    } else if (equal == braced) {
      at += braced;
      same = filled;
    } else {
      // The label with the first byte that differs, or the one before it.
      while (filled > 0 && load32(MARKS + filled - 8) > equal) filled -= MARK_BYTES;
      const labelEnd = filled == 0 ? 0 : load32(MARKS + filled - 4);
      const inValue = equal <= labelEnd;
      if (filled == 0) at += nameEnd + 1;
      else if (inValue) {
        at += escaped ? load32(MARKS + filled - 8) : equal;
        filled -= MARK_BYTES;
      } else {
        at += labelEnd + 1;
        if (byteAt(at) == COMMA) at += 1;
        else if (byteAt(at) != CLOSE) break;
      }
      same = filled;
      at = endOfLabels(start, at, inValue, before);
      if (at == 0) break;
      braced = at - start;
    }
    if (byteAt(at) != SPACE || (tellsBegin && (known & 1) != 0)) break;
    const lineEnd = endOfNumbers(at + 1);
    if (lineEnd == 0) break;
    if (known > 1) {
      store<i32>(LINE + 4, nameEnd);
      store<i32>(LINE + 8, filled / 4);
      store<i32>(LINE + 12, escaped);
      store<i32>(LINE + 16, at + 1);
      store<i32>(LINE + 20, valueEnd);
      store<i32>(LINE + 24, lineEnd);
      store<i32>(LINE + 28, same / MARK_BYTES);
      store<i32>(LINE + 32, previous);
      store<i32>(LINE + 36, known >> 1);
      store<f64>(LINE + 48, numberIn(at + 1, valueEnd));
      previous = start;
      result = WANTED;
      break;
    }
    count += 1;
    previous = start;
    start = lineEnd + 1;
  }
  store<i32>(LINE, start);
  store<i32>(LINE + 44, count);
  store<i32>(LINE + 56, comments);
  return result;
}
