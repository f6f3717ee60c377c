import type { Exposition } from '../../lib/prometheus/exposition.ts';
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
