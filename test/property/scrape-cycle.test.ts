import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFamily, planTargets, readFamily } from '../../lib/documents.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { runScrape, type ScrapePorts } from '../../lib/scrape.ts';
import { mortal } from './mortal.ts';

/**
 * Two counters of one exporter, scraped by a script of ticks: invocations are repeated, come late, overlap in any
 * interleaving, and die at any port call; the exporter restarts in between. What is written is held against what the
 * counters really did.
 */

const SETTINGS = { seed: 20_261_125, numRuns: 300 };
const START = 1_700_000_000_000;
const MINUTE = 60_000;
const COUNTERS = ['a_total', 'b_total'] as const;
type Counter = (typeof COUNTERS)[number];

/** Where an invocation dies: at its n-th step, each port call being one before and one after its effect. */
type Invocation = { readonly ticksLate: number; readonly diesAt: number | undefined };

type Step =
  | { readonly kind: 'rise'; readonly by: readonly [number, number] }
  | { readonly kind: 'restart'; readonly to: readonly [number, number] }
  | {
      readonly kind: 'tick';
      readonly invocations: readonly Invocation[];
      /** Rises while the invocations run. */
      readonly meanwhile: number;
    };

const amount = fc.integer({ min: 0, max: 1000 });
const amounts = fc.tuple(amount, amount);
const invocation = fc.record({
  ticksLate: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
  diesAt: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 2 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rise' as const), by: amounts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), to: amounts }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      invocations: fc.array(invocation, { minLength: 1, maxLength: 3 }),
      meanwhile: amount,
    }),
  },
);

/** Biased values would mostly die at the first step or the last. */
const script = fc.noBias(fc.array(step, { minLength: 2, maxLength: 14, size: 'max' }));

/** An exporter whose process has lived `life` times; it tells when this one began. */
type Exposed = { readonly life: number; readonly values: ReadonlyMap<Counter, number> };

function bodyOf({ life, values }: Exposed): string {
  const lines = COUNTERS.map((name) => {
    const family = name.replace('_total', '');
    const started = (START - 1_000_000_000) / 1000 + life * 60;
    return `# TYPE ${family} counter\n${name} ${values.get(name)}\n${family}_created ${started}\n`;
  });
  return `${lines.join('')}# EOF\n`;
}

