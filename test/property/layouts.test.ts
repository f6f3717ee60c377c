import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFamily, planTargets, readFamily } from '../../lib/documents.ts';
import { type Division, divide, type Layout, type ShardMessage, type ShardTarget } from '../../lib/ecs/shard.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { runScrape, type ScrapePorts } from '../../lib/scrape.ts';
import { inheritanceOf, shardKey } from '../../lib/shard-input.ts';
import { mortal } from './mortal.ts';

/**
 * Targets that move between shards: the number of shards changes from tick to tick, messages of old and new layouts
 * are delivered late, twice and at the same time in any interleaving, and invocations die at any port call.
 */

const SETTINGS = { seed: 20_261_125, numRuns: 200 };
const START = 1_700_000_000_000;
const MINUTE = 60_000;
const TARGETS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'] as const;
type Target = (typeof TARGETS)[number];

/** A delivery of the messages of an earlier tick; `diesAt` counts the steps of its ports. */
type Delivery = { readonly ticksLate: number; readonly diesAt: number | undefined };
type Step = { readonly division: Division; readonly rises: number; readonly deliveries: readonly Delivery[] };

const delivery: fc.Arbitrary<Delivery> = fc.record({
  ticksLate: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
  ),
  diesAt: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 3 }),
});
const step: fc.Arbitrary<Step> = fc.record({
  division: fc.constantFrom(
    { shards: 1, spread: 1 },
    { shards: 2, spread: 1 },
    { shards: 2, spread: 2 },
    { shards: 4, spread: 1 },
    { shards: 4, spread: 4 },
  ),
  rises: fc.integer({ min: 1, max: 100 }),
  deliveries: fc.array(delivery, { minLength: 1, maxLength: 3 }),
});
const script = fc.noBias(fc.array(step, { minLength: 2, maxLength: 6, size: 'max' }));

async function planned() {
  const declaration = {
    source_labels: ['job'],
    label_matcher: '.*',
    dimensions: [['instance']],
    metric_selectors: ['^c_total$'],
  };
  const prometheus = { emf_processor: { metric_declaration: [declaration] } };
  const jobs = [{ job_name: 'j', static_configs: [{ targets: TARGETS }] }];
  const config = readFamily('app', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify({ scrape_configs: jobs }) },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  return {
    families: [compileFamily(config, 'prod')],
    targets: targets.map((target) => ({ ...target, identity: target.labels.get('__address__') ?? '' })),
  };
}

type Commit = { readonly target: Target; readonly dueAt: number; readonly value: number };
type Written = { readonly target: string; readonly dueAt: number; readonly value: number };

async function run(steps: readonly Step[], scheduler: fc.Scheduler) {
  const plan = await planned();
  const store = memoryStateStore();
  const commits: Commit[] = [];
  const written: Written[] = [];
  const told: ScrapeReport[] = [];
  const sent: ShardMessage[][] = [];
  let layout: Layout | undefined;
  let value = 10;
  let nonces = 0;

  const invoke = async (message: ShardMessage, { diesAt }: Delivery): Promise<void> => {
    const { death, around } = mortal(scheduler, diesAt);
    const seen = new Map<Target, number>();
    const shard = shardKey(message);
    const ports: ScrapePorts = {
      clock: () => START + sent.length * MINUTE,
      nonce: () => {
        nonces += 1;
        return `n${nonces}`;
      },
      scrape: async ({ url }) => {
        seen.set(new URL(url).host.replace(/^([^:]*)$/, '$1:80') as Target, value);
        return {
          status: 200,
          contentType: 'text/plain',
          body: Buffer.from(`# TYPE c_total counter\nc_total ${value}\n`),
        };
      },
      state: {
        read: (name) => around('read', () => store.read(name)),
        confirmed: (name) => store.confirmed(name),
        commit: (name, next, tag) =>
          around('commit', async () => {
            const result = await store.commit(name, next, tag);
            // Sealing a parent is no scrape.
            if (result === 'committed' && name === shard)
              commits.push(...[...seen].map(([target, now]) => ({ target, dueAt: message.due_at, value: now })));
            return result;
          }),
        confirm: (name, nonce, load) => around('confirm', () => store.confirm(name, nonce, load)),
      },
      sink: async (documents) => {
        for (const { line } of documents)
          await around('write', () => {
            const root = JSON.parse(line) as { instance: string; c_total: number; _aws: { Timestamp: number } };
            written.push({ target: root.instance, dueAt: root._aws.Timestamp, value: root.c_total });
          });
      },
      summary: (report) => around('summary', () => void told.push(report)),
    };
    const ids = message.targets.map(({ identity }) => identity);
    const targets = plan.targets.filter(({ identity }) => ids.includes(identity));
    const input = {
      ...plan,
      targets,
      dueAt: message.due_at,
      shard,
      inheritance: inheritanceOf(message),
      concurrency: 1,
    };
    await Promise.race([death, runScrape(input, ports)]);
  };

  const last: Step = {
    division: { shards: 2, spread: 1 },
    rises: 1,
    deliveries: [{ ticksLate: 0, diesAt: undefined }],
  };
  for (const { division, rises, deliveries } of [...steps, last]) {
    const due_at = START + (sent.length + 1) * MINUTE;
    if (layout?.shards !== division.shards || layout.spread !== division.spread)
      layout = { generation: due_at, ...division, ...(layout && { parent: layout }) };
    const current = layout;
    const items = TARGETS.map((identity, at): ShardTarget => {
      const labels = [['TaskDefinitionFamily', at < 3 ? 'large' : 'small']] as const;
      return { document: 0, identity, targets: [identity], labels };
    });
    sent.push(
      [...divide(items, current)].map(([shard, targets]) => ({
        version: 1,
        plan: 'p',
        cluster: 'c',
        layout: current,
        shard: String(shard),
        due_at,
        targets,
        own_targets: [],
      })),
    );
    value += rises;
    const delivered = deliveries.flatMap((each) =>
      (sent.at(-1 - each.ticksLate) ?? []).map((message) => invoke(message, each)),
    );
    await scheduler.waitFor(Promise.all(delivered));
  }
  return { commits, written, told };
}

describe('shards whose number changes, with late and repeated messages and deaths', () => {
  it('write each increase of each target once, less the gaps that are told', async () => {
    let moved = 0;
    await fc.assert(
      fc.asyncProperty(script, fc.scheduler(), async (steps, scheduler) => {
        const { commits, written, told } = await run(steps, scheduler);
        const gaps = new Set(told.flatMap((report) => report.gaps));
        const keyOf = ({ target, dueAt }: { target: string; dueAt: number }) => `${target} ${dueAt}`;
        const found = new Map(written.map((each) => [keyOf(each), each.value]));
        expect(found.size).toBe(written.length);
        for (const target of TARGETS) {
          const own = commits.filter((commit) => commit.target === target);
          for (const [at, commit] of own.entries()) {
            const before = own[at - 1];
            const value = found.get(keyOf(commit));
            found.delete(keyOf(commit));
            if (before === undefined) expect(value).toBeUndefined();
            else if (value === undefined) expect(gaps).toContain(commit.dueAt);
            else expect(value).toBe(commit.value - before.value);
          }
        }
        expect([...found]).toEqual([]);
        moved += new Set(steps.map(({ division }) => JSON.stringify(division))).size - 1;
      }),
      SETTINGS,
    );
    expect(moved).toBeGreaterThan(100);
  });
});
