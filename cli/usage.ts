import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError, startOf } from '../lib/document/problem.ts';

/** The command line is not as the help says: exit status 2. */
export class UsageError extends Error {}

export type Command = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Returns the exit status. */
  readonly run: (args: readonly string[]) => Promise<number>;
};

/** Parses options strictly. @throws {UsageError} naming what is wrong and where help is. */
export function parseOptions<const Config extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: Config,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. prom-emf ${command} --help tells more`);
  }
}

/** The value of an option that takes one of a few. @throws {UsageError} naming them. */
export function choose<const Choice extends string>(option: string, value: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw new UsageError(`${option}: expected ${choices.join(' or ')}, found ${JSON.stringify(value)}`);
}

/** The text of a file that was named on the command line. @throws {ConfigError} with the file as its place. */
export async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    const text = `cannot be read: ${reason}`;
    throw new ConfigError([{ severity: 'error', place: startOf(file), path: '', text }]);
  }
}
