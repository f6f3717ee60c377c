import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stackLoad } from '../../../bench/cost/load.ts';
import { parseMeasurements } from '../../../bench/cost/measurements.ts';
import { ANSWERS, CHANGES, defaultPlan } from '../../../bench/cost/scenarios.ts';
import { costTables, partsOf } from '../../../bench/cost/sheet.ts';
import { stackUsage } from '../../../lib/cloudwatch/price/stack-usage.ts';
import { MEASUREMENT } from './measurement.ts';

const SLOW = ANSWERS['all take 5 s'];
const pathOf = (file: string) => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const COMMAND = pathOf('dist/bench/cost.js');
const folder = mkdtempSync(join(tmpdir(), 'cost-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('docs/cost.md', () => {
  it('is what npm run cost makes of the measurements', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [COMMAND], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(pathOf('docs/cost.md'), 'utf8')).toBe(stdout);
  });

  const file = 'docs/measurements/simulation.json';
  const measured = parseMeasurements(readFileSync(pathOf(file), 'utf8'), file);
  const parts = (tasks: number, intervalS: number) => {
    const found = measured.find((each) => each.tasks === tasks);
    return found === undefined ? [] : partsOf(found, intervalS);
  };

  it('names the parts that are the largest', () => {
    const largest = (tasks: number, intervalS: number) =>
      parts(tasks, intervalS)
        .toSorted((a, b) => b.usd - a.usd)
        .map(({ name }) => name);
    const fixed = 'self-metrics, alarms, dashboard';
    expect([10, 100].map((tasks) => largest(tasks, 60)[0])).toEqual([fixed, fixed]);
    expect(largest(1000, 60).slice(0, 3).sort()).toEqual(['Lambda', 'S3', fixed]);
    expect(largest(10_000, 60).slice(0, 2).sort()).toEqual(['Lambda', 'S3']);
  });

  it('costs what the README says', () => {
    const [ten, thousand, tenThousand] = [10, 1000, 10_000].map((tasks) =>
      Math.round(parts(tasks, 60).reduce((sum, { usd }) => sum + usd, 0)),
    );
    expect(readFileSync(pathOf('README.md'), 'utf8')).toContain(
      `a stack costs about $${ten} a month for 10 tasks, $${thousand} for 1,000 and $${tenThousand} for 10,000`,
    );
  });

  it('says whether the goal is reached', () => {
    expect(costTables([MEASUREMENT]).goal).toMatch(/: it is not reached yet, with \d\.\d\d cents\.\n$/);
    const { discover, scrape, queue } = MEASUREMENT.cycle;
    const once = { ...scrape, invocations: 1, cpu_ms: 1, stderr_bytes: 1, calls: {} };
    const light = { ...MEASUREMENT.cycle, discover: { ...discover, calls: {} }, scrape: once, queue };
    const { goal } = costTables([{ ...MEASUREMENT, series: 1, cycle: light }]);
    expect(goal).toMatch(/: it is reached, with 0\.\d\d cents\.\n$/);
  });

  it('shows other measurements in other tables', () => {
    const file = join(folder, 'one.json');
    writeFileSync(file, JSON.stringify([MEASUREMENT]));
    const text = execFileSync(process.execPath, [COMMAND, '--measurements', file], { encoding: 'utf8' });
    for (const table of Object.values(costTables([MEASUREMENT]))) expect(text).toContain(table);
    expect(text).toContain('1,000 tasks, 20 families');
  });
});

describe('npm run cost', () => {
  it.each([
    { name: 'an unknown option', args: ['--all'], status: 2, message: /^cost: Unknown option '--all'/ },
    { name: 'no such file', args: ['--measurements', join(folder, 'none')], status: 1, message: /^cost: ENOENT/ },
  ])('refuses $name', ({ args, status, message }) => {
    const done = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
    expect(done.status).toBe(status);
    expect(done.stdout).toBe('');
    expect(done.stderr).toMatch(message);
  });
});

describe('measurements', () => {
  const { cycle } = MEASUREMENT;
  it.each([
    {
      name: 'of another shape',
      text: JSON.stringify([{ ...MEASUREMENT, cycle: { ...cycle, queue: {} } }]),
      error: 'm.json: 0.cycle.queue.bytes: Invalid key: Expected "bytes" but received undefined',
    },
    { name: 'that are none', text: '{}', error: 'm.json: the file: Invalid type: Expected Array but received Object' },
    {
      name: 'of other intervals alone',
      text: JSON.stringify([{ ...MEASUREMENT, interval_s: 15 }]),
      error: 'm.json: expected a measurement with interval_s 60, found none',
    },
  ])('$name are refused', ({ text, error }) => {
    expect(() => parseMeasurements(text, 'm.json')).toThrow(new Error(error));
  });

  it('without the fleet of the goal make no sheet', () => {
    expect(() => costTables([{ ...MEASUREMENT, tasks: 10 }])).toThrow(
      new Error('expected a measurement with 1000 tasks, found none'),
    );
  });
});

describe('a change', () => {
  const plan = defaultPlan(stackLoad(MEASUREMENT, { intervalS: 60, answerTimes: SLOW }));
  const before = stackUsage(plan.load, plan.settings).running;

  it.each(CHANGES)(
    '$name touches what it says, and nothing grows but self-metrics and dashboards',
    ({ name, apply }) => {
      const changed = apply(plan);
      const after = stackUsage(changed.load, changed.settings).running;
      const grown = Object.entries(after).filter(
        ([price, quantity]) => quantity > (before[price as 'dashboards'] ?? 0),
      );
      const ofFamilies = name.includes('family') ? ['logs_ingested_gb', 'logs_stored_gb_months', 'custom_metrics'] : [];
      const own = name.includes('cluster') ? ['custom_metrics'] : ofFamilies;
      const allowed = name.includes('dashboard') ? ['dashboards'] : own;
      expect(grown.map(([price]) => price).sort()).toEqual(allowed.sort());
      expect(after).not.toEqual(before);
    },
  );
});
