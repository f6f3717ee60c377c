import { describe, expect, it } from 'vitest';
import { nextTryMs, type Silence, silenceAfter } from '../../../lib/prometheus/silence.ts';

/** The ticks, counted in intervals, at which a target is asked that never answers. */
function ticksAsked(intervalMs: number, ticks: number): number[] {
  const asked: number[] = [];
  let silence: Silence | undefined;
  for (let tick = 0; tick < ticks; tick++) {
    // Ticks are up to a second off.
    const nowMs = tick * intervalMs + ((tick * 37) % 1000);
    if (silence !== undefined && nowMs < nextTryMs(silence, intervalMs)) continue;
    asked.push(tick);
    silence = silenceAfter(silence, true, nowMs);
  }
  return asked;
}

describe('a target that stays silent', () => {
  it.each([
    { intervalMs: 60_000, ticks: 25, expected: [0, 1, 2, 4, 8, 13, 18, 23] },
    { intervalMs: 15_000, ticks: 60, expected: [0, 1, 2, 4, 8, 16, 32, 52] },
    { intervalMs: 600_000, ticks: 6, expected: [0, 1, 2, 3, 4, 5] },
  ])('is asked ever less often, at an interval of $intervalMs ms', ({ intervalMs, ticks, expected }) => {
    expect(ticksAsked(intervalMs, ticks)).toEqual(expected);
  });

  it('is asked each time again once it took a connection', () => {
    const silence = { failures: 7, triedAtMs: 0 };
    expect(silenceAfter(silence, false, 1)).toBeUndefined();
    expect(silenceAfter(undefined, true, 1)).toEqual({ failures: 1, triedAtMs: 1 });
  });
});
