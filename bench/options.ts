import { parseArgs } from 'node:util';
import { CORPORA, isLarge } from './corpora.ts';
import { GROUPS, type Group } from './measurement.ts';

/** The command line is not as the help says. */
export class UsageError extends Error {}

export type BenchOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'tables'; readonly file: string; readonly out: string | undefined }
  | {
      readonly kind: 'run';
      readonly groups: readonly Group[];
      /** The bodies of http and memory by name; absent: all. */
      readonly corpora?: readonly string[];
      readonly quick: boolean;
      readonly json: boolean;
      readonly out: string | undefined;
      readonly peers: boolean;
      /** Absent: as many as are usual. */
      readonly rounds: number | undefined;
    };

export const HELP = `bench: CPU time and memory of the scrape cycle, beside peers that are measured in the same run

Usage: npm run bench -- [OPTIONS] [GROUP|BODY...]
       npm run bench -- --tables FILE [--out FILE.md]

Groups (all of them):
  http              a scrape over loopback HTTP, lines written into a file; beside the OpenTelemetry collector
  memory            bytes in memory to lines in memory; beside parsers that stop at samples
  cold              what a new process costs: the bundle of scrape, the first scrape
  growth            10,000 to 1,000,000 samples and counters, 1 to 1,000 declarations and targets, chunks, gzip

Bodies (all of them) that http and memory measure, which are the only groups then:
${CORPORA.map(({ name }) => `  ${name}\n`).join('')}
  --quick           few rounds, small sizes: whether it works, not how fast it is
  --rounds N        scrapes of a process that count (40; small bodies 20 times as many), after 60 that do not
  --peers all|none  none measures prom-emf alone (all); npm run bench:peers builds them
  --json            the results as JSON, a line
  --out FILE        with --json: also put them into the JSON array in FILE, in place of those of the same groups
  --tables FILE     the tables of such a file; with --out in place of those in a Markdown file

Results are on stdout, progress is on stderr. What is measured has core 0 for itself where taskset is there; everything
else is on core 1. Linux only. Leave the machine alone meanwhile. Run npm run build first after a change.
Exit status: 0 done, 1 the work failed or ours and the collector wrote different values, 2 usage.

Examples:
  npm run bench -- --quick http
  npm run bench -- http jmx-100k
  npm run bench -- --peers none --rounds 30 memory
  npm run --silent bench -- --json --out docs/measurements/performance.json
  npm run --silent bench -- --tables docs/measurements/performance.json --out docs/performance.md
`;

/** The command line of `npm run bench`. @throws {UsageError} */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parsed(args);
  if (values.help === true) return { kind: 'help' };
  const { tables: file, out, json = false, quick = false } = values;
  if (file !== undefined) {
    if (positionals.length > 0) throw new UsageError('--tables: expected no groups with it');
    return { kind: 'tables', file, out };
  }
  if (out !== undefined && !json) throw new UsageError('--out: expected --json or --tables with it');
  const chosen = choose(positionals);
  if (chosen.corpora !== undefined && out !== undefined)
    throw new UsageError(
      `--out: expected no body with it, since the file holds whole groups; found ${chosen.corpora.join(', ')}`,
    );
  return {
    kind: 'run',
    ...chosen,
    quick,
    json,
    out,
    peers: peersOf(values.peers ?? 'all'),
    rounds: values.rounds === undefined ? undefined : roundsOf(values.rounds),
  };
}

/** What the names on the command line stand for: all groups, some of them, or those that measure a body. */
function choose(names: readonly string[]): { readonly groups: readonly Group[]; readonly corpora?: readonly string[] } {
  const bodies = CORPORA.filter(({ name }) => names.includes(name));
  const asked = names.filter((name) => !bodies.some((body) => body.name === name)).map(groupOf);
  const isAsked = (group: Group) => asked.length === 0 || asked.includes(group);
  if (bodies.length === 0) return { groups: GROUPS.filter(isAsked) };
  const corpora = bodies.map(({ name }) => name);
  const possible: readonly Group[] = bodies.some(isLarge) ? ['http', 'memory'] : ['http'];
  const other = asked.find((group) => !possible.includes(group));
  if (other !== undefined) throw new UsageError(`${other} does not measure ${corpora.join(', ')}`);
  return { groups: possible.filter(isAsked), corpora };
}

function parsed(args: readonly string[]) {
  const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
  const options = {
    quick: flag,
    json: flag,
    out: text,
    peers: text,
    rounds: text,
    tables: text,
    help: { ...flag, short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --help tells more`, { cause: error });
  }
}

function groupOf(text: string): Group {
  const group = GROUPS.find((each) => each === text);
  if (group === undefined)
    throw new UsageError(
      `expected a group (${GROUPS.join(', ')}), found ${JSON.stringify(text)}, which is no body either; --help tells more`,
    );
  return group;
}

function peersOf(text: string): boolean {
  if (text === 'all' || text === 'none') return text === 'all';
  throw new UsageError(`--peers: expected all or none, found ${JSON.stringify(text)}`);
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!/^\d+$/.test(text) || rounds < 1)
    throw new UsageError(`--rounds: expected a whole number from 1 up, found ${JSON.stringify(text)}`);
  return rounds;
}
