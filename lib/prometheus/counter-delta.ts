/** The last value of a series, when it was scraped and when the series began, where its target tells it (Unix ms). */
export type Baseline = { readonly value: number; readonly atMs: number; readonly createdMs?: number | undefined };

/** Why a cumulative value gives no delta. */
export type NoDelta = 'first_sample' | 'negative_counter';

/** A counter sample of a target: its series and, where the target tells it, when the series began (Unix ms). */
export type CounterSample = {
  readonly seriesKey: string;
  readonly value: number;
  readonly createdMs: number | undefined;
};

/**
 * The increase of a counter since its baseline. A decrease, or a later beginning, is a reset: the current value is the
 * increase. Without a baseline the first sample gives nothing, unless the series began after the target's last scrape.
 */
export function counterDelta(
  { value, createdMs }: Omit<CounterSample, 'seriesKey'>,
  baseline: Baseline | undefined,
  scrapedAtMs: number | undefined,
): number | NoDelta {
  if (value < 0) return 'negative_counter';
  if (baseline === undefined)
    return createdMs !== undefined && scrapedAtMs !== undefined && createdMs > scrapedAtMs ? value : 'first_sample';
  if (beganLater(createdMs, baseline)) return value;
  const rise = value - baseline.value;
  if (rise >= 0) return rise;
  return isRounding(value, baseline.value) ? 0 : value;
}

/** What adds up numbers of several threads in any order may fall by so much, in relation to what it was. */
const ROUNDING = 1e-12;

/** Whether a value fell by no more than its rounding. */
export function isRounding(now: number, then: number): boolean {
  return now < then && then - now <= Math.abs(then) * ROUNDING;
}

/** Targets that work out when a series began from how long it has run tell another time each time. */
const CREATED_JITTER_MS = 2000;

/**
 * Whether a series began after its baseline: by the clock of its target alone, which may differ from ours, where the
 * baseline tells when it began.
 */
export function beganLater(
  createdMs: number | undefined,
  baseline: { readonly createdMs?: number | undefined; readonly atMs: number },
): boolean {
  if (createdMs === undefined) return false;
  return baseline.createdMs === undefined
    ? createdMs > baseline.atMs
    : createdMs > baseline.createdMs + CREATED_JITTER_MS;
}
