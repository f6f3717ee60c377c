import type { DropReason } from '../cloudwatch/drop-reason.ts';
import { type Labels, sortedPairs } from '../prometheus/labels.ts';

/** Samples of one name that were dropped for one reason. */
export type DroppedSamples = {
  readonly metric: string;
  readonly reason: DropReason;
  readonly samples: number;
  /** The first of them, as `NAME{LABEL="VALUE",...}`. */
  readonly example: string;
};

/** What one target's samples were dropped for, by name and reason; kept for families that are debugged alone. */
export type DropLog = Map<
  string,
  { readonly metric: string; readonly reason: DropReason; example: string; samples: number }
>;

/** A target may have any number of names. */
const MAX_LOGGED = 1000;

export function logDrop(log: DropLog, reason: DropReason, metric: string, labels: Labels): void {
  const key = `${reason} ${metric}`;
  const known = log.get(key);
  if (known !== undefined) known.samples += 1;
  else if (log.size < MAX_LOGGED) log.set(key, { metric, reason, example: formatSeries(metric, labels), samples: 1 });
}

/** The logs of several targets as one list, most samples first. */
export function mergeDropLogs(logs: readonly DropLog[]): DroppedSamples[] {
  const merged: DropLog = new Map();
  for (const [key, entry] of logs.flatMap((log) => [...log])) {
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { ...entry });
    else known.samples += entry.samples;
  }
  return [...merged.values()].sort((a, b) => b.samples - a.samples);
}

function formatSeries(metric: string, labels: Labels): string {
  const pairs = sortedPairs(labels).filter(([name]) => name !== '__name__');
  return `${metric}{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`;
}
