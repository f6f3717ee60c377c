/** The last value of a series and when it was scraped (Unix ms). */
export type Baseline = { readonly value: number; readonly atMs: number };

/** What is remembered of one target between scrapes. */
export type TargetState = { readonly scrapedAtMs: number; readonly baselines: ReadonlyMap<string, Baseline> };

/** The memory of one shard: by target identity. `nonce` names the writer, `dueAt` (Unix ms) the tick it was written for. */
export type CounterState = {
  readonly dueAt: number;
  readonly nonce: string;
  readonly targets: ReadonlyMap<string, TargetState>;
};

export const STATE_VERSION = 1;

/** Why a counter sample gives no delta. */
export type NoDelta = 'first_sample' | 'negative_counter';

/**
 * The increase of a counter since its baseline. A decrease, or a start after the baseline, is a reset: the current
 * value is the increase. Without a baseline the first sample gives nothing, unless the series began after the
 * target's last scrape.
 */
export function counterDelta(
  value: number,
  baseline: Baseline | undefined,
  context: { readonly createdMs?: number | undefined; readonly scrapedAtMs?: number | undefined },
): number | NoDelta {
  if (value < 0) return 'negative_counter';
  const { createdMs, scrapedAtMs } = context;
  if (baseline === undefined)
    return createdMs !== undefined && scrapedAtMs !== undefined && createdMs > scrapedAtMs ? value : 'first_sample';
  const restarted = createdMs !== undefined && createdMs > baseline.atMs;
  return restarted || value < baseline.value ? value : value - baseline.value;
}

/** The baselines that are not older than `maxAgeMs`, so that a series that never returns is forgotten. */
export function forgetOld(state: TargetState, nowMs: number, maxAgeMs: number): TargetState {
  const kept = [...state.baselines].filter(([, { atMs }]) => nowMs - atMs <= maxAgeMs);
  return kept.length === state.baselines.size ? state : { ...state, baselines: new Map(kept) };
}

/** The state as JSON text. */
export function encodeState(state: CounterState): string {
  const targets = [...state.targets].map(([identity, { scrapedAtMs, baselines }]) => [
    identity,
    scrapedAtMs,
    [...baselines].map(([series, { value, atMs }]) => (atMs === scrapedAtMs ? [series, value] : [series, value, atMs])),
  ]);
  return JSON.stringify({ version: STATE_VERSION, dueAt: state.dueAt, nonce: state.nonce, targets });
}

type EncodedState = {
  version: number;
  dueAt: number;
  nonce: string;
  targets: [string, number, [string, number, number?][]][];
};

/** @throws {Error} for another version: such a state is never overwritten. */
export function decodeState(text: string): CounterState {
  const { version, dueAt, nonce, targets } = JSON.parse(text) as EncodedState;
  if (version !== STATE_VERSION)
    throw new Error(`expected state version ${STATE_VERSION}, found ${String(version)}; it was written by another release`);
  return {
    dueAt,
    nonce,
    targets: new Map(
      targets.map(([identity, scrapedAtMs, series]) => [
        identity,
        { scrapedAtMs, baselines: new Map(series.map(([key, value, atMs = scrapedAtMs]) => [key, { value, atMs }])) },
      ]),
    ),
  };
}
