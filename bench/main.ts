import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceTables } from './cost/document.ts';
import { measureCold } from './groups/cold.ts';
import { measureGrowth } from './groups/growth.ts';
import { APART, measureHttp } from './groups/http.ts';
import { measureMemory } from './groups/memory.ts';
import { type Group, type Measurement, mergeMeasurements, parseMeasurements, ratiosOf } from './measurement.ts';
import { type BenchOptions, HELP, parseBenchOptions, UsageError } from './options.ts';
import { missingPeers, OURS, peerVersions } from './peers.ts';
import { type Measure, type Plan, planOf } from './plan.ts';
import { stayAside } from './processes.ts';
import { performanceTables, renderTables } from './tables.ts';

/** `npm run bench`: what the scrape cycle takes, beside peers. docs/performance.md */

const MEASURES = {
  http: measureHttp,
  memory: measureMemory,
  cold: measureCold,
  growth: measureGrowth,
} as const satisfies Readonly<Record<Group, Measure>>;

async function main(args: readonly string[]): Promise<void> {
  const options = parseBenchOptions(args);
  if (options.kind === 'help') process.stdout.write(HELP);
  else if (options.kind === 'tables') showTables(options.file, options.out);
  else await run(options);
}

async function run(options: Extract<BenchOptions, { kind: 'run' }>): Promise<void> {
  const { groups, json, out } = options;
  const tell = (text: string) => void process.stderr.write(`${text}\n`);
  const known = out === undefined ? [] : readMeasurements(out);
  const missing = options.peers ? missingPeers() : undefined;
  if (missing !== undefined) tell(missing);
  const folder = mkdtempSync(join(tmpdir(), 'prom-emf-bench-'));
  const pinned = stayAside();
  if (!pinned) tell('taskset -c 1 does not work here: what is measured shares its core');
  try {
    const plan = planOf(options, { peers: options.peers && missing === undefined, folder, tell });
    const measured: Measurement[] = [];
    for (const group of groups) {
      measured.push(await measure(group, plan, pinned));
      // After each, since a later one may fail.
      if (out !== undefined) writeFileSync(out, mergeMeasurements(known, measured));
    }
    process.stdout.write(json ? `${JSON.stringify(measured)}\n` : renderTables(measured));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(group: Group, plan: Plan, pinned: boolean): Promise<Measurement> {
  const figures = [...(await MEASURES[group](plan))];
  const processors = cpus();
  const hasPeers = plan.peers && (group === 'http' || group === 'memory');
  return {
    group,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    pinned,
    quick: plan.quick,
    peers: hasPeers ? peerVersions() : {},
    figures,
    ratios: hasPeers ? ratiosOf(figures, [OURS, APART], ['cpu', 'rss']) : [],
  };
}

function readMeasurements(file: string): readonly Measurement[] {
  return existsSync(file) ? parseMeasurements(readFileSync(file, 'utf8'), file) : [];
}

function showTables(file: string, out: string | undefined): void {
  const measurements = parseMeasurements(readFileSync(file, 'utf8'), file);
  if (out === undefined) process.stdout.write(renderTables(measurements));
  else writeFileSync(out, replaceTables(readFileSync(out, 'utf8'), performanceTables(measurements)));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
