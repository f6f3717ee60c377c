import * as v from 'valibot';
import { dictionary, foundOf, oneOf, parsedText, text } from '../../document/schema.ts';
import { isDimensionValue } from '../emission.ts';

/** What CloudWatch calls a standard statistic. */
export const STATISTICS = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'] as const;

export const statistic = oneOf(STATISTICS);

/** Whether a text is a percentile as CloudWatch writes it: p50, p99, p99.9. */
export function isPercentile(text: string): boolean {
  return /^p(100|[0-9]{1,2}(\.[0-9]{1,10})?)$/.test(text);
}

/** A number; also as text, which is what interpolation leaves of `${THRESHOLD:-80}`. */
export const decimal = numeric(Number.isFinite, 'a number');

/** A whole number in these bounds; also as text. */
export function whole(minimum: number, maximum: number) {
  const isInside = (value: number) => Number.isSafeInteger(value) && value >= minimum && value <= maximum;
  return numeric(isInside, `a whole number from ${minimum} to ${maximum}`);
}

function numeric(isValid: (value: number) => boolean, expected: string) {
  return v.pipe(
    v.custom<number | string>(
      (input) => isValid(numberOf(input)),
      (issue) => `expected ${expected}, found ${foundOf(issue.input)}`,
    ),
    v.transform(Number),
  );
}

function numberOf(input: unknown): number {
  if (typeof input === 'number') return input;
  return typeof input === 'string' && /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(input)
    ? Number(input)
    : Number.NaN;
}

/** true or false; also as text. */
export const choice = v.pipe(
  v.custom<boolean | 'true' | 'false'>(
    (input) => ['true', 'false'].includes(String(input)) && typeof input !== 'object',
    (issue) => `expected true or false, found ${foundOf(issue.input)}`,
  ),
  v.transform((input) => String(input) === 'true'),
);

/** Values of dimensions by their names; the base dimensions need none. */
export const dimensionValues = dictionary(
  v.pipe(
    text,
    parsedText((value) => {
      if (!isDimensionValue(value))
        throw new Error(`expected 1 to 1024 characters of printable ASCII, found ${foundOf(value)}`);
    }),
  ),
);
