/** A number and the text that it becomes where a text is wanted, such as the value of a label. */
export type PlainNumber = { readonly value: number; readonly text: string };

const INTEGER = /^([+-]?)(?:0x([0-9a-f]+)|0b([01]+)|0o?([0-7]+)|(0|[1-9][0-9]*))$/i;
const FLOAT = /^[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[+-]?[0-9]+)?$/i;
const BASES = [16, 2, 8, 10];

/**
 * The number that a plain YAML scalar is to compose-go's YAML library: besides the core schema's also `1_000`, `0b11`,
 * `-0x1F` and `014` for twelve. Nothing: a text. Source: go.yaml.in/yaml/v4 as compose-go 2.16.2 uses it, measured.
 */
export function plainNumber(source: string): PlainNumber | undefined {
  if (!/^[+\-.0-9]/.test(source)) return undefined;
  const digits = source.replaceAll('_', '');
  const [, sign, ...byBase] = INTEGER.exec(digits) ?? [];
  const index = byBase.findIndex((found) => found !== undefined);
  if (index >= 0) return integer(sign === '-', byBase[index] ?? '', BASES[index] ?? 10);
  const value = FLOAT.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? { value, text: goText(value) } : undefined;
}

const [MIN_INTEGER, MAX_INTEGER] = [-(2n ** 63n), 2n ** 64n - 1n];
const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' };

function integer(negative: boolean, digits: string, base: number): PlainNumber {
  const size = BigInt(`${PREFIXES[base]}${digits}`);
  const exact = negative ? -size : size;
  const value = Number(exact);
  return { value, text: MIN_INTEGER <= exact && exact <= MAX_INTEGER ? String(exact) : goText(value) };
}

/** A finite float as Go's `%v` prints it: with an exponent of at least two digits from 1e+06 on and below 1e-04. */
function goText(value: number): string {
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (-4 <= exponent && exponent < 6) return Object.is(value, -0) ? '-0' : String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
