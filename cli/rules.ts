import { readRulePacks } from '../lib/render.ts';
import { parseRulePackText, type RulePackSummary, summarizeRulePacks } from '../lib/rule-packs.ts';
import { packs } from '../rules/index.ts';
import { type Command, parseOptions, readNamed, UsageError } from './usage.ts';

const HELP = `Usage: prom-emf rules [NAME | FILE] [--json]

Lists the rule packs: what is known about an exporter, and which of its metrics are published.

  NAME     print this pack as JSON
  FILE     check a pack of your own (JSON or YAML), given by a path with a dot or a slash, and print it as JSON
  --json   the list as JSON

METRICS is how many CloudWatch metrics one family made of the answers the pack was tried on.
ContainersInsights stands under x-prometheus or x-prom-emf of a service. docs/rules.md tells how to write a pack.

Examples:
  prom-emf rules redis
  prom-emf rules ./mine.json

Exit status: 0; 2 usage error, or a pack with problems, each with its place.
`;

export const rules: Command = {
  name: 'rules',
  summary: 'list the rule packs, or check one of your own',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseOptions('rules', args, { json: { type: 'boolean', default: false } });
    const [wanted, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('rules takes one name or file; prom-emf rules --help tells more');
    process.stdout.write(
      wanted === undefined ? listed(values.json) : `${JSON.stringify(await found(wanted), null, 2)}\n`,
    );
    return 0;
  },
};

/** The pack of this name, or the one in this file. */
async function found(wanted: string) {
  const rulePacks = readRulePacks(packs);
  const pack = rulePacks.find(({ name }) => name === wanted);
  if (pack !== undefined) return pack;
  if (/[./\\]/.test(wanted)) return parseRulePackText(await readNamed(wanted), wanted);
  const known = rulePacks.map(({ name }) => name).join(', ');
  throw new UsageError(
    `expected a rule pack (${known}) or a file such as ./${wanted}.json, found ${JSON.stringify(wanted)}`,
  );
}

function listed(asJson: boolean): string {
  const summaries = summarizeRulePacks(readRulePacks(packs));
  return asJson ? `${JSON.stringify(summaries, null, 2)}\n` : table(summaries);
}

function table(summaries: readonly RulePackSummary[]): string {
  const rows = [
    ['NAME', 'ENDPOINT', 'RULES', 'METRICS', 'SWITCHED ON BY', 'TITLE'],
    ...summaries.map(({ name, title, port, path, declarations, typical_metric_count: metrics, switches }) => {
      return [name, `:${port}${path}`, String(declarations), String(metrics ?? ''), switches[0] ?? '', title];
    }),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
