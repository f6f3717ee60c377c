/** A target that took no connection when it was asked last. */
export type Silence = {
  /** How often in a row. */
  readonly failures: number;
  /** Unix milliseconds. */
  readonly triedAtMs: number;
};

/** A task that is being replaced is silent for a while. */
const PATIENCE = 3;
const LONGEST_WAIT_MS = 300_000;

/**
 * When a target is asked again, Unix ms: at its next interval, and after three failures in a row at every second,
 * fourth and so on, five minutes apart at the most. Each attempt takes the time that others could use.
 */
export function nextTryMs({ failures, triedAtMs }: Silence, intervalMs: number): number {
  if (failures < PATIENCE) return triedAtMs;
  // Half an interval early: ticks are not exact.
  return triedAtMs + Math.min(LONGEST_WAIT_MS, intervalMs * 2 ** (failures - PATIENCE + 1)) - intervalMs / 2;
}

/** The silence of a target after it was asked. */
export function silenceAfter(previous: Silence | undefined, isSilent: boolean, triedAtMs: number): Silence | undefined {
  return isSilent ? { failures: (previous?.failures ?? 0) + 1, triedAtMs } : undefined;
}