async function planned() {
  const declarations = COUNTERS.map((name) => ({
    source_labels: ['job'],
    label_matcher: '.*',
    // Dimension sets of their own, so that each counter has its document.
    dimensions: [['job', ...(name === 'a_total' ? ['instance'] : [])]],
    metric_selectors: [`^${name}$`],
  }));
  const prometheus = { emf_processor: { metric_declaration: declarations } };
  const job = { job_name: 'j', static_configs: [{ targets: ['10.0.0.1:80'] }] };
  const relabel = [{ source_labels: ['__name__'], regex: 'a_total', target_label: 'only', replacement: 'a' }];
  const config = readFamily('app', {
    prometheus: {
      address: 'prometheus.yaml',
      text: JSON.stringify({ scrape_configs: [{ ...job, metric_relabel_configs: relabel }] }),
    },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  return { families: [compileFamily(config, 'prod')], targets: await planTargets(config, 0, [], async () => []) };
}

type Commit = { readonly dueAt: number; readonly exposed: Exposed };
/** One metric as it left: values of one tick are told apart by their counter. */
type Written = { readonly dueAt: number; readonly counter: Counter; readonly value: number };

/** Runs a script; returns what really happened beside what was written and told. */
async function run(script: readonly Step[], scheduler: fc.Scheduler) {
  const plan = await planned();
  const store = memoryStateStore();
  const commits: Commit[] = [];
  const written: Written[] = [];
  const told: ScrapeReport[] = [];
  let exposed: Exposed = { life: 0, values: new Map(COUNTERS.map((name) => [name, 5])) };
  let ticks = 0;
  let nonces = 0;
  const rise = ([a, b]: readonly [number, number]) => {
    const added = (name: Counter) => (exposed.values.get(name) ?? 0) + (name === 'a_total' ? a : b);
    exposed = { ...exposed, values: new Map(COUNTERS.map((name) => [name, added(name)])) };
  };

  const invoke = async ({ ticksLate, diesAt }: Invocation): Promise<void> => {
    const dueAt = START + Math.max(0, ticks - ticksLate) * MINUTE;
    const { death, around } = mortal(scheduler, diesAt);
    let seen = exposed;
    const ports: ScrapePorts = {
      clock: () => START + ticks * MINUTE,
      nonce: () => `n${(nonces++).toString()}`,
      scrape: () =>
        around('scrape', () => {
          seen = exposed;
          const contentType = 'application/openmetrics-text; version=1.0.0';
          return { status: 200, contentType, body: Buffer.from(bodyOf(seen)) };
        }),
      state: {
        read: (shard) => around('read', () => store.read(shard)),
        confirmed: (shard) => around('confirmed', () => store.confirmed(shard)),
        commit: (shard, next, tag) =>
          around('commit', async () => {
            const result = await store.commit(shard, next, tag);
            if (result === 'committed') commits.push({ dueAt, exposed: seen });
            return result;
          }),
        confirm: (shard, nonce, load) => around('confirm', () => store.confirm(shard, nonce, load)),
      },
      sink: async (documents) => {
        for (const { line } of documents) await around('write', () => void written.push(...valuesOf(line)));
      },
      summary: (report) => around('summary', () => void told.push(report)),
    };
    await Promise.race([death, runScrape({ ...plan, dueAt, shard: '0' }, ports)]);
  };

  // A last tick without harm tells what is left to tell.
  const last: Step = { kind: 'tick', invocations: [{ ticksLate: 0, diesAt: undefined }], meanwhile: 0 };
  for (const next of [...script, last]) {
    if (next.kind === 'rise') rise(next.by);
    else if (next.kind === 'restart')
      exposed = { life: exposed.life + 1, values: new Map(COUNTERS.map((name, at) => [name, next.to[at] ?? 0])) };
    else {
      ticks += 1;
      const growth = scheduler.schedule(Promise.resolve(), 'rise').then(() => rise([next.meanwhile, next.meanwhile]));
      await scheduler.waitFor(Promise.all([...next.invocations.map(invoke), growth]));
    }
  }
  return { commits, written, told };
}

function valuesOf(line: string): Written[] {
  const root = JSON.parse(line) as Record<string, unknown> & { _aws: { Timestamp: number } };
  return COUNTERS.filter((name) => name in root).map((counter) => ({
    dueAt: root._aws.Timestamp,
    counter,
    value: Number(root[counter]),
  }));
}

/** What a counter rose by from one committed scrape to the next, known from the exporter itself. */
function increase(counter: Counter, now: Exposed, before: Exposed): number {
  const value = now.values.get(counter) ?? 0;
  return now.life === before.life ? value - (before.values.get(counter) ?? 0) : value;
}

const keyOf = ({ dueAt, counter }: Pick<Written, 'dueAt' | 'counter'>) => `${counter} ${dueAt}`;

describe('the scrape cycle, killed and repeated at any point', () => {
  it('writes the true increase of each counter, less the gaps that the next summary tells, and nothing twice', async () => {
    let gapsSeen = 0;
    await fc.assert(
      fc.asyncProperty(script, fc.scheduler(), async (steps, scheduler) => {
        const { commits, written, told } = await run(steps, scheduler);
        expect(new Set(written.map(keyOf)).size).toBe(written.length);
        expect(commits.map(({ dueAt }) => dueAt)).toEqual([...new Set(commits.map(({ dueAt }) => dueAt))].sort());

        const found = new Map(written.map((each) => [keyOf(each), each.value]));
        const gaps = new Set(told.flatMap((report) => report.gaps));
        for (const [at, { dueAt, exposed }] of commits.entries()) {
          const before = commits[at - 1];
          for (const counter of COUNTERS) {
            const key = keyOf({ dueAt, counter });
            const value = found.get(key);
            found.delete(key);
            // The first sample gives nothing; what is missing later must have been told.
            if (before === undefined) expect(value).toBeUndefined();
            else if (value === undefined) expect(gaps).toContain(dueAt);
            else expect(value).toBe(increase(counter, exposed, before.exposed));
          }
        }
        expect([...found]).toEqual([]);
        gapsSeen += gaps.size;
      }),
      SETTINGS,
    );
    // The scripts are such that there is something to find.
    expect(gapsSeen).toBeGreaterThan(100);
  });

  it('tells a gap with the very next summary of a tick', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.scheduler(), async (steps, scheduler) => {
        const { commits, told } = await run(steps, scheduler);
        const ticksTold = new Set(told.filter(({ outcome }) => outcome === 'emitted').map(({ dueAt }) => dueAt));
        for (const [at, { dueAt }] of commits.entries()) {
          if (ticksTold.has(dueAt)) continue;
          // Its own summary was never told, so the next one that was names it.
          const next = commits.slice(at + 1).find((commit) => ticksTold.has(commit.dueAt));
          const report = told.find((each) => each.outcome === 'emitted' && each.dueAt === next?.dueAt);
          expect(report?.gaps).toContain(dueAt);
        }
      }),
      SETTINGS,
    );
  });

  it('tells no gap where nobody dies and ticks do not overlap', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.scheduler(), async (steps, scheduler) => {
        const harmless = steps.map((each) =>
          each.kind === 'tick' ? { ...each, invocations: [{ ticksLate: 0, diesAt: undefined }] } : each,
        );
        const { told } = await run(harmless, scheduler);
        expect(told.flatMap(({ gaps }) => gaps)).toEqual([]);
      }),
      { ...SETTINGS, numRuns: 50 },
    );
  });
});
