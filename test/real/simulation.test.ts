import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CycleFigures } from '../simulation/figures.ts';
import { churn, deploy, passMinute, stopTask } from '../simulation/fleet.ts';
import { type Disorder, ORDERLY } from '../simulation/poller.ts';
import { type Simulation, startSimulation } from '../simulation/simulation.ts';

const DISORDER: Disorder = { duplicates: 0.3, delayed: 0.2, reordered: true };

/** So many minutes: work, replaced tasks, and a tick whose messages come as `disorder` says. */
async function minutes(
  simulation: Simulation,
  count: number,
  disorder = ORDERLY,
  replaced = 0.02,
): Promise<readonly CycleFigures[]> {
  const cycles: CycleFigures[] = [];
  for (let minute = 0; minute < count; minute++) {
    passMinute(simulation.fleet);
    churn(simulation.fleet, replaced);
    cycles.push(await simulation.cycle(disorder));
  }
  return cycles;
}

function expectWithinBound(cycles: readonly CycleFigures[]): void {
  for (const { ecs } of cycles) expect(ecs.calls).toBeLessThanOrEqual(ecs.bound);
}

// On an older Node the SDK tells on stderr that it will be too old one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// The tests stand on each other's results: one site, minute by minute.
describe('1,000 tasks in 50 families and two clusters', () => {
  let simulation: Simulation;
  beforeAll(async () => {
    simulation = await startSimulation({ tasks: 1000, families: 50, clusters: 2, series: 40 });
  });
  afterAll(() => simulation.stop());

  it('are all found at the first tick, whatever their network mode', async () => {
    const first = await simulation.cycle();
    expect(first).toMatchObject({ tasks: 1000, targets: 1000 });
    expect(first.ecs.new_task_definitions).toBe(50);
    expectWithinBound([first]);
    // Gauges alone: a counter needs two scrapes.
    expect(simulation.counters()).toMatchObject({ emitted: 0, faults: [] });
  });

  it('are scraped minute by minute while 2 % of them are replaced', async () => {
    const cycles = await minutes(simulation, 2);
    expectWithinBound(cycles);
    for (const { targets, metrics } of cycles) expect([targets, metrics]).toEqual([1000, 50 * 6]);
    const { counters, increase, emitted, faults } = simulation.counters();
    expect(faults).toEqual([]);
    expect(counters).toBe(50 * 4);
    expect(emitted).toBe(increase);
    expect(increase).toBeGreaterThan(1_000_000);
  });

  it('give every increase exactly once though messages come twice, late and in any order', async () => {
    const cycles = await minutes(simulation, 3, DISORDER);
    expectWithinBound(cycles);
    const total = (figure: (cycle: CycleFigures) => number) => cycles.reduce((sum, cycle) => sum + figure(cycle), 0);
    expect(total(({ scrape }) => scrape.invocations)).toBeGreaterThan(total(({ queue }) => queue.messages));
    // No tick gives a sample twice, not even that of a gauge.
    expect(total(({ values }) => values)).toBeLessThanOrEqual(6 * total(({ targets }) => targets));
    // What is still held back came too late for its own tick; the next tick carries its increase.
    await minutes(simulation, 1);
    expect(simulation.counters().faults).toEqual([]);
    expect(simulation.poller.deadLetters).toEqual([]);
  });

  it('are followed through a rolling deployment, one call for the new task definition', async () => {
    const family = simulation.fleet.families[2]!;
    deploy(simulation.fleet, family);
    const cycles = await minutes(simulation, 5, ORDERLY, 0);
    expectWithinBound(cycles);
    expect(cycles.map(({ ecs }) => ecs.new_task_definitions)).toEqual([1, 0, 0, 0, 0]);
    expect(cycles.map(({ discover }) => discover.calls.DescribeTaskDefinition ?? 0)).toEqual([1, 0, 0, 0, 0]);
    // The new tasks of each minute have no port yet, and are targets from the next one on.
    expect(cycles.map(({ tasks, targets }) => tasks - targets)).toEqual([5, 5, 5, 5, 0]);
    expect(simulation.counters().faults).toEqual([]);
  });

  it('lose nothing though S3 loses answers and refuses writes', async () => {
    const ends = [
      simulation.aws.addFault({
        service: 's3',
        operation: 'PutObject',
        caller: 'scrape',
        effect: 'lost_response',
        rate: 0.1,
      }),
      simulation.aws.addFault({
        service: 's3',
        operation: 'PutObject',
        caller: 'scrape',
        effect: 'throttled',
        rate: 0.1,
      }),
    ];
    await minutes(simulation, 1);
    for (const end of ends) end();
    await minutes(simulation, 1);
    expect(simulation.counters().faults).toEqual([]);
  });

  it('are all gone: a cluster without tasks takes one call and sends nothing', async () => {
    for (const task of [...simulation.fleet.tasks.values()]) stopTask(simulation.fleet, task);
    const empty = await simulation.cycle();
    expect(empty).toMatchObject({
      tasks: 0,
      targets: 0,
      metrics: 0,
      queue: { messages: 0 },
      ecs: { calls: 2, bound: 2 },
    });
    expect(simulation.counters().faults).toEqual([]);
  });
});

describe('10,000 tasks in 50 families', () => {
  let simulation: Simulation;
  let first: CycleFigures;
  beforeAll(async () => {
    simulation = await startSimulation({ tasks: 10_000, families: 50, series: 10 });
    first = await simulation.cycle();
  });
  afterAll(() => simulation.stop());

  it('take two calls for every 100 tasks, one for each new task definition, and the look-ups of instances', async () => {
    expect(first).toMatchObject({ tasks: 10_000, targets: 10_000, ecs: { pages: 200, new_task_definitions: 50 } });
    const [second] = await minutes(simulation, 1);
    expect(second).toMatchObject({ targets: 10_000, ecs: { pages: 200, new_task_definitions: 0 } });
    expectWithinBound([first, second!]);
    const { increase, faults } = simulation.counters();
    expect(faults).toEqual([]);
    expect(increase).toBeGreaterThan(1_000_000);
  });
});
