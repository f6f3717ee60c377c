import { formatOf, type ScrapeProtocol } from '../../lib/prometheus/content-type.ts';
import type { LabelPair } from '../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../lib/prometheus/exposition-stream.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

type RecordedSample = { name: string; labels: LabelPair[]; value: string; ts_ms?: number };

type RecordedBody = {
  id: string;
  content_type: string;
  fallback?: string;
  body?: string;
  body_b64?: string;
  go_textparse: { ok: boolean; error?: string; samples?: RecordedSample[] };
};

/** The verdict and the samples of Prometheus's parser. */
export const topic: Topic = {
  name: 'exposition',
  run: async (folder) => (await readLines<RecordedBody>(folder)).map(runCase),
};

function runCase(recorded: RecordedBody): Outcome {
  const expected = recorded.go_textparse;
  const body =
    recorded.body_b64 === undefined ? Buffer.from(recorded.body ?? '') : Buffer.from(recorded.body_b64, 'base64');
  const found = parse(recorded, body);
  if (!expected.ok || found instanceof Error) {
    if (!expected.ok && found instanceof Error) return { case: recorded.id, outcome: 'passed' };
    const detail = found instanceof Error ? `rejected: ${found.message}` : `accepted, expected: ${expected.error}`;
    return { case: recorded.id, outcome: 'failed', detail };
  }
  const detail = differenceOf(expected.samples ?? [], found);
  return detail === undefined
    ? { case: recorded.id, outcome: 'passed' }
    : { case: recorded.id, outcome: 'failed', detail };
}

export type FoundSample = { name: string; labels: readonly LabelPair[]; value: number; ts_ms?: number };

/** The recorded fallbacks are media types; a configuration names protocols. */
const FALLBACKS: ReadonlyMap<string, ScrapeProtocol> = new Map([
  ['text/plain', 'PrometheusText0.0.4'],
  ['application/openmetrics-text', 'OpenMetricsText1.0.0'],
]);

function parse(recorded: RecordedBody, body: Uint8Array): FoundSample[] | Error {
  const samples: FoundSample[] = [];
  try {
    const fallback = FALLBACKS.get(recorded.fallback ?? '');
    parseExposition(formatOf(recorded.content_type, fallback), body, {
      sample: (name, labels, value, ts) =>
        samples.push({ name, labels, value, ...(ts === undefined ? {} : { ts_ms: ts }) }),
    });
    return samples;
  } catch (error) {
    return error as Error;
  }
}

/** The first sample that differs, as text; nothing when all are equal in order, labels, value and timestamp. */
export function differenceOf(expected: readonly RecordedSample[], found: readonly FoundSample[]): string | undefined {
  if (expected.length !== found.length) return `expected ${expected.length} samples, found ${found.length}`;
  const index = expected.findIndex((sample, i) => {
    const other = found[i];
    return (
      other === undefined ||
      other.name !== sample.name ||
      JSON.stringify(other.labels) !== JSON.stringify(sample.labels) ||
      !Object.is(other.value, recordedValue(sample.value)) ||
      other.ts_ms !== sample.ts_ms
    );
  });
  if (index === -1) return undefined;
  return `sample ${index}: expected ${JSON.stringify(expected[index])}, found ${JSON.stringify({ ...found[index], value: String(found[index]?.value) })}`;
}

export function recordedValue(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
