import { readFileSync, writeFileSync } from 'node:fs';
import { addMeasurement, type Measurement, readMeasurements } from './measurements.ts';
import { parseSimulateOptions, UsageError } from './options.ts';
import { runSimulation } from './run.ts';
import { renderTable, replaceTables } from './tables.ts';

/** `npm run simulate`: a fleet behind the AWS protocol, and what the bundles of dist need for it. */

const HELP = `simulate: the bundles of dist over a fleet that exists only on loopback

Usage: npm run simulate -- [OPTIONS]
       npm run simulate -- --tables FILE [--out FILE.md]

  --tasks N         tasks of the fleet (1000)
  --families N      task families, each with documents of its own (50)
  --clusters N      ECS clusters, among which the families are divided (1)
  --cycles N        ticks after the first, cold one (5)
  --churn SHARE     share of the tasks that is replaced between two ticks (0.01)
  --interval TIME   scrape_interval of every job (60s); below a minute each tick takes a minute
  --series N        series of each target; of these 10 % are counters and 5 % gauges that are selected (100)
  --scrapers N      processes of scrape at once (2)
  --seed N          another fleet and another course of events (1)
  --json            the result as JSON, a line
  --out FILE        with --json: also put it into the JSON array in FILE, in place of one of the same settings
  --tables FILE     the tables of such a file; with --out also in place of those in a Markdown file

Results are on stdout, progress is on stderr. Wall and CPU times are those of this machine, with a whole core for each
process. Exit status: 0 done, 1 a counter was not emitted exactly once or the work failed, 2 usage.
Linux only: the exporters answer at every address of 127.64.0.0/10. Run npm run build first after a change.

Examples:
  npm run simulate -- --tasks 10 --families 5 --cycles 2
  npm run simulate -- --tasks 10000 --families 500 --clusters 1 --cycles 5 --churn 0.01
  npm run --silent simulate -- --tasks 1000 --interval 15s --json --out docs/measurements/simulation.json
  npm run --silent simulate -- --tables docs/measurements/simulation.json --out docs/scale.md
`;

async function main(args: readonly string[]): Promise<number> {
  const options = parseSimulateOptions(args);
  if (options.kind === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.kind === 'tables') return showTables(options.file, options.out);
  const measured = await runSimulation(options, (text) => void process.stderr.write(`${text}\n`));
  const { json, out } = options;
  process.stdout.write(json ? `${JSON.stringify(measured)}\n` : textOf(measured));
  if (out !== undefined) writeFileSync(out, addMeasurement(readMeasurements(out), measured));
  return measured.counters.faults.length === 0 ? 0 : 1;
}

function textOf({ cold, cycle, counters }: Measurement): string {
  const table = renderTable([
    { title: 'first tick', figures: cold },
    { title: 'median of the others', figures: cycle },
  ]);
  const { faults, counters: count, increase, emitted } = counters;
  const check = `${count} counters rose by ${increase}, emitted were ${emitted}`;
  return `${[table, faults.length === 0 ? `${check}: each exactly once` : check, ...faults].join('\n')}\n`;
}

function showTables(file: string, out: string | undefined): number {
  const measurements = readMeasurements(file);
  if (out === undefined) process.stdout.write(replaceTables(undefined, measurements));
  else writeFileSync(out, replaceTables(readFileSync(out, 'utf8'), measurements));
  return 0;
}

// On an older Node the SDK tells on stderr that it will be too old one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`simulate: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
});
