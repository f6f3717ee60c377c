import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceTables } from './document.ts';
import { parseMeasurements } from './measurements.ts';
import { costTables } from './sheet.ts';

/** `npm run cost`: docs/cost.md with its tables calculated anew, on stdout or in place. */

const HELP = `cost: what the stack costs a month, from measurements and dated prices

Usage: npm run --silent cost -- [OPTIONS]

  --measurements FILE  what npm run simulate wrote (docs/measurements/simulation.json)
  --write              put the tables into docs/cost.md instead of printing it
  --help

Exit status: 0 done, 1 the work failed, 2 usage.
`;

const pathOf = (file: string) => fileURLToPath(new URL(`../../docs/${file}`, import.meta.url));

class UsageError extends Error {}

function main(args: readonly string[]): void {
  const { help, write, measurements: file } = optionsOf(args);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const document = pathOf('cost.md');
  const tables = costTables(parseMeasurements(readFileSync(file, 'utf8'), file));
  const text = replaceTables(readFileSync(document, 'utf8'), tables);
  if (write) writeFileSync(document, text);
  else process.stdout.write(text);
}

function optionsOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        measurements: { type: 'string', default: pathOf('measurements/simulation.json') },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`cost: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
