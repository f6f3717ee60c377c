import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../simulation/aws/faults.ts';
import type { DiscoverTick, ScrapeRun } from '../simulation/cycle.ts';
import { type Emitted, mergeEmitted, newEmitted } from '../simulation/emitted.ts';
import { deleteCluster, movePort, passMinute, startTask, stopTask } from '../simulation/fleet.ts';
import { type Disorder, ORDERLY } from '../simulation/poller.ts';
import { seededRandom, wholeNumber } from '../simulation/random.ts';
import { startSilentPort } from '../simulation/silent-port.ts';
import { type Simulation, type SimulationSettings, startSimulation } from '../simulation/simulation.ts';
import { type TickWatch, watchTicks } from '../simulation/tick-check.ts';
import { selfMetric, type Told, toldBy } from '../simulation/told.ts';

// docs/faults.md has a row for each test; test/faults.test.ts holds them together.

const SERIES = 20;
const TASKS = 160;
const SMALL = { tasks: TASKS, families: 10, clusters: 2, series: SERIES } as const;
const NONE = { 'cluster-0': 0, 'cluster-1': 0 };

/** What a minute came to. */
type Minute = {
  readonly tick: DiscoverTick;
  readonly run: ScrapeRun;
  readonly told: Told;
  /** Targets by cluster, of those clusters whose discovery reported. */
  readonly targets: Readonly<Record<string, number>>;
  /** A self-metric by cluster; absent where it was not written. */
  readonly metric: (name: string) => Readonly<Record<string, number>>;
};

/** The fleet works for a minute; then a tick. */
async function minute(simulation: Simulation, disorder: Disorder = ORDERLY): Promise<Minute> {
  passMinute(simulation.fleet);
  const tick = await simulation.discoverTick();
  return minuteOf(tick, await simulation.scrape(tick.messages, disorder));
}

function minuteOf(tick: DiscoverTick, run: ScrapeRun): Minute {
  const told = toldBy([tick.discover, ...run.scrapes]);
  const written: Emitted = newEmitted();
  for (const part of [tick.emitted, run.emitted]) mergeEmitted(written, part);
  const targets = told.reports.map(({ cluster, targets }) => {
    const count = Object.values(targets).reduce((sum, each) => sum + each, 0);
    return [cluster, count] as const;
  });
  return { tick, run, told, targets: Object.fromEntries(targets), metric: (name) => selfMetric(written, name) };
}

const EVERY_TARGET = { 'cluster-0': TASKS / 2, 'cluster-1': TASKS / 2 };

/** After a minute without a fault each increase has been emitted exactly once. */
async function expectNothingLost(simulation: Simulation): Promise<Minute> {
  const after = await minute(simulation);
  expect(after.targets).toEqual(EVERY_TARGET);
  expect(after.metric('TargetsUp')).toEqual(EVERY_TARGET);
  expect([after.metric('DiscoveryFailures'), after.metric('TargetsDown')]).toEqual([{}, NONE]);
  expect(simulation.counters().faults).toEqual([]);
  return after;
}

async function started(settings: Partial<SimulationSettings> = {}): Promise<Simulation> {
  const simulation = await startSimulation({ ...SMALL, ...settings });
  onTestFinished(() => simulation.stop());
  return simulation;
}

function textOf({ told }: Minute): string {
  return [...told.lines, ...told.reports.flatMap(({ failures }) => failures.map(({ reason }) => reason))].join('\n');
}

