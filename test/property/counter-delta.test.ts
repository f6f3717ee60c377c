import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceTarget, decodeState, encodeState, type TargetState } from '../../lib/prometheus/scrape-state.ts';

const SETTINGS = { seed: 20_261_124, numRuns: 300 };
const INTERVAL = 60_000;
const MAX_AGE = 15 * 60_000;

/** What happens to one counter between two scrapes. Whole numbers, so that sums are exact. */
type Step =
  | { readonly kind: 'rise'; readonly by: number }
  /** The process restarts and has counted to `to` by the next scrape. */
  | { readonly kind: 'reset'; readonly to: number }
  /** The scrape fails. */
  | { readonly kind: 'outage' };

const amount = fc.integer({ min: 0, max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('rise' as const), by: amount }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), to: amount }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outage' as const) }) },
);
const script = fc.array(step, { maxLength: 12 });
const start = amount;

/** Runs a script; the deltas' sum beside what the counter rose by as far as its values can tell. */
function run(from: number, steps: readonly Step[], remember: (state: TargetState) => TargetState) {
  let value = from;
  let lastSeen = from;
  let increase = 0;
  let sum = 0;
  let nowMs = 0;
  const settings = () => ({ nowMs, maxAgeMs: MAX_AGE, forgetAbsent: false });
  const counter = () => ({
    counters: [{ seriesKey: 'c', value, createdMs: undefined }],
    histograms: new Map(),
    times: new Map(),
  });
  let state = remember(advanceTarget(undefined, counter(), settings()).state);
  for (const next of steps) {
    nowMs += INTERVAL;
    if (next.kind === 'outage') continue;
    value = next.kind === 'rise' ? value + next.by : next.to;
    // A restart that overtakes the last value that was seen cannot be told from a rise.
    increase += value < lastSeen ? value : value - lastSeen;
    lastSeen = value;
    const advanced = advanceTarget(state, counter(), settings());
    state = remember(advanced.state);
    const delta = advanced.deltas.counters.get('c');
    sum += typeof delta === 'number' ? delta : Number.NaN;
  }
  return { sum, increase };
}

describe('counter deltas', () => {
  it('add up to the increase, over resets and outages', () => {
    fc.assert(
      fc.property(start, script, (from, steps) => {
        const { sum, increase } = run(from, steps, (state) => state);
        expect(sum).toBe(increase);
      }),
      SETTINGS,
    );
  });

  it('are the same when the state is written and read between scrapes', () => {
    fc.assert(
      fc.property(start, script, (from, steps) => {
        const { sum, increase } = run(from, steps, (state) => {
          const written = encodeState({ dueAt: 1, nonce: 'n', gaps: [], targets: new Map([['t', state]]) });
          return decodeState(written).targets.get('t') ?? state;
        });
        expect(sum).toBe(increase);
      }),
      SETTINGS,
    );
  });

  it('are never below zero', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e18, noNaN: true }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(values, (scraped) => {
        let state: TargetState | undefined;
        for (const [index, value] of scraped.entries()) {
          const counters = {
            counters: [{ seriesKey: 'c', value, createdMs: undefined }],
            histograms: new Map(),
            times: new Map(),
          };
          const settings = { nowMs: index * INTERVAL, maxAgeMs: MAX_AGE, forgetAbsent: false };
          const advanced = advanceTarget(state, counters, settings);
          state = advanced.state;
          const delta = advanced.deltas.counters.get('c');
          if (typeof delta === 'number') expect(delta).toBeGreaterThanOrEqual(0);
          else expect([index, delta]).toEqual([0, 'first_sample']);
        }
      }),
      SETTINGS,
    );
  });
});
