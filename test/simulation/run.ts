import { type CycleFigures, medianCycle } from './figures.ts';
import { churn, passMinute } from './fleet.ts';
import type { Measurement } from './measurements.ts';
import type { RunOptions } from './options.ts';
import { startSimulation } from './simulation.ts';

/** Runs a cold cycle and some more; `tell` is called with a line as each one ends. */
export async function runSimulation(options: RunOptions, tell: (text: string) => void): Promise<Measurement> {
  const { tasks, families, clusters, cycles, churn: share, series, intervalSeconds } = options;
  tell(`${tasks} tasks in ${families} families: starting`);
  const simulation = await startSimulation(options);
  try {
    const measured: CycleFigures[] = [];
    for (let cycle = 0; cycle <= cycles; cycle++) {
      if (cycle > 0) {
        passMinute(simulation.fleet);
        churn(simulation.fleet, share);
      }
      const figures = await simulation.cycle();
      measured.push(figures);
      const { discover, scrape, targets } = figures;
      const times = `discover ${discover.wall_ms} ms, scrape ${scrape.wall_ms} ms in ${scrape.invocations} invocations`;
      tell(`tick ${cycle} of ${cycles}: ${targets} targets, ${times}`);
    }
    const [cold, ...steady] = measured as [CycleFigures, ...CycleFigures[]];
    const settings = { tasks, families, clusters, interval_s: intervalSeconds, series, churn: share };
    const node = process.version;
    return { ...settings, node, cold, cycle: medianCycle(steady), counters: simulation.counters() };
  } finally {
    await simulation.stop();
  }
}
