// HELP and TYPE lines of the text format, in their usual form. Part of scan.as.ts.

import { byteAt, endOfName, LINE, nameHash, NEWLINE, SPACE } from './memory.as';

let lineEnd: i32 = 0;

/** How long `# HELP ` and `# TYPE ` are. */
const KEYWORD_BYTES: i32 = 7;

/** `# HELP name text`, without a space more, is passed over: the newline, or 0 where it has another form. */
export function endOfHelp(start: i32): i32 {
  // "# HE", "ELP "
  if (load<u32>(start) != 0x45482023 || load<u32>(start + 3) != 0x20504c45) return 0;
  let at = endOfName(start + KEYWORD_BYTES);
  if (at == start + KEYWORD_BYTES || byteAt(at) != SPACE) return 0;
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>NEWLINE)));
    if (found != 0) return at + ctz(found);
    at += 16;
  }
}

/** `# TYPE name type`, without a space more: tells of it, or returns false where it has another form. */
export function readType(start: i32): bool {
  // "# TY", "YPE "
  if (load<u32>(start) != 0x59542023 || load<u32>(start + 3) != 0x20455059) return false;
  const at = endOfName(start + KEYWORD_BYTES);
  if (at == start + KEYWORD_BYTES || byteAt(at) != SPACE) return false;
  const type = typeAt(at + 1);
  if (type < 0) return false;
  store<i32>(LINE + 4, at - start);
  store<i32>(LINE + 24, lineEnd);
  store<i32>(LINE + 36, type);
  store<i32>(LINE + 40, nameHash);
  return true;
}

/** The type that stands there up to the newline, which `lineEnd` is then, by its place in TYPES of ../wasm-scan.ts; -1: none. */
function typeAt(at: i32): i32 {
  const word = load<u64>(at);
  lineEnd = at + 7;
  // "counter\n", "summary\n", "untyped\n"
  if (word == 0x0a7265746e756f63) return 0;
  if (word == 0x0a7972616d6d7573) return 1;
  if (word == 0x0a64657079746e75) return 2;
  lineEnd = at + 5;
  // "gauge\n"
  if ((word & 0xffffffffffff) == 0x0a6567756167) return 3;
  lineEnd = at + 9;
  // "histogra", "m\n"
  return word == 0x6172676f74736968 && load<u16>(at + 8) == 0x0a6d ? 4 : -1;
}
