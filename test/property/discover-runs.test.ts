import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runDiscover } from '../../lib/discover.ts';
import { divide, type Layout, type ShardMessage } from '../../lib/ecs/shard.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { portsOver, recorded, SHOP, WEB } from '../lib/discover-cycle.ts';
import { taskOf } from '../lib/ecs/cluster.ts';
import { mortal } from './mortal.ts';

/**
 * Two runs of discover for each tick, in any interleaving with those of the tick before, over a fleet that grows and
 * shrinks so that layouts change; runs die at any port call. Whoever scrapes must be able to trust each message.
 */

const SETTINGS = { seed: 20_261_126, numRuns: 200 };
const MINUTE = 60_000;

type Run = { readonly diesAt: number | undefined };
type Tick = { readonly tasks: number; readonly runs: readonly Run[] };

const run: fc.Arbitrary<Run> = fc.record({
  diesAt: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 2 }),
});
const tick: fc.Arbitrary<Tick> = fc.record({
  tasks: fc.constantFrom(0, 1, 5, 12, 30, 60),
  runs: fc.array(run, { minLength: 1, maxLength: 2 }),
});
const script = fc.array(tick, { minLength: 2, maxLength: 6, size: 'max' });

async function play(ticks: readonly Tick[], scheduler: fc.Scheduler) {
  const store = memoryStateStore();
  const committed: Layout[] = [];
  const sent: ShardMessage[] = [];
  let pending: Promise<unknown>[] = [];
  for (const [at, { tasks, runs }] of ticks.entries()) {
    const dueAt = (at + 1) * MINUTE;
    const started = runs.map(async ({ diesAt }, index) => {
      const { death, around } = mortal(scheduler, diesAt);
      const { ports } = portsOver(recorded(Array.from({ length: tasks }, (_, task) => taskOf(task + 1))));
      const own = {
        ...ports,
        clock: () => dueAt,
        nonce: () => `${at}-${index}`,
        layouts: {
          read: (name: string) => around('read', () => store.read(name)),
          commit: (name: string, next: { text: string; nonce: string }, tag: string | undefined) =>
            around('commit', async () => {
              const result = await store.commit(name, next, tag);
              if (result === 'committed') committed.push(JSON.parse(next.text) as Layout);
              return result;
            }),
        },
        queue: (messages: readonly { readonly body: string }[]) =>
          around('queue', async () => void sent.push(...messages.map(({ body }) => JSON.parse(body) as ShardMessage))),
      };
      // A run that lost the layout says so, and sends nothing.
      const lost = (error: Error) => expect(error.message).toMatch(/^another run of discover changed the layout/);
      await Promise.race([death, runDiscover([WEB], SHOP, own, { dueAt, maxTargetsPerShard: 4 }).catch(lost)]);
    });
    pending = [...pending, ...started];
    // The next tick may begin before this one has ended.
    if (at % 2 === 1 || at === ticks.length - 1) {
      await scheduler.waitFor(Promise.all(pending));
      pending = [];
    }
  }
  return { committed, sent };
}

describe('runs of discover at the same time', () => {
  it('agree on one chain of layouts, and send messages of layouts that are in it alone', async () => {
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(script, fc.scheduler(), async (ticks, scheduler) => {
        const { committed, sent } = await play(ticks, scheduler);
        const generations = committed.map(({ generation }) => generation);
        expect(new Set(generations).size).toBe(generations.length);
        // Each layout takes over from the one that was there when it came, and from no other.
        for (const [at, { parent }] of committed.entries()) {
          const before = committed[at - 1];
          expect([parent?.generation, parent?.shards]).toEqual([before?.generation, before?.shards]);
        }
        const known = new Map(committed.map((layout) => [layout.generation, layout]));
        for (const { layout, shard, targets } of sent) {
          expect(layout).toEqual(known.get(layout.generation));
          expect([...divide(targets, layout).keys()].map(String)).toEqual([shard]);
        }
        changes += committed.length;
      }),
      SETTINGS,
    );
    expect(changes).toBeGreaterThan(400);
  });
});