// On an older Node the SDK tells on stderr that it will be too old one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Each fault meets a site at work, ends, and leaves nothing behind: the tests stand on each other's results.
describe('a site at work', () => {
  let simulation: Simulation;
  let generations: () => readonly string[];
  beforeAll(async () => {
    simulation = await startSimulation(SMALL);
    for (let i = 0; i < 2; i++) await minute(simulation);
    generations = () =>
      [...simulation.aws.objects.keys()].filter((name) => /\/state\/[^/]*\/[^/]*\//.test(name)).sort();
  });
  afterAll(() => simulation.stop());

  /** A minute under these faults. */
  const under = async (...faults: readonly Fault[]): Promise<Minute> => {
    const ends = faults.map((fault) => simulation.aws.addFault(fault));
    try {
      return await minute(simulation);
    } finally {
      for (const end of ends) end();
    }
  };

  it('keeps its targets and its layout while DescribeTasks is throttled', async () => {
    const before = generations();
    for (const rate of [0.3, 0.7, 1]) {
      const met = await under({ service: 'ecs', operation: 'DescribeTasks', effect: 'throttled', rate });
      expect(met.targets).toEqual(EVERY_TARGET);
      if (rate < 1) continue;
      expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
      expect(textOf(met)).toContain('DescribeTasks: ThrottlingException: Rate exceeded');
    }
    await expectNothingLost(simulation);
    expect(generations()).toEqual(before);
  });

  it('keeps its targets while ListTasks is throttled, also when discover starts anew', async () => {
    const before = generations();
    for (const isCold of [false, true]) {
      if (isCold) await simulation.discover.kill();
      const met = await under({ service: 'ecs', operation: 'ListTasks', effect: 'throttled' });
      expect(met.targets).toEqual(EVERY_TARGET);
      expect(met.metric('TargetsUp')).toEqual(EVERY_TARGET);
      expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
      expect(textOf(met)).toMatch(/the next tick tries again; its tasks of 0 minutes ago are scraped/);
    }
    await expectNothingLost(simulation);
    expect(generations()).toEqual(before);
  });

  it('keeps the targets of a cluster that begins to deny access', async () => {
    const met = await under({ service: 'ecs', cluster: 'cluster-1', effect: 'access_denied' });
    expect(met.targets).toEqual(EVERY_TARGET);
    expect(met.metric('TargetsUp')).toEqual(EVERY_TARGET);
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-1': 1 });
    expect(textOf(met)).toContain('allow the role of discover to list and describe the tasks of this cluster');
    await expectNothingLost(simulation);
  });

  it('keeps its targets while the credentials of discover have expired', async () => {
    const met = await under({ service: 'ecs', effect: 'expired_token' });
    expect(met.targets).toEqual(EVERY_TARGET);
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
    expect(textOf(met)).toContain(
      'ExpiredTokenException: The security token included in the request is expired; its credentials have expired',
    );
    await expectNothingLost(simulation);
  });

  it('uses the documents that it knows while SSM is throttled', async () => {
    // Documents of five families are trusted for as many seconds.
    await sleep(5100);
    const met = await under({ service: 'ssm', effect: 'throttled' });
    expect(met.targets).toEqual(EVERY_TARGET);
    expect(textOf(met)).toMatch(/documents of cluster cluster-0 cannot be read: .*Rate exceeded; those of .* are used/);
    await expectNothingLost(simulation);
  });

  it('queues nothing while discover, started anew, cannot read documents', async () => {
    await simulation.discover.kill();
    const met = await under({ service: 'ssm', effect: 'throttled' });
    expect([met.tick.messages, met.targets]).toEqual([[], {}]);
    expect(met.tick.discover.error).toContain('Rate exceeded');
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
    await expectNothingLost(simulation);
  });

  it('writes nothing where its write of a state meets another one', async () => {
    const commit = { service: 's3', operation: 'PutObject', path: /\/state\/cluster-0\/.*\d$/ } as const;
    for (const status of [409, 412] as const) {
      const met = await under({ ...commit, effect: 'conflict', status });
      expect(met.metric('StateConflicts')).toEqual({ 'cluster-0': 1 });
      expect(met.metric('SamplesEmitted')).toEqual({ 'cluster-1': expect.any(Number) });
      expect(met.told.summaries.map(({ cluster, outcome }) => [cluster, outcome]).sort()).toEqual([
        ['cluster-0', 'lost_race'],
        ['cluster-1', 'emitted'],
      ]);
    }
    await expectNothingLost(simulation);
  });

  it('hands messages back while S3 refuses to give or take states', async () => {
    for (const operation of ['GetObject', 'PutObject']) {
      const fault = { service: 's3', operation, caller: 'scrape', effect: 'throttled' } as const;
      const met = await under({ ...fault, path: /\/state\/cluster-0\// });
      expect(met.metric('SamplesEmitted')).toEqual({ 'cluster-1': expect.any(Number) });
      expect(textOf(met)).toMatch(/^message message-\d+: .*Rate exceeded/);
      // The second time is minutes later, and too late for the tick; here it is not waited for.
      expect(simulation.poller.deadLetters.splice(0)).toHaveLength(1);
    }
    await expectNothingLost(simulation);
  });

  it('counts nothing twice and leaves no gap when S3 does what is asked and its answers are lost', async () => {
    // The last of three attempts is answered.
    const lost = { service: 's3', effect: 'lost_response', times: 2 } as const;
    const met = await under(
      { ...lost, operation: 'PutObject', path: /\/state\/cluster-0\/.*\d$/ },
      { ...lost, operation: 'PutObject', path: /\/state\/cluster-1\/.*\.confirmed$/ },
      { ...lost, operation: 'GetObject', path: /\/state\/cluster-1\/.*\d$/ },
      { ...lost, operation: 'GetObject', path: /\/layouts\/cluster-1$/ },
    );
    expect(met.metric('TargetsUp')).toEqual(EVERY_TARGET);
    expect(met.metric('StateConflicts')).toEqual({});
    expect((await expectNothingLost(simulation)).metric('Gaps')).toEqual({});
  });

  it('queues nothing for a cluster whose layout S3 does not give', async () => {
    const met = await under({ service: 's3', path: /\/layouts\/cluster-0$/, effect: 'throttled' });
    expect(met.targets).toEqual({ 'cluster-1': TASKS / 2 });
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1 });
    expect(textOf(met)).toMatch(/cluster cluster-0: .*Rate exceeded/);
    await expectNothingLost(simulation);
  });

  it('reads all anew when S3 gives and takes no snapshot', async () => {
    await simulation.discover.kill();
    const met = await under({ service: 's3', path: /\/snapshots\//, effect: 'throttled' });
    expect(met.targets).toEqual(EVERY_TARGET);
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 2, 'cluster-1': 2 });
    expect(textOf(met)).toMatch(/its snapshot cannot be read: .*all is read anew/);
    expect(textOf(met)).toMatch(/its snapshot cannot be stored: /);
    await expectNothingLost(simulation);
  });

  it('loses no increase when the queue takes no messages of a cluster', async () => {
    const refusal = { service: 'sqs', operation: 'SendMessageBatch', text: /cluster-0/, effect: 'throttled' } as const;
    const met = await under(refusal);
    expect(met.tick.messages).toHaveLength(1);
    expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-0': 1 });
    expect(textOf(met)).toMatch(/queue prom-emf-simulation-shards refused 1 of 1 messages: .*Rate exceeded/);
    await expectNothingLost(simulation);
  });

  it('emits a tick once though the queue delivers its messages twice', async () => {
    const met = await minute(simulation, { duplicates: 1, delayed: 0, reordered: true });
    expect(met.run.scrapes).toHaveLength(4);
    // At the same time, one of both loses the state; one after the other, it comes too late.
    const lost = ['StateConflicts', 'SupersededTicks'].map((name) => Object.values(met.metric(name)));
    expect(lost.flat().reduce((sum, each) => sum + each, 0)).toBe(2);
    expect(met.metric('TargetsUp')).toEqual(EVERY_TARGET);
    expect(simulation.counters().faults).toEqual([]);
    await expectNothingLost(simulation);
  });

  it('emits a tick once though the schedule gives it twice', async () => {
    const met = await minute(simulation);
    const again = await simulation.discoverTick(met.tick.dueAt);
    const second = minuteOf(again, await simulation.scrape(again.messages));
    expect(second.metric('SupersededTicks')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
    expect(second.metric('SamplesEmitted')).toEqual({});
    await expectNothingLost(simulation);
  });

  it('drops a tick that comes after the next one', async () => {
    passMinute(simulation.fleet);
    const first = await simulation.discoverTick();
    passMinute(simulation.fleet);
    const second = await simulation.discoverTick();
    const newer = await simulation.scrape(second.messages);
    expect(selfMetric(newer.emitted, 'TargetsUp')).toEqual(EVERY_TARGET);
    const older = await simulation.scrape(first.messages);
    expect(selfMetric(older.emitted, 'SupersededTicks')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
    await expectNothingLost(simulation);
  });

  it('drops a message that is minutes late, and misses none that the queue gave up', async () => {
    const late = await simulation.discoverTick(Date.now() - 150_000);
    const met = await simulation.scrape(late.messages);
    expect(selfMetric(met.emitted, 'LateTicks')).toEqual({ 'cluster-0': 1, 'cluster-1': 1 });
    passMinute(simulation.fleet);
    const expired = await simulation.discoverTick();
    expect(expired.messages).toHaveLength(2);
    await expectNothingLost(simulation);
  });

  it('queues each tick once though two processes of discover run at once', async () => {
    const other = await simulation.start('discover');
    passMinute(simulation.fleet);
    const dueAt = Date.now();
    const event = { scheduled_time: new Date(dueAt).toISOString() };
    const [tick, second] = await Promise.all([simulation.discoverTick(dueAt), other.invoke(event)]);
    expect([tick.discover.error, second.error]).toEqual([undefined, undefined]);
    const messages = [...tick.messages, ...simulation.aws.takeMessages()];
    expect(messages).toHaveLength(4);
    const { emitted } = await simulation.scrape(messages);
    expect(selfMetric(emitted, 'TargetsUp')).toEqual(EVERY_TARGET);
    await expectNothingLost(simulation);
  });

  const moments = [
    { when: 'it has listed tasks', at: { service: 'ecs', operation: 'ListTasks' } },
    { when: 'it has described them', at: { service: 'ecs', operation: 'DescribeTasks' } },
    { when: 'some of its messages are sent', at: { service: 'sqs', operation: 'SendMessageBatch' } },
  ];
  it('loses no increase when discover is killed', async () => {
    for (const { at } of moments) {
      const run = () => simulation.discover.kill();
      const met = await under({ ...at, times: 1, effect: 'event', when: 'after', run });
      expect(met.tick.discover.error).toBe('the process of the function ended: SIGKILL');
      await expectNothingLost(simulation);
    }
  });

  it('has sent no message to the dead letters', () => {
    expect(simulation.poller.deadLetters).toEqual([]);
  });
});

describe('a cluster', () => {
  it('that denies access from the start harms no other', async () => {
    const simulation = await started();
    const end = simulation.aws.addFault({ service: 'ecs', cluster: 'cluster-1', effect: 'access_denied' });
    for (let i = 0; i < 2; i++) {
      const met = await minute(simulation);
      expect(met.targets).toEqual({ 'cluster-0': TASKS / 2 });
      expect(met.metric('TargetsUp')).toEqual({ 'cluster-0': TASKS / 2 });
      expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-1': 1 });
      expect(textOf(met)).toContain('cluster "cluster-1": ListTasks: AccessDeniedException');
    }
    end();
    await minute(simulation);
    await expectNothingLost(simulation);
  });

  it('that disappears has no targets at once, and harms no other', async () => {
    const simulation = await started();
    for (let i = 0; i < 2; i++) await minute(simulation);
    deleteCluster(simulation.fleet, 'cluster-1');
    for (let i = 0; i < 2; i++) {
      const met = await minute(simulation);
      expect([met.targets, met.tick.messages.length]).toEqual([{ 'cluster-0': TASKS / 2 }, 1]);
      expect(met.metric('DiscoveryFailures')).toEqual({ 'cluster-1': 1 });
      expect(met.metric('TargetsDown')).toEqual({ 'cluster-0': 0 });
      expect(textOf(met)).toContain('Cluster not found.; check the name of the cluster and its region');
      expect(simulation.counters().faults).toEqual([]);
    }
  });
});

/** A site whose every commit is watched, and the gaps that its summaries name. */
async function watched(settings: Partial<SimulationSettings> = {}) {
  const simulation = await started(settings);
  const watch = watchTicks(simulation.aws, simulation.fleet, SERIES);
  const gaps = new Set<number>();
  const next = async (): Promise<Minute> => {
    const met = await minute(simulation);
    for (const summary of met.told.summaries) for (const gap of summary.gaps) gaps.add(gap);
    return met;
  };
  for (let i = 0; i < 2; i++) await next();
  return { simulation, watch, gaps, next, check: () => watch.check(simulation.emitted, gaps) };
}

describe('scrape', () => {
  const committed = /\/state\/cluster-0\/.*\d$/;
  const confirmed = /\/state\/cluster-0\/.*\.confirmed$/;
  const moments = [
    { moment: 'it has read the state', operation: 'GetObject', path: committed, when: 'after', gaps: 0, isLost: false },
    { moment: 'it has committed', operation: 'PutObject', path: committed, when: 'after', gaps: 1, isLost: true },
    { moment: 'it has written', operation: 'PutObject', path: confirmed, when: 'before', gaps: 1, isLost: false },
    { moment: 'it has confirmed', operation: 'PutObject', path: confirmed, when: 'after', gaps: 0, isLost: false },
  ] as const;
  it('killed at any moment costs the gap that the next summary names, and nothing else', async () => {
    const { simulation, gaps, next, check } = await watched({ scrapers: 1 });
    for (const { operation, path, when, gaps: expected, isLost } of moments) {
      const known = new Set(gaps);
      const before = check();
      const run = () => {
        for (const scraper of simulation.scrapers) scraper.kill();
        return 'cut';
      };
      const end = simulation.aws.addFault({ service: 's3', operation, path, times: 1, effect: 'event', when, run });
      const met = await next();
      end();
      expect(met.run.scrapes.filter(({ error }) => error !== undefined)).toHaveLength(1);
      const { metric } = await next();
      expect(metric('Gaps')).toEqual(expected === 0 ? {} : { 'cluster-0': expected });
      expect([...gaps].filter((gap) => !known.has(gap))).toHaveLength(expected);
      const after = check();
      expect(after.faults).toEqual([]);
      expect(after.inGaps > before.inGaps).toBe(isLost);
      expect(after.emitted + after.inGaps).toBe(after.rose);
    }
    expect(simulation.poller.deadLetters).toEqual([]);
  });

  it('killed at 20 moments accounts for each increase: emitted once, or in a gap', async () => {
    const { simulation, next, check, watch, gaps } = await watched();
    const random = seededRandom(20);
    const calls = [
      { operation: 'GetObject', path: /\/state\/.*\d$/ },
      { operation: 'GetObject', path: /\.confirmed$/ },
      { operation: 'PutObject', path: /\/state\/.*\d$/ },
      { operation: 'PutObject', path: /\.confirmed$/ },
    ];
    let killed = 0;
    for (let i = 0; i < 20; i++) {
      // At, or shortly after, a call for a state of either shard.
      const { operation, path } = calls[i % calls.length]!;
      const delayMs = wholeNumber(random, 4) ** 3;
      let ending: Promise<unknown> | undefined;
      const run = () => {
        ending = sleep(delayMs).then(() => Promise.all(simulation.scrapers.map(({ kill }) => kill())));
        // With no delay it is not even answered.
        return delayMs === 0 ? ending : undefined;
      };
      const call = { service: 's3', caller: 'scrape', operation, path, times: 1 };
      const end = simulation.aws.addFault({ ...call, effect: 'event', when: 'after', run });
      killed += (await next()).run.scrapes.filter(({ error }) => error !== undefined).length;
      end();
      await ending;
    }
    await next();
    expect(killed).toBeGreaterThan(5);
    expect(gaps.size).toBeGreaterThan(0);
    const { rose, emitted, inGaps, faults } = check();
    expect(faults).toEqual([]);
    expect(emitted + inGaps).toBe(rose);
    for (const gap of gaps) expect(watch.committed()).toContain(gap);
  });

  it('to whose commits S3 gives no answer names the tick as a gap', async () => {
    const { simulation, gaps, next, check } = await watched();
    const lost = { service: 's3', operation: 'PutObject', path: committed, effect: 'lost_response' } as const;
    const end = simulation.aws.addFault(lost);
    const met = await next();
    end();
    expect(met.metric('SamplesEmitted')).toEqual({ 'cluster-1': expect.any(Number) });
    expect(textOf(met)).toMatch(/^message message-\d+: /);
    const after = await next();
    expect(after.metric('Gaps')).toEqual({ 'cluster-0': 1 });
    const { rose, emitted, inGaps, faults } = check();
    expect([faults, gaps.size, emitted + inGaps]).toEqual([[], 1, rose]);
    expect(inGaps).toBeGreaterThan(0);
  });
});

describe('a deployment', () => {
  it('of functions during a scrape loses nothing', async () => {
    const { simulation, next, check } = await watched();
    // All processes are replaced when the first target has been read.
    const replace = () => {
      for (const each of [simulation.discover, ...simulation.scrapers]) each.kill();
    };
    const at = { service: 's3', operation: 'GetObject', path: /\/state\/.*\d$/, times: 1 };
    const end = simulation.aws.addFault({ ...at, effect: 'event', when: 'after', run: replace });
    const met = await next();
    end();
    expect(met.run.scrapes.some(({ error }) => error !== undefined)).toBe(true);
    await next();
    const { rose, emitted, inGaps, faults } = check();
    expect([faults, inGaps, emitted]).toEqual([[], 0, rose]);
    expect(simulation.counters().faults).toEqual([]);
  });

  it('of documents between two ticks loses nothing, also with messages of the plan before', async () => {
    const { simulation, check } = await watched();
    passMinute(simulation.fleet);
    const before = await simulation.discoverTick();
    await simulation.publish({ gauges: '9' });
    await simulation.discover.kill();
    const next = await simulation.discoverTick();
    const planOf = ({ messages }: DiscoverTick) => (JSON.parse(messages[0]?.body ?? '{}') as { plan: string }).plan;
    expect(planOf(next)).not.toBe(planOf(before));
    const old = await simulation.scrape(before.messages);
    expect(selfMetric(old.emitted, 'TargetsUp')).toEqual(EVERY_TARGET);
    passMinute(simulation.fleet);
    const changed = await simulation.scrape(next.messages);
    const metrics = new Set([...changed.emitted.sums.values()].map(({ name }) => name));
    expect([metrics.has('fleet_work_0_total'), metrics.has('fleet_level_0')]).toEqual([true, false]);
    const { rose, emitted, faults } = check();
    expect([faults, emitted]).toEqual([[], rose]);
    await expectNothingLost(simulation);
  });
});

describe('a layout', () => {
  it('that changes while its messages are late loses nothing, also when discover dies between the two', async () => {
    const simulation = await started({ tasks: 50, families: 5, clusters: 1, series: 10 });
    const watch: TickWatch = watchTicks(simulation.aws, simulation.fleet, 10);
    const { fleet } = simulation;
    const isLayout = { service: 's3', operation: 'PutObject', path: /\/layouts\// };
    const killed = () => simulation.discover.kill();
    const resize = (tasks: number) => {
      const [first] = fleet.families;
      for (const task of [...fleet.tasks.values()].slice(tasks)) stopTask(fleet, task);
      while (fleet.tasks.size < tasks) startTask(fleet, first!, 'RUNNING');
    };
    const shardsOf = ({ messages }: DiscoverTick) => messages.length;
    for (let i = 0; i < 2; i++) await minute(simulation);
    for (const tasks of [620, 50]) {
      passMinute(fleet);
      const late = await simulation.discoverTick();
      resize(tasks);
      const end = simulation.aws.addFault({ ...isLayout, times: 1, effect: 'event', when: 'after', run: killed });
      const dead = await simulation.discoverTick();
      end();
      expect([dead.discover.error, shardsOf(dead)]).toEqual(['the process of the function ended: SIGKILL', 0]);
      passMinute(fleet);
      const tick = await simulation.discoverTick();
      expect(shardsOf(tick)).not.toBe(shardsOf(late));
      // One shard of the new layout, then a message of the old one, then the rest.
      const [one, ...others] = tick.messages;
      await simulation.scrape([one!]);
      const old = await simulation.scrape(late.messages);
      expect(selfMetric(old.emitted, 'SupersededTicks')['cluster-0']).toBe(late.messages.length);
      await simulation.scrape(others);
      await minute(simulation);
      const { rose, emitted, faults } = watch.check(simulation.emitted, new Set());
      expect([faults, emitted]).toEqual([[], rose]);
    }
    expect(simulation.counters().faults).toEqual([]);
  });
});

describe('an exporter', () => {
  it('that fails costs itself alone, whether it hangs, resets, ends within its answer or says 500', async () => {
    const simulation = await started({ timeout: '1s' });
    for (let i = 0; i < 2; i++) await minute(simulation);
    const failures = ['hangs', 'resets', 'ends', 'status 500'] as const;
    const tasks = [...simulation.fleet.tasks.values()].filter(({ family }) => family.cluster === 'cluster-0');
    for (const [i, failure] of failures.entries()) tasks[i]!.failure = failure;
    const met = await minute(simulation);
    expect(met.metric('TargetsDown')).toEqual({ 'cluster-0': 4, 'cluster-1': 0 });
    expect(met.metric('TargetsUp')).toEqual({ 'cluster-0': TASKS / 2 - 4, 'cluster-1': TASKS / 2 });
    const down = met.told.summaries.flatMap(({ down }) => down.first.map(({ error }) => error.replace(/^\S+ /, '')));
    expect(down.sort()).toEqual([
      'no whole answer within 1000 ms (scrape_timeout)',
      'server returned HTTP status 500 Internal Server Error',
      'the connection ended before the whole answer',
      'the connection ended before the whole answer',
    ]);
    for (const task of tasks) task.failure = undefined;
    await expectNothingLost(simulation);
  });

  it('whose port takes no connection costs itself alone, and is asked less often', async () => {
    const simulation = await started();
    const silent = await startSilentPort();
    onTestFinished(() => silent.stop());
    for (let i = 0; i < 2; i++) await minute(simulation);
    const task = [...simulation.fleet.tasks.values()].find(({ family }) => family.mode === 'bridge')!;
    const { cluster } = task.family;
    movePort(simulation.fleet, task, silent.port);
    const errors: string[] = [];
    for (let i = 0; i < 4; i++) {
      const met = await minute(simulation);
      expect(met.metric('TargetsDown')[cluster]).toBe(1);
      expect(met.metric('TargetsUp')[cluster]).toBe(TASKS / 2 - 1);
      errors.push(
        ...met.told.summaries.flatMap(({ down }) => down.first.map(({ error }) => error.replace(/^\S+ /, ''))),
      );
    }
    const noConnection = 'no connection within 2000 ms; do the security groups let scrape in?';
    const notAsked = 'not asked, since it took no connection 3 times in a row; it is asked every few minutes';
    expect(errors).toEqual([noConnection, noConnection, noConnection, notAsked]);
  });
});
