import { type Baseline, type CounterSample, counterDelta, type NoDelta } from './counter-delta.ts';
import { type HistogramBaseline, type HistogramDelta, type HistogramValues, histogramDelta } from './histogram.ts';
import { OrderedMap, type ReadableMap } from './ordered-map.ts';
import type { Silence } from './silence.ts';

/** What is remembered of one target between scrapes, by series. Summaries are histograms without buckets. */
export type TargetState = {
  /** Unix milliseconds. */
  readonly scrapedAtMs: number;
  readonly counters: ReadableMap<string, Baseline>;
  readonly histograms: ReadonlyMap<string, HistogramBaseline>;
  /** When the last sample of a gauge was taken, where its target tells it; Unix ms. */
  readonly times: ReadonlyMap<string, number>;
};

/** What of one scrape of a target has to be compared with the one before. */
export type ScrapedValues = {
  /** Each series once. */
  readonly counters: readonly CounterSample[];
  readonly histograms: ReadonlyMap<string, HistogramValues>;
  readonly times: ReadonlyMap<string, number>;
};

/** The increase of each series since it was scraped last. */
export type Deltas = {
  readonly counters: ReadableMap<string, number | NoDelta>;
  readonly histograms: ReadonlyMap<string, HistogramDelta>;
  /** Gauges whose sample is no newer than the one before: that one has been given already. */
  readonly repeated: ReadonlySet<string>;
};

/**
 * The deltas of one target and its next state. Baselines older than `maxAgeMs` are forgotten; with `forgetAbsent` also
 * those of series that are not in this scrape (profile cloudwatch-agent).
 */
export function advanceTarget(
  previous: TargetState | undefined,
  values: ScrapedValues,
  settings: { readonly nowMs: number; readonly maxAgeMs: number; readonly forgetAbsent: boolean },
): { readonly deltas: Deltas; readonly state: TargetState } {
  const { nowMs, maxAgeMs, forgetAbsent } = settings;
  const oldestMs = nowMs - maxAgeMs;
  const counters = advanceCounters(previous, values.counters, oldestMs, settings);
  const known = youngerThan(previous?.histograms, oldestMs);
  // A baseline is looked up before the next one takes its place.
  const histograms = forgetAbsent ? new Map<string, HistogramBaseline>() : known;
  const histogramDeltas = new Map<string, HistogramDelta>();
  for (const [key, histogram] of values.histograms) {
    histogramDeltas.set(key, histogramDelta(histogram, known.get(key), previous?.scrapedAtMs));
    histograms.set(key, { ...histogram, atMs: nowMs });
  }
  const times = previous?.times ?? new Map<string, number>();
  const isRepeated = ([key, timeMs]: [string, number]) => timeMs <= (times.get(key) ?? Number.NEGATIVE_INFINITY);
  const repeated = new Set([...values.times].filter(isRepeated).map(([key]) => key));
  return {
    deltas: { counters: counters.deltas, histograms: histogramDeltas, repeated },
    state: { scrapedAtMs: nowMs, counters: counters.next, histograms, times: values.times },
  };
}

/** The counters of this scrape in its order, then those before that it does not have. */
function advanceCounters(
  previous: TargetState | undefined,
  counters: readonly CounterSample[],
  oldestMs: number,
  { nowMs, forgetAbsent }: { readonly nowMs: number; readonly forgetAbsent: boolean },
) {
  const before = previous?.counters ?? new Map<string, Baseline>();
  const deltas = new OrderedMap<string, number | NoDelta>();
  const next = new OrderedMap<string, Baseline>();
  let known = 0;
  for (const counter of counters) {
    const { seriesKey, value, createdMs } = counter;
    const baseline = before.get(seriesKey);
    if (baseline !== undefined) known += 1;
    const isOld = baseline !== undefined && baseline.atMs < oldestMs;
    deltas.add(seriesKey, counterDelta(counter, isOld ? undefined : baseline, previous?.scrapedAtMs));
    if (!(value < 0)) next.add(seriesKey, { value, atMs: nowMs, createdMs });
  }
  if (!forgetAbsent && known < before.size)
    before.forEach((baseline, key) => {
      if (baseline.atMs >= oldestMs && deltas.get(key) === undefined) next.add(key, baseline);
    });
  return { deltas, next };
}

