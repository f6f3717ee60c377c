/** A span of time whose due targets are asked together. */
export type Slot = {
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly lengthMs: number;
};

export const LONGEST_SLOT_MS = 60_000;
const SHORTEST_MS = 15_000;
/** The parts into which a tick a minute can be divided, the longest first. */
const LENGTHS_MS = [LONGEST_SLOT_MS, 30_000, 20_000, SHORTEST_MS] as const;

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

/**
 * The slots that the tick of this time plans. A tick comes up to a minute after its time, so that slots shorter than a
 * minute are those of the minute after, and their messages can wait for them.
 */
export function slotsOfTick(tickMs: number, lengthMs: number): Slot[] {
  const startMs = lengthMs < LONGEST_SLOT_MS ? tickMs + LONGEST_SLOT_MS : tickMs;
  const count = Math.ceil(LONGEST_SLOT_MS / lengthMs);
  return Array.from({ length: count }, (_, at) => ({ startMs: startMs + at * lengthMs, lengthMs }));
}

/** What is late by so much is dropped: the next carries its increase. A slot that did not wait may be a minute late. */
export function maxLateMs(lengthMs = LONGEST_SLOT_MS): number {
  return lengthMs < LONGEST_SLOT_MS ? lengthMs : lengthMs + LONGEST_SLOT_MS;
}
