import * as v from 'valibot';
import { parseDocument } from '../lib/document/document.ts';
import { closed, dictionary, flag, list, oneOf, readDocument, text } from '../lib/document/schema.ts';
import type { TextObjects } from '../lib/io/s3.ts';
import type { ConfigRequest } from './config-request.ts';
import { readReferenced, readSources } from './config-sources.ts';

const file = closed({ file: text, text });
const source = v.union([file, text], 'expected {"file": "...", "text": "..."} or "s3://BUCKET/KEY"');

const eventSchema = closed({
  cluster: text,
  compose: list(source),
  environment: v.optional(dictionary(text), {}),
  project: v.optional(text),
  profiles: v.optional(list(text)),
  prune: v.optional(flag, false),
  dry_run: v.optional(flag, false),
  /** False: the documents are only returned, and AWS is not asked for anything. */
  write: v.optional(flag, true),
  engine: v.optional(oneOf(['lambda', 'agent'] as const), 'lambda'),
  rules: v.optional(list(source), []),
});

/** Compose files in the event, or at addresses in it. */
export type InlineEvent = v.InferInput<typeof eventSchema>;

/** The request in an event, and whether it is to be written. @throws {ConfigError} with the path of each problem. */
export async function readInlineEvent(
  event: unknown,
  objects: TextObjects,
): Promise<ConfigRequest & { readonly write: boolean }> {
  const { dry_run, compose, rules, ...rest } = readDocument(
    eventSchema,
    parseDocument(JSON.stringify(event ?? null), 'event'),
  );
  const texts = await readSources(compose, objects);
  return {
    ...rest,
    compose: texts,
    files: await readReferenced(texts, rest.environment, objects),
    rules: await readSources(rules, objects),
    dryRun: dry_run,
  };
}
