// AssemblyScript, compiled by `npm run build:scan`: the loop of ../series-scan.ts over bytes in this module's memory,
// 16 at a time where they are compared or searched. Offsets are addresses in the memory, which never grows; nothing
// in it outlives a window but what is set at the start.

import { endOfHelp, readType } from './comments.as';
import {
  BACKSLASH,
  byteAt,
  CLOSE,
  classOf,
  COMMA,
  endOfName,
  EQUAL,
  equalBytes,
  isSame,
  LABEL_BYTE,
  LABEL_START,
  LINE,
  load32,
  MARKS,
  nameHash,
  NAMES,
  NEWLINE,
  NUMBER_SIGN,
  OPEN,
  QUOTE,
  SPACE,
} from './memory.as';
import { endOfNumbers, numberIn, valueEnd } from './numbers.as';

/** Where in the memory things are, for ../wasm-scan.ts. */
export { CLASSES, LINE, MARKS, WINDOW, WINDOW_BYTES } from './memory.as';

/** What `scan` returns. */
const STOPPED: i32 = 0;
const WANTED: i32 = 1;
const NEW_NAME: i32 = 2;
const TYPE_LINE: i32 = 3;

const MARK_BYTES: i32 = 16;
const MAX_MARKS: i32 = 64 * MARK_BYTES;
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
function slotOf(hash: i32): i32 {
  return NAMES + ((hash ^ (hash >>> 15)) & (NAME_SLOTS - 1)) * NAME_BYTES;
}

@inline
function nextSlot(slot: i32): i32 {
  return slot + NAME_BYTES == NAMES + NAME_SLOTS * NAME_BYTES ? NAMES : slot + NAME_BYTES;
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
      at = endOfName(start);
      if (at == start) break;
      const slot = slotOfName(start, at, nameHash);
      if (slot == 0) {
        store<i32>(LINE + 4, at - start);
        store<i32>(LINE + 40, nameHash);
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
    const lineEnd = endOfNumbers(at + 1, isOpenMetrics);
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
