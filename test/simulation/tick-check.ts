import { gunzipSync } from 'node:zlib';
import { decodeState } from '../../lib/prometheus/scrape-state.ts';
import type { AwsServer } from './aws/server.ts';
import { type Emitted, timeKey } from './emitted.ts';
import { selectedSeries, stepOf } from './exporter.ts';
import type { Fleet } from './fleet.ts';

/** What the counters rose by in every tick that was committed, beside what was emitted for that tick. */
export type TickCheck = {
  readonly rose: number;
  readonly emitted: number;
  /** What was not emitted of ticks that a summary names as gaps. */
  readonly inGaps: number;
  /** Each counter of a tick that was emitted more than once, or not at all and in no gap; the first few. */
  readonly faults: readonly string[];
};

export type TickWatch = {
  /** `gaps`: the ticks that summaries name, Unix ms. */
  readonly check: (emitted: Emitted, gaps: ReadonlySet<number>) => TickCheck;
  /** The ticks that were committed, Unix ms. */
  readonly committed: () => ReadonlySet<number>;
};

const SHOWN_FAULTS = 10;

/**
 * Watches the states that are committed: a tick's part of a counter is what the work of its tasks rose by since the
 * commit before. Work must not change while messages are scraped.
 */
export function watchTicks(aws: AwsServer, fleet: Fleet, series: number): TickWatch {
  const known = new Map<string, { readonly atMs: number; readonly work: number }>();
  /** Work by family and tick. */
  const rises = new Map<string, { readonly family: string; readonly dueAt: number; work: number }>();
  const ticks = new Set<number>();
  aws.addFault({
    service: 's3',
    operation: 'PutObject',
    path: /\/state\/.*(?<!\.confirmed)$/,
    effect: 'event',
    when: 'after',
    run: ({ body }, status) => {
      if (status !== 200) return;
      const { targets, dueAt } = decodeState(gunzipSync(body).toString('utf8'));
      for (const [identity, { scrapedAtMs: atMs }] of targets) {
        const [id] = JSON.parse(identity.slice(0, identity.indexOf(']') + 1)) as readonly [string];
        const task = fleet.tasks.get(id);
        const before = known.get(id);
        if (task === undefined || (before !== undefined && before.atMs >= atMs)) continue;
        known.set(id, { atMs, work: task.work });
        ticks.add(dueAt);
        if (before === undefined) continue;
        const key = JSON.stringify([task.family.name, dueAt]);
        const rise = rises.get(key) ?? { family: task.family.name, dueAt, work: 0 };
        rise.work += task.work - before.work;
        rises.set(key, rise);
      }
    },
  });
  return { committed: () => ticks, check: (emitted, gaps) => compare([...rises.values()], emitted, gaps, series) };
}

function compare(
  rises: readonly { readonly family: string; readonly dueAt: number; readonly work: number }[],
  { sumsAtTime }: Emitted,
  gaps: ReadonlySet<number>,
  series: number,
): TickCheck {
  const faults: string[] = [];
  let [rose, emitted, inGaps] = [0, 0, 0];
  for (const { family, dueAt, work } of rises) {
    for (let i = 0; i < selectedSeries(series).counters; i++) {
      const name = `fleet_work_${i}_total`;
      const [rise, sum] = [work * stepOf(i), sumsAtTime.get(timeKey(family, name, dueAt)) ?? 0];
      rose += rise;
      emitted += sum;
      if (sum < rise && gaps.has(dueAt)) inGaps += rise - sum;
      else if (sum !== rise) faults.push(`${family} ${name} at ${dueAt}: rose by ${rise}, emitted ${sum}`);
    }
  }
  return { rose, emitted, inGaps, faults: faults.slice(0, SHOWN_FAULTS) };
}
