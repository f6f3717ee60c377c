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

/** A counter sample of a target: its series and, where the target tells it, when the series began (Unix ms). */
export type CounterSample = {
  readonly seriesKey: string;
  readonly value: number;
  readonly createdMs: number | undefined;
};

/**
 * The deltas of one target's counters, by series, and the target's next state. Baselines older than `maxAgeMs` are
 * forgotten; with `forgetAbsent` also those of series that are not in this scrape (profile cloudwatch-agent).
 */
export function advanceTarget(
  previous: TargetState | undefined,
  counters: readonly CounterSample[],
  settings: { readonly nowMs: number; readonly maxAgeMs: number; readonly forgetAbsent: boolean },
): { readonly deltas: ReadonlyMap<string, number | NoDelta>; readonly state: TargetState } {
  const { nowMs, maxAgeMs, forgetAbsent } = settings;
  const known = new Map([...(previous?.baselines ?? [])].filter(([, { atMs }]) => nowMs - atMs <= maxAgeMs));
  const baselines = forgetAbsent ? new Map<string, Baseline>() : new Map(known);
  const deltas = new Map<string, number | NoDelta>();
  for (const { seriesKey, value, createdMs } of counters) {
    if (deltas.has(seriesKey)) continue;
    const context = { createdMs, scrapedAtMs: previous?.scrapedAtMs };
    deltas.set(seriesKey, counterDelta(value, known.get(seriesKey), context));
    if (value < 0) baselines.delete(seriesKey);
    else baselines.set(seriesKey, { value, atMs: nowMs });
  }
  return { deltas, state: { scrapedAtMs: nowMs, baselines } };
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
    throw new Error(
      `expected state version ${STATE_VERSION}, found ${String(version)}; it was written by another release`,
    );
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
