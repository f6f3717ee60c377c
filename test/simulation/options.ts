import { parseArgs } from 'node:util';
import { parseDuration } from '../../lib/prometheus/duration.ts';

/** The command line is not as the help says. */
export class UsageError extends Error {}

/** What to simulate. */
export type RunOptions = {
  readonly tasks: number;
  readonly families: number;
  readonly clusters: number;
  readonly cycles: number;
  readonly churn: number;
  readonly series: number;
  readonly scrapers: number;
  readonly seed: number;
  readonly intervalSeconds: number;
};

export type SimulateOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'tables'; readonly file: string; readonly out: string | undefined }
  | (RunOptions & { readonly kind: 'run'; readonly json: boolean; readonly out: string | undefined });

const NUMBERS = {
  tasks: '1000',
  families: '50',
  clusters: '1',
  cycles: '5',
  churn: '0.01',
  series: '100',
  scrapers: '2',
  seed: '1',
} as const;
type NumberName = keyof typeof NUMBERS;

/** The command line of `simulate`. @throws {UsageError} */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions {
  const { values } = parsed(args);
  if (values.help === true) return { kind: 'help' };
  const { tables: file, out } = values;
  if (file !== undefined) return { kind: 'tables', file, out };
  const json = values.json === true;
  if (out !== undefined && !json) throw new UsageError('--out: expected --json or --tables with it');
  const numbers = Object.fromEntries(
    Object.entries(NUMBERS).map(([name, byDefault]) => [
      name,
      numberOf(name as NumberName, values[name as NumberName] ?? byDefault),
    ]),
  ) as Record<NumberName, number>;
  if (numbers.families < numbers.clusters)
    throw new UsageError(
      `--families: expected at least as many as clusters, found ${numbers.families} in ${numbers.clusters}`,
    );
  return { kind: 'run', json, out, ...numbers, intervalSeconds: secondsOf(values.interval ?? '60s') };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const numbers = {
    tasks: text,
    families: text,
    clusters: text,
    cycles: text,
    churn: text,
    series: text,
    scrapers: text,
    seed: text,
  };
  const flag = { type: 'boolean' } as const;
  const options = {
    ...numbers,
    interval: text,
    out: text,
    tables: text,
    json: flag,
    help: { ...flag, short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --help tells more`);
  }
}

function numberOf(name: NumberName, text: string): number {
  const value = Number(text);
  const isFine =
    name === 'churn' ? value >= 0 && value <= 1 : Number.isInteger(value) && value >= (name === 'tasks' ? 0 : 1);
  const expected = name === 'churn' ? 'a number from 0 to 1' : 'a whole number';
  if (text === '' || !isFine) throw new UsageError(`--${name}: expected ${expected}, found ${JSON.stringify(text)}`);
  return value;
}

function secondsOf(text: string): number {
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds >= 15_000) return milliseconds / 1000;
  } catch {
    // Told below.
  }
  throw new UsageError(`--interval: expected a duration of at least 15s, such as 60s, found ${JSON.stringify(text)}`);
}