function youngerThan(baselines: TargetState['histograms'] = new Map(), oldestMs: number) {
  const younger = new Map<string, HistogramBaseline>();
  // Not by entries, of which each would be an array.
  baselines.forEach((baseline, key) => {
    if (baseline.atMs >= oldestMs) younger.set(key, baseline);
  });
  return younger;
}

/** The memory of one shard: by target identity. */
export type ScrapeState = {
  /** The tick it was written for, Unix ms. */
  readonly dueAt: number;
  /** Names the writer. */
  readonly nonce: string;
  /** Earlier ticks that were committed and maybe not written, until a summary has told of them; Unix ms. */
  readonly gaps: readonly number[];
  /** The generation of the layout that took it over: whoever belongs to the one before may write nothing any more. */
  readonly sealedBy?: number | undefined;
  readonly targets: ReadonlyMap<string, TargetState>;
  /** Targets that took no connection, by identity; absent: none. */
  readonly silent?: ReadonlyMap<string, Silence>;
};

/** How many values of series are remembered at the most; those that were not seen for the longest go first. */
export const MAX_REMEMBERED_VALUES = 500_000;

/** The targets with at most `most` values between them, and how many series were forgotten for that. */
export function bounded(
  targets: ReadonlyMap<string, TargetState>,
  most = MAX_REMEMBERED_VALUES,
): { readonly targets: ReadonlyMap<string, TargetState>; readonly forgotten: number } {
  let excess = valuesOf(targets) - most;
  if (excess <= 0) return { targets, forgotten: 0 };
  const series = [...targets].flatMap(([identity, { counters, histograms }]) => [
    ...[...counters].map(([key, { atMs }]) => ({ identity, kind: 'counters' as const, key, atMs, values: 1 })),
    ...[...histograms].map(([key, { atMs, buckets = [] }]) => ({
      identity,
      kind: 'histograms' as const,
      key,
      atMs,
      values: SUM_AND_COUNT + buckets.length,
    })),
  ]);
  const kept = new Map([...targets].map(([identity, state]) => [identity, copyOf(state)]));
  let forgotten = 0;
  // Of equally old series the last ones go, so that the same stay from scrape to scrape.
  for (const { identity, kind, key, values } of series.reverse().sort((a, b) => a.atMs - b.atMs)) {
    if (excess <= 0) break;
    kept.get(identity)?.[kind].delete(key);
    excess -= values;
    forgotten += 1;
  }
  return { targets: kept, forgotten };
}

const SUM_AND_COUNT = 2;

function valuesOf(targets: ReadonlyMap<string, TargetState>): number {
  let values = 0;
  for (const { counters, histograms, times } of targets.values()) {
    values += counters.size + times.size;
    for (const { buckets } of histograms.values()) values += SUM_AND_COUNT + (buckets?.length ?? 0);
  }
  return values;
}

function copyOf({ scrapedAtMs, counters, histograms, times }: TargetState) {
  return { scrapedAtMs, counters: new Map(counters), histograms: new Map(histograms), times: new Map(times) };
}

export const STATE_VERSION = 2;
/** Version 1 had no histograms and no gaps. */
const READABLE_VERSIONS: readonly unknown[] = [1, STATE_VERSION];

/** The state as JSON text. */
export function encodeState(state: ScrapeState): string {
  const targets = [...state.targets].map(encodeTarget);
  const { dueAt, nonce, gaps, sealedBy, silent = new Map() } = state;
  const silence = [...silent].map(([identity, { failures, triedAtMs }]) => [identity, failures, triedAtMs] as const);
  const head = { version: STATE_VERSION, dueAt, nonce, gaps, sealedBy };
  return JSON.stringify({ ...head, ...(silence.length > 0 && { silence }), targets } satisfies EncodedState);
}

