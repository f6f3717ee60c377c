import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addMeasurement, type Measurement, readMeasurements } from './measurements.ts';
import { replaceTables } from './tables.ts';

const pathOf = (file: string) => fileURLToPath(new URL(`../../docs/${file}`, import.meta.url));
const measurements = readMeasurements(pathOf('measurements/simulation.json'));

describe('docs/scale.md', () => {
  it('shows the tables of docs/measurements/simulation.json', () => {
    const text = readFileSync(pathOf('scale.md'), 'utf8');
    expect(text).toBe(replaceTables(text, measurements));
  });

  it('shows a fleet of 10,000 tasks, within the bound of calls and with each increase emitted once', () => {
    expect(measurements.map(({ tasks }) => tasks)).toContain(10_000);
    for (const { cold, cycle, counters } of measurements) {
      for (const { ecs } of [cold, cycle]) expect(ecs.calls).toBeLessThanOrEqual(ecs.bound);
      expect(counters.faults).toEqual([]);
    }
  });
});

describe('replaceTables', () => {
  it('refuses a text without marks', () => {
    expect(() => replaceTables('# Scale\n', measurements)).toThrow(
      'expected a line <!-- tables: begin --> and, after it, a line <!-- tables: end --> around the tables, found neither or one',
    );
  });
});

describe('addMeasurement', () => {
  it('puts an entry in place of the one with its settings, in the order of tasks', () => {
    const [some] = measurements as readonly [Measurement];
    const entry = (tasks: number, node: string): Measurement => ({ ...some, tasks, node });
    const written = addMeasurement([entry(10, 'old'), entry(1000, 'old')], entry(10, 'new'));
    const added = addMeasurement(JSON.parse(written) as Measurement[], entry(100, 'new'));
    const found = (JSON.parse(added) as Measurement[]).map(({ tasks, node }) => [tasks, node]);
    expect(found).toEqual([
      [10, 'new'],
      [100, 'new'],
      [1000, 'old'],
    ]);
  });
});
