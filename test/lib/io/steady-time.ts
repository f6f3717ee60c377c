import type { RetryPorts } from '../../../lib/io/retry.ts';

/** Time that passes only in sleep, chance that is always a half, and the waits that were asked for, ms. */
export function steadyTime(startMs: number): RetryPorts & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  let nowMs = startMs;
  const sleep = async (ms: number) => {
    waits.push(ms);
    nowMs += ms;
  };
  return { clock: () => nowMs, sleep, random: () => 0.5, waits };
}
