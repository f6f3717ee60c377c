import type { Measurement } from '../../../bench/cost/measurements.ts';
import { GOAL } from '../../../bench/cost/sheet.ts';

/** A small fleet in the shape of docs/measurements/simulation.json. */
export const MEASUREMENT: Measurement = {
  tasks: GOAL.tasks,
  families: 20,
  clusters: 1,
  interval_s: 60,
  series: 100,
  cycle: {
    targets: GOAL.tasks,
    discover: {
      wall_ms: 240,
      cpu_ms: 200,
      stdout_bytes: 580,
      stderr_bytes: 1250,
      calls: { ListTasks: 10, DescribeTasks: 10, GetObject: 1, PutObject: 1 },
    },
    scrape: {
      wall_ms: 3300,
      cpu_ms: 1500,
      stdout_bytes: 800_000,
      stderr_bytes: 60_000,
      invocations: 16,
      calls: { GetObject: 32, PutObject: 32 },
    },
    queue: { bytes: 580_000 },
    state_bytes: 75_000,
  },
};
