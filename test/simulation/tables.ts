import type { CycleFigures } from './figures.ts';
import type { Measurement } from './measurements.ts';

type Column = { readonly title: string; readonly figures: CycleFigures };

/** A row of a table: what stands before it, and the figure. */
type Row = readonly [string, (figures: CycleFigures) => string];

const ROWS: readonly Row[] = [
  ['tasks', ({ tasks }) => count(tasks)],
  ['targets', ({ targets }) => count(targets)],
  ['ECS and EC2 calls', ({ ecs }) => count(ecs.calls)],
  ['their bound', ({ ecs }) => boundText(ecs)],
  ['discover: wall, ms', ({ discover }) => count(discover.wall_ms)],
  ['discover: CPU, ms', ({ discover }) => count(discover.cpu_ms)],
  ['discover: peak RSS, MB', ({ discover }) => count(discover.rss_mb)],
  ['discover: stderr, bytes', ({ discover }) => count(discover.stderr_bytes)],
  ['messages', ({ queue }) => count(queue.messages)],
  ['messages, bytes', ({ queue }) => count(queue.bytes)],
  ['scrape: invocations', ({ scrape }) => count(scrape.invocations)],
  ['scrape: wall, ms (sum)', ({ scrape }) => count(scrape.wall_ms)],
  ['scrape: wall, ms (longest)', ({ scrape }) => count(scrape.longest_wall_ms)],
  ['scrape: CPU, ms (sum)', ({ scrape }) => count(scrape.cpu_ms)],
  ['scrape: peak RSS, MB', ({ scrape }) => count(scrape.rss_mb)],
  ['scrape: stdout (EMF), bytes', ({ scrape }) => count(scrape.stdout_bytes)],
  ['scrape: stderr, bytes', ({ scrape }) => count(scrape.stderr_bytes)],
  ['state in S3, bytes', ({ state_bytes }) => count(state_bytes)],
  ['EMF documents', ({ documents }) => count(documents)],
  ['values of metrics', ({ values }) => count(values)],
  ['distinct metrics', ({ metrics }) => count(metrics)],
];

/** The calls of each function by operation. */
function callRows(columns: readonly Column[]): readonly Row[] {
  return (['discover', 'scrape'] as const).flatMap((name) => {
    const operations = new Set(columns.flatMap(({ figures }) => Object.keys(figures[name].calls)));
    return [...operations]
      .sort()
      .map((operation): Row => [`${name}: ${operation}`, (figures) => count(figures[name].calls[operation] ?? 0)]);
  });
}

/** The figures as a Markdown table that can be read as it is. */
export function renderTable(columns: readonly Column[]): string {
  const head = ['', ...columns.map(({ title }) => title)];
  const rows = [...ROWS, ...callRows(columns)].map(([name, figure]) => [
    name,
    ...columns.map(({ figures }) => figure(figures)),
  ]);
  const widths = head.map((title, at) =>
    Math.max(3, ...[head, ...rows].map((row) => row[at]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}

const [BEGIN, END] = ['<!-- tables: begin -->\n', '<!-- tables: end -->\n'];

/** A Markdown text with the tables of these measurements between its two marks; without a text the tables alone. */
export function replaceTables(text: string | undefined, measurements: readonly Measurement[]): string {
  const titleOf = ({ tasks, families, interval_s }: Measurement) =>
    `${count(tasks)} tasks, ${count(families)} families, ${interval_s} s`;
  const tableOf = (part: 'cycle' | 'cold') =>
    renderTable(measurements.map((each) => ({ title: titleOf(each), figures: each[part] })));
  const tables = `### A tick among others\n${tableOf('cycle')}\n### The first tick\n${tableOf('cold')}`;
  if (text === undefined) return tables;
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(
      `expected a line ${BEGIN.trim()} and, after it, a line ${END.trim()} around the tables, found neither or one`,
    );
  return `${text.slice(0, begin + BEGIN.length)}${tables}${text.slice(end)}`;
}

/** With a comma between thousands. */
function count(value: number): string {
  return value.toLocaleString('en-US');
}

function boundText({ bound, pages, new_task_definitions, instance_lookups }: CycleFigures['ecs']): string {
  return `${count(bound)} = ${pages} + ${new_task_definitions} + ${instance_lookups}`;
}
