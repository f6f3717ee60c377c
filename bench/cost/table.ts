/** A Markdown table that can be read as it is; the first column is text, the others are numbers unless `left`. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { left = 1 }: { readonly left?: number } = {},
): string {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const pad = (cell: string, at: number) => (at < left ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0));
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, at) => (at < left ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|');
  return `${[line(head), `|${rule}|`, ...rows.map(line)].join('\n')}\n`;
}

/** With a comma between thousands. */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Dollars with their cents; whole ones from 1,000 up. */
export function usdText(usd: number): string {
  const digits = Math.abs(usd) < 1000 ? 2 : 0;
  return usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Cents of a dollar amount for each of so many. */
export function centsText(usd: number, each: number): string {
  return usdText((usd * 100) / each);
}
