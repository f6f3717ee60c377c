import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replaceTables } from '../../bench/cost/document.ts';
import {
  figureOf,
  GROUPS,
  type Measurement,
  mergeMeasurements,
  parseMeasurements,
  ratiosOf,
} from '../../bench/measurement.ts';
import { performanceTables, renderTables } from '../../bench/tables.ts';

const pathOf = (file: string) => fileURLToPath(new URL(`../../docs/${file}`, import.meta.url));
const measurements = parseMeasurements(readFileSync(pathOf('measurements/performance.json'), 'utf8'), 'the file');

describe('docs/performance.md', () => {
  const text = readFileSync(pathOf('performance.md'), 'utf8');

  it('shows the tables of docs/measurements/performance.json', () => {
    expect(text).toBe(replaceTables(text, performanceTables(measurements)));
  });

  it('shows all groups, measured at length, beside peers', () => {
    expect(measurements.map(({ group }) => group)).toEqual(GROUPS);
    expect(measurements.filter(({ quick, pinned }) => quick || !pinned)).toEqual([]);
    const compared = measurements.filter(({ ratios }) => ratios.length > 0).map(({ group }) => group);
    expect(compared).toEqual(['http', 'memory']);
  });
});

const http: Measurement = {
  group: 'http',
  date: '2026-01-01',
  node: 'v20.0.0',
  cpu: 'some',
  cores: 2,
  pinned: true,
  quick: false,
  peers: {},
  figures: [
    figureOf({ subject: 'a', by: 'prom-emf', what: 'cpu', unit: 'ms' }, [30, 10, 20]),
    figureOf({ subject: 'a', by: 'collector', what: 'cpu', unit: 'ms' }, [50]),
    figureOf({ subject: 'b', by: 'collector', what: 'cpu', unit: 'ms' }, [1]),
  ],
  ratios: [],
};

describe('a figure', () => {
  const names = { subject: 'a', by: 'prom-emf', what: 'cpu', unit: 'ms' };
  it.each([
    { values: [3, 1, 2], expected: { median: 2, min: 1, max: 3, of: 3 } },
    { values: [4, 1, 2, 3], expected: { median: 2.5, min: 1, max: 4, of: 4 } },
    { values: [1234.5, 0.012_345], expected: { median: 617, min: 0.0123, max: 1235, of: 2 } },
  ])('is the median of $values', ({ values, expected }) => {
    expect(figureOf(names, values)).toEqual({ ...names, ...expected });
  });

  it('is refused without values', () => {
    expect(() => figureOf(names, [])).toThrow('a, prom-emf, cpu: nothing was measured');
  });
});

describe('ratios', () => {
  it('are those of medians where both were measured', () => {
    expect(ratiosOf(http.figures, ['prom-emf'], ['cpu'])).toEqual([
      { subject: 'a', what: 'cpu', by: 'prom-emf', peer: 'collector', ratio: 2.5 },
    ]);
  });
});

describe('the tables', () => {
  it('have cells for what was measured', () => {
    const table = performanceTables([{ ...http, ratios: ratiosOf(http.figures, ['prom-emf'], ['cpu']) }]).http ?? '';
    const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells[2]).toEqual(['', 'a', '', '20 (10-30)', '', '50', '2.5', '', '', '', '', '']);
    expect(cells[3]).toEqual(['', 'b', '', '', '', '1', '', '', '', '', '', '']);
  });

  it('say what was not measured, and leave it out on a terminal', () => {
    expect(performanceTables([http]).memory).toBe('Not measured.\n');
    expect(renderTables([http])).toMatch(/^machine\n[\s\S]*\nhttp\n/);
    expect(renderTables([http])).not.toContain('Not measured');
  });
});

describe('a file of measurements', () => {
  it('has one entry of each group, the newest', () => {
    const memory: Measurement = { ...http, group: 'memory' };
    const merged = JSON.parse(mergeMeasurements([memory, http], [{ ...http, node: 'v24.0.0' }])) as Measurement[];
    expect(merged.map(({ group, node }) => [group, node])).toEqual([
      ['http', 'v24.0.0'],
      ['memory', 'v20.0.0'],
    ]);
  });

  it('is refused with the place of what is wrong', () => {
    expect(() => parseMeasurements('[{"group":"disk"}]', 'x.json')).toThrow(/^x\.json: 0\.group: /);
  });
});
