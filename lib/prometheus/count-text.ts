import * as v from 'valibot';
import { foundOf, text } from '../document/schema.ts';

/** Source: go.yaml.in/yaml/v2, resolve.go; integers as strconv reads them in base 0, so `010` is 8. */
const INTEGERS: readonly (readonly [RegExp, (digits: string) => bigint])[] = [
  [/^[+-]?0x[0-9a-f]+$/i, BigInt],
  [/^[+-]?0b[01]+$/i, BigInt],
  [/^[+-]?0o?[0-7]+$/i, (digits) => BigInt(digits.replace(/^0o?/i, '0o'))],
  [/^[+-]?[0-9]+$/, BigInt],
];
const FLOAT = /^[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[+-]?[0-9]+)?$/i;
const MAX_UINT64 = 18_446_744_073_709_551_615n;

/**
 * A whole number of at least 0 as Go's YAML reads it into an unsigned integer: also hexadecimal, octal, binary, with
 * underscores, or as a float. Go cuts fractions off; they are refused. @throws {Error} naming what was found.
 */
export function parseCount(written: string): bigint {
  const plain = written.replaceAll('_', '');
  const [, read] = INTEGERS.find(([pattern]) => pattern.test(plain)) ?? [];
  const unsigned = plain.replace(/^[+-]/, '');
  const size = read !== undefined ? read(unsigned) : FLOAT.test(plain) ? whole(Number(unsigned)) : undefined;
  const isNegative = plain.startsWith('-') && size !== 0n;
  if (size === undefined || isNegative || size > MAX_UINT64)
    throw new Error(`expected a whole number of at least 0, found ${foundOf(written)}`);
  return size;
}

function whole(value: number): bigint | undefined {
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

/** Such a number as a text of digits, since JSON numbers end at 2^53. */
export const countDigits = v.pipe(
  text,
  v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
    try {
      return String(parseCount(dataset.value));
    } catch (error) {
      addIssue({ message: (error as Error).message });
      return NEVER;
    }
  }),
);

/** Such a number; beyond 2^53 it limits nothing, so it ends there. Nothing is 0. */
export const countText = v.pipe(
  v.nullable(countDigits, '0'),
  v.transform((digits) => Math.min(Number(digits), Number.MAX_SAFE_INTEGER)),
);