function encodeTarget([identity, { scrapedAtMs, counters, histograms, times }]: [string, TargetState]): EncodedTarget {
  const timeOf = (atMs: number) => (atMs === scrapedAtMs ? null : atMs);
  return [
    identity,
    scrapedAtMs,
    encodeCounters(counters, timeOf),
    [...histograms].map(([key, { buckets, sum, count, atMs, createdMs }]) => [
      key,
      buckets?.map(([, cumulative]) => cumulative) ?? null,
      // The last bound is infinite, which JSON cannot hold; a first one of -Inf becomes null.
      buckets?.slice(0, -1).map(([bound]) => bound) ?? null,
      sum ?? null,
      count ?? null,
      ...trimmed([timeOf(atMs), createdMs ?? null]),
    ]),
    [...times],
  ];
}

function encodeCounters(
  counters: TargetState['counters'],
  timeOf: (atMs: number) => number | null,
): readonly EncodedCounter[] {
  const encoded: EncodedCounter[] = [];
  counters.forEach(({ value, atMs, createdMs }, key) => {
    const time = timeOf(atMs);
    encoded.push(
      createdMs === undefined && time === null ? [key, value] : [key, value, ...trimmed([time, createdMs ?? null])],
    );
  });
  return encoded;
}

type Maybe = number | null | undefined;
type EncodedCounter = [key: string, value: number, atMs?: Maybe, createdMs?: Maybe];
type EncodedHistogram = [
  key: string,
  cumulative: number[] | null,
  bounds: Maybe[] | null,
  sum: number | null,
  count: number | null,
  atMs?: Maybe,
  createdMs?: Maybe,
];
type EncodedTarget = [string, number, readonly EncodedCounter[], EncodedHistogram[]?, [string, number][]?];
type EncodedState = {
  version: number;
  dueAt: number;
  nonce: string;
  gaps?: readonly number[];
  sealedBy?: number | undefined;
  silence?: readonly (readonly [identity: string, failures: number, triedAtMs: number])[];
  targets: EncodedTarget[];
};

/** Without trailing nulls. */
function trimmed([atMs, createdMs]: [number | null, number | null]): [Maybe?, Maybe?] {
  if (createdMs !== null) return [atMs, createdMs];
  return atMs === null ? [] : [atMs];
}

/** @throws {Error} for another version: such a state is never overwritten. */
export function decodeState(text: string): ScrapeState {
  const { version, dueAt, nonce, gaps = [], sealedBy, silence = [], targets } = JSON.parse(text) as EncodedState;
  if (!READABLE_VERSIONS.includes(version))
    throw new Error(
      `expected state version ${STATE_VERSION}, found ${String(version)}; it was written by another release`,
    );
  const sealed = sealedBy === undefined ? {} : { sealedBy };
  const silent = new Map(silence.map(([identity, failures, triedAtMs]) => [identity, { failures, triedAtMs }]));
  return {
    dueAt,
    nonce,
    gaps,
    ...sealed,
    ...(silent.size > 0 && { silent }),
    targets: new Map(targets.map(decodeTarget)),
  };
}

function decodeTarget([identity, scrapedAtMs, counters, histograms = [], stamps = []]: EncodedTarget): [
  string,
  TargetState,
] {
  const times = (atMs: Maybe, createdMs: Maybe) => ({
    atMs: atMs ?? scrapedAtMs,
    ...(typeof createdMs === 'number' && { createdMs }),
  });
  const baselines = new Map<string, Baseline>();
  for (const [key, value, atMs, createdMs] of counters)
    baselines.set(key, { value, atMs: atMs ?? scrapedAtMs, createdMs: createdMs ?? undefined });
  const state: TargetState = {
    scrapedAtMs,
    counters: baselines,
    histograms: new Map(
      histograms.map(([key, cumulative, bounds, sum, count, ...rest]) => [
        key,
        {
          ...(cumulative !== null && {
            buckets: cumulative.map((value, at) => [decodeBound(bounds?.[at]), value] as const),
          }),
          ...(sum !== null && { sum }),
          ...(count !== null && { count }),
          ...times(...rest),
        },
      ]),
    ),
    times: new Map(stamps),
  };
  return [identity, state];
}

function decodeBound(bound: Maybe): number {
  return bound === null ? Number.NEGATIVE_INFINITY : (bound ?? Number.POSITIVE_INFINITY);
}
