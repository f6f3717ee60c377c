import type { Emitted } from './emitted.ts';
import { selectedSeries, stepOf } from './exporter.ts';
import type { Scrapes } from './scrapes.ts';

/** What the exporters' counters rose by between the first and the last scrape that counts, and what was emitted. */
export type CounterCheck = {
  readonly counters: number;
  readonly increase: number;
  readonly emitted: number;
  /** Each counter of a family that is not emitted exactly once, with both sums; the first few. */
  readonly faults: readonly string[];
};

const SHOWN_FAULTS = 10;

/** Compares counter by counter, each over all tasks of a family: an increase that is lost or doubled shows. */
export function checkCounters(scrapes: Scrapes, emitted: Emitted, series: number): CounterCheck {
  const { counters } = selectedSeries(series);
  const work = new Map<string, number>();
  for (const { task, firstWork, lastWork } of scrapes.values())
    work.set(task.family.name, (work.get(task.family.name) ?? 0) + lastWork - firstWork);
  const expected = new Map<string, number>();
  for (const [family, done] of work)
    for (let i = 0; i < counters; i++) expected.set(`${family} fleet_work_${i}_total`, done * stepOf(i));
  const found = new Map<string, number>();
  for (const { name, dimensions, sum } of emitted.sums.values())
    if (name.startsWith('fleet_work_')) found.set(`${dimensions.get('TaskDefinitionFamily')} ${name}`, sum);
  const faults = [...new Set([...expected.keys(), ...found.keys()])].flatMap((key) => {
    const [rose = 0, gave = 0] = [expected.get(key), found.get(key)];
    return rose === gave ? [] : [`${key}: rose by ${rose}, emitted ${gave}`];
  });
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  return {
    counters: expected.size,
    increase: sum(expected.values()),
    emitted: sum(found.values()),
    faults: faults.slice(0, SHOWN_FAULTS),
  };
}
