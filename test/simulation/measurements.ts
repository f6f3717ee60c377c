import { existsSync, readFileSync } from 'node:fs';
import type { CounterCheck } from './counter-check.ts';
import type { CycleFigures } from './figures.ts';

/** What a simulation came to: an entry of docs/measurements/simulation.json. */
export type Measurement = {
  readonly tasks: number;
  readonly families: number;
  readonly clusters: number;
  readonly interval_s: number;
  readonly series: number;
  /** Share of the tasks that was replaced between two ticks. */
  readonly churn: number;
  /** The version that ran the functions. */
  readonly node: string;
  /** The first tick, of which nothing is known yet. */
  readonly cold: CycleFigures;
  /** The median of each figure over all others. */
  readonly cycle: CycleFigures;
  readonly counters: CounterCheck;
};

/** The entries of a file; none where there is no such file. */
export function readMeasurements(file: string): readonly Measurement[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Measurement[]) : [];
}

/** The entries as the text of a file, with this one in place of an older one of the same settings. */
export function addMeasurement(measurements: readonly Measurement[], added: Measurement): string {
  const keyOf = ({ tasks, families, clusters, interval_s, series }: Measurement) =>
    JSON.stringify([tasks, families, clusters, interval_s, series]);
  const others = measurements.filter((each) => keyOf(each) !== keyOf(added));
  const sorted = [...others, added].sort(
    (a, b) => b.interval_s - a.interval_s || a.series - b.series || a.tasks - b.tasks || a.families - b.families,
  );
  return `${JSON.stringify(sorted, null, 2)}\n`;
}
