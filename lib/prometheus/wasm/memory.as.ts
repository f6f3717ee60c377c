// What the files beside it share: where in the memory things are, and bytes in it. Part of scan.as.ts, which is the
// module.

/** Where in the memory things are. */
export const LINE: i32 = 0;
export const MARKS: i32 = 64;
export const CLASSES: i32 = 2048;
export const NAMES: i32 = 4096;
export const WINDOW: i32 = 32768;
export const WINDOW_BYTES: i32 = 65536;

/** Bits of the class of a byte, as ../plain-line.ts has them. */
export const NAME_START: i32 = 1;
export const NAME_BYTE: i32 = 2;
export const LABEL_START: i32 = 4;
export const LABEL_BYTE: i32 = 8;

export const NEWLINE: i32 = 0x0a;
export const SPACE: i32 = 0x20;
export const QUOTE: i32 = 0x22;
export const NUMBER_SIGN: i32 = 0x23;
export const PLUS: i32 = 0x2b;
export const COMMA: i32 = 0x2c;
export const MINUS: i32 = 0x2d;
export const POINT: i32 = 0x2e;
export const EQUAL: i32 = 0x3d;
export const BACKSLASH: i32 = 0x5c;
export const EXPONENT: i32 = 0x65;
export const OPEN: i32 = 0x7b;
export const CLOSE: i32 = 0x7d;

@inline
export function load32(at: i32): i32 {
  return load<i32>(at);
}

@inline
export function byteAt(at: i32): i32 {
  return load<u8>(at);
}

@inline
export function classOf(at: i32): i32 {
  return load<u8>(CLASSES + byteAt(at));
}

@inline
export function isDigit(at: i32): bool {
  return <u32>(byteAt(at) - 0x30) < 10;
}

/** How many bytes from `a` and from `b` on are the same, `limit` at the most. */
@inline
export function equalBytes(a: i32, b: i32, limit: i32): i32 {
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
export function isSame(a: i32, b: i32, length: i32): bool {
  const equal = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return length <= 16 && ctz(~equal) >= length;
}

/** The hash of the name that `endOfName` has read last. */
export let nameHash: i32 = 0;

/** The end of a name of a metric, or `from` where none begins. */
@inline
export function endOfName(from: i32): i32 {
  if ((classOf(from) & NAME_START) == 0) return from;
  let at = from;
  let hash: i32 = <i32>0x811c9dc5;
  do {
    hash = (hash ^ byteAt(at)) * 0x01000193;
    at += 1;
  } while ((classOf(at) & NAME_BYTE) != 0);
  nameHash = hash;
  return at;
}
