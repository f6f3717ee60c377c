const UNITS: ReadonlyMap<string, number> = new Map(
  ['', 'K', 'M', 'G', 'T', 'P', 'E'].map((unit, i) => [unit, 1024 ** i] as const),
);
const PART = /([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]?)(?:B|iB)/g;

/**
 * `10MB`, `1.5GiB` or `1GB512MB` in bytes; units count in steps of 1024. A size below zero limits nothing, as 0.
 * Source: alecthomas/units ParseBase2Bytes, as Prometheus uses it. @throws {Error} naming what was found.
 */
export function parseSize(text: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(PART)];
  const isWhole = parts.length > 0 && `${parts.map(([part]) => part).join('')}` === text.replace(/^[+-]/, '');
  const bytes = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS.get(unit ?? '') ?? 1), 0);
  if (!isWhole || bytes >= 2 ** 63)
    throw new Error(`expected a size such as 512KB or 10MB, found ${JSON.stringify(text)}`);
  return text.startsWith('-') ? 0 : Math.floor(bytes);
}
