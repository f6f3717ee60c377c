/** The tables of a Markdown text by name, each of which stands between two marks of its own. */
export type Tables = Readonly<Record<string, string>>;

/**
 * A text with these tables in place of those that it has.
 * @throws {Error} naming a table that has no marks, or marks that have no table.
 */
export function replaceTables(text: string, tables: Tables): string {
  const marked = [...text.matchAll(/^<!-- (\S+): begin -->$/gm)].map(([, name = '']) => name);
  const unknown = marked.find((name) => tables[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`found the mark <!-- ${unknown}: begin -->; known tables: ${Object.keys(tables).join(', ')}`);
  return Object.entries(tables).reduce((rest, [name, table]) => replaceTable(rest, name, table), text);
}

function replaceTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->\n`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected a line ${begin.trim()} and, after it, a line ${end.trim()}`);
  return `${text.slice(0, from + begin.length)}${table}${text.slice(to)}`;
}
