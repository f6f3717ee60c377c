import { advanceTarget, bounded, decodeState, encodeState, type TargetState } from '../lib/prometheus/scrape-state.ts';
import { peakRssMb } from './peak-rss.ts';

export type CountersSettings = { readonly counters: number; readonly rounds: number };

export type CountersResult = {
  /** CPU time of each round. */
  readonly advanceMs: readonly number[];
  readonly encodeMs: readonly number[];
  readonly decodeMs: readonly number[];
  readonly bytes: number;
  readonly forgotten: number;
  readonly rssMb: number;
};

/** The process that is measured: the state of one target with so many counters, a minute after the other. */
export function runCounters({ counters, rounds }: CountersSettings): void {
  const keys = Array.from(
    { length: counters },
    (_, i) => `app_requests_total{method="GET",route="/api/v1/orders/${i}",status="200"}`,
  );
  const times = { advanceMs: [] as number[], encodeMs: [] as number[], decodeMs: [] as number[] };
  let known: TargetState | undefined;
  let [bytes, forgotten] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = 1_800_000_000_000 + round * 60_000;
    const samples = keys.map((seriesKey, i) => ({ seriesKey, value: i + round * 7, createdMs: undefined }));
    const values = { counters: samples, histograms: new Map(), times: new Map() };
    const settings = { nowMs, maxAgeMs: 600_000, forgetAbsent: false };
    const kept = timed(times.advanceMs, () => {
      const { state } = advanceTarget(known, values, settings);
      return bounded(new Map([['bench', state]]));
    });
    forgotten = kept.forgotten;
    const state = { dueAt: nowMs, nonce: String(round), gaps: [], targets: kept.targets };
    const text = timed(times.encodeMs, () => encodeState(state));
    bytes = Buffer.byteLength(text);
    known = timed(times.decodeMs, () => decodeState(text)).targets.get('bench');
  }
  const result: CountersResult = { ...times, bytes, forgotten, rssMb: peakRssMb() };
  process.send?.(result, () => process.disconnect());
}

function timed<T>(times: number[], work: () => T): T {
  const before = process.cpuUsage();
  const done = work();
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000);
  return done;
}
