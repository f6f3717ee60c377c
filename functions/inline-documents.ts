import type { DocumentTexts } from '../lib/documents.ts';

/** Documents of an event, each addressed by its path there. */
export function inlineTexts(family: string, texts: Readonly<Record<string, string>>): DocumentTexts {
  return Object.fromEntries(
    Object.entries(texts).map(([kind, text]) => [kind, { address: `event.documents.${family}.${kind}`, text }]),
  );
}
