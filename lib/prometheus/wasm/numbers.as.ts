// Values and timestamps. Part of scan.as.ts.

import { byteAt, EXPONENT, isDigit, MINUS, NEWLINE, PLUS, POINT, SPACE } from './memory.as';

const MAX_DIGITS: i32 = 200;
/** So many digits, and ten to this power, a float holds exactly. */
const EXACT_DIGITS: i32 = 15;
const EXACT_POWER: i32 = 22;

/** Where the value ends that `endOfNumbers` has read last. */
export let valueEnd: i32 = 0;

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
export function endOfNumbers(from: i32, isOpenMetrics: bool): i32 {
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

/** The decimal number of these bytes where two exact factors make it, and so its nearest float; NaN for others. */
export function numberIn(start: i32, end: i32): f64 {
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
