import { parseFloatText } from './exposition.ts';

const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?[0-9]+)$/i;

/** A float as Go's strconv.ParseFloat reads it: also hexadecimal (`0x1p-3`) and with underscores between digits. */
export function parseGoFloat(text: string): number | undefined {
  const plain = /^[^_]*$/.test(text) ? text : withoutUnderscores(text);
  if (plain === undefined) return undefined;
  const parts = HEXADECIMAL.exec(plain);
  if (parts === null) return parseFloatText(plain);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  if (whole + fraction === '') return undefined;
  const value = Number(`0x${whole}${fraction}`) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** Underscores stand between two digits, or between a base prefix and a digit. */
function withoutUnderscores(text: string): string | undefined {
  const isHex = /^[+-]?0x/i.test(text);
  const misplaced = isHex ? /_(?![0-9a-f])|(?<![0-9a-fx])_/i : /_(?![0-9])|(?<![0-9])_/;
  return misplaced.test(text) ? undefined : text.replaceAll('_', '');
}
