import type { ExposedSample, Exposition } from '../../lib/prometheus/exposition.ts';
import { type EarlierBodies, expositionReader } from '../../lib/prometheus/exposition-reader.ts';
import type { Answer } from './bodies.ts';

/** What is read of a body, or why it is refused: all of it that lines are made of. */
export type Reading = { readonly exposition: Exposition; readonly bodyBytes: number } | { readonly error: unknown };

/** The body in these chunks. */
export function readingOf(
  { contentType }: Pick<Answer, 'contentType'>,
  chunks: readonly Uint8Array[],
  earlier: EarlierBodies,
): Reading {
  const reader = expositionReader(undefined, undefined, earlier);
  // Each in memory of its own, so that nothing can be read beside it.
  for (const chunk of chunks) reader.read(Uint8Array.from(chunk), contentType);
  try {
    return reader.end();
  } catch (error) {
    return { error };
  }
}

/** Whether two readings are equal, told quickly: false means only that it is not seen at once. */
export function isSeenEqual(a: Reading, b: Reading): boolean {
  if ('error' in a || 'error' in b) return false;
  const [one, other] = [a.exposition, b.exposition];
  return (
    a.bodyBytes === b.bodyBytes &&
    one.scraped === other.scraped &&
    one.samples.length === other.samples.length &&
    one.samples.every((sample, at) => areAlike(sample, other.samples[at] as ExposedSample)) &&
    areEqual(one.types, other.types) &&
    areEqual(one.units, other.units) &&
    areEqual(one.created, other.created)
  );
}

function areAlike(a: ExposedSample, b: ExposedSample): boolean {
  return (
    a.name === b.name &&
    Object.is(a.value, b.value) &&
    a.timestampMs === b.timestampMs &&
    a.ownType === b.ownType &&
    a.labels.length === b.labels.length &&
    a.labels.every(([name, value], at) => name === b.labels[at]?.[0] && value === b.labels[at]?.[1])
  );
}

/** In the same order. */
function areEqual(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  const others = [...b];
  return a.size === b.size && [...a].every(([key, value], at) => key === others[at]?.[0] && value === others[at]?.[1]);
}
