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
  return value < baseline.value || beganLater(createdMs, baseline) ? value : value - baseline.value;
}

/**
 * Whether a series began after its baseline: by the clock of its target alone, which may differ from ours, where the
 * baseline tells when it began.
 */
export function beganLater(
  createdMs: number | undefined,
  baseline: { readonly createdMs?: number | undefined; readonly atMs: number },
): boolean {
  return createdMs !== undefined && createdMs > (baseline.createdMs ?? baseline.atMs);
}
