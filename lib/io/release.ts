import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { parseDocument } from '../document/document.ts';
import { closed, firstVersion, readDocument, text } from '../document/schema.ts';
import type { DocumentKind } from '../ports.ts';

/** In the order in which they are written. */
export const KINDS: readonly DocumentKind[] = ['prometheus', 'agent', 'options'];

const document = v.optional(closed({ parameter_version: v.number(), sha256: text }));

/** The commit record of a family: which version of which parameter is its document. docs/decisions/0003-releases.md */
const releaseSchema = closed({
  version: firstVersion,
  project: v.optional(text),
  documents: closed({ prometheus: document, agent: document, options: document }),
});

export type Release = v.InferOutput<typeof releaseSchema>;
/** A document of a release; `sha256` is that of the parameter's value, in hexadecimal digits. */
export type ReleasedDocument = { readonly parameter_version: number; readonly sha256: string };
export type ReleasedDocuments = Readonly<Partial<Record<DocumentKind, ReleasedDocument>>>;

/** The release in a text. @throws {ConfigError} also for a version that this program does not know. */
export function parseRelease(text: string, address: string): Release {
  return readDocument(releaseSchema, parseDocument(text, address));
}

/** A release as text, the same for the same release. Without documents the family is being created or deleted. */
export function formatRelease(project: string | undefined, documents: ReleasedDocuments): string {
  const ordered = KINDS.flatMap((kind) => (documents[kind] === undefined ? [] : [[kind, documents[kind]]]));
  return JSON.stringify({ version: 1, project, documents: Object.fromEntries(ordered) });
}

/** The SHA-256 of a text in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
