/** A span of time whose due targets are asked together. */
export type Slot = {
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly lengthMs: number;
};

/** The parts into which a tick a minute can be divided, the longest first. */
const LENGTHS_MS = [60_000, 30_000, 20_000, 15_000] as const;
const SHORTEST_MS = 15_000;

/** The longest slot that is no longer than any of these scrape intervals; 15 seconds at the least. */
export function slotLength(intervalsMs: readonly number[]): number {
  const shortest = Math.min(...intervalsMs);
  return LENGTHS_MS.find((length) => length <= shortest) ?? SHORTEST_MS;
}

/**
 * Whether a target of this scrape interval is asked in the slot: whether a multiple of the interval lies in it, counted
 * from 1970, so that nobody needs to remember when a target was asked last.
 */
export function isDue(intervalMs: number, { startMs, lengthMs }: Slot): boolean {
  return Math.ceil(startMs / intervalMs) * intervalMs < startMs + lengthMs;
}

/** The slots of the minute that starts then. */
export function slotsOfMinute(startMs: number, lengthMs: number): Slot[] {
  const count = Math.ceil(60_000 / lengthMs);
  return Array.from({ length: count }, (_, at) => ({ startMs: startMs + at * lengthMs, lengthMs }));
}
