import * as v from 'valibot';
import { ConfigError, startOf } from '../document/problem.ts';
import { sha256 } from './release.ts';
import { formatS3Address, parseS3Address, type TextObjects } from './s3.ts';

/** What an SSM parameter holds at most, in bytes of UTF-8. */
export const MAX_PARAMETER_BYTES = 8192;

/** Where documents go that no parameter can hold. Without a bucket they are only read. */
export type Spill = { readonly objects: TextObjects; readonly bucket?: string | undefined };

const pointerSchema = v.strictObject({ version: v.literal(1), document: v.string(), sha256: v.string() });

/** Whether a text needs a pointer in its place. */
export function isTooLarge(text: string): boolean {
  return Buffer.byteLength(text) > MAX_PARAMETER_BYTES;
}

/** What a parameter holds in place of a text that is too large: its address and hash. */
export function pointerTo(text: string, bucket: string): string {
  const hash = sha256(text);
  return JSON.stringify({ version: 1, document: formatS3Address({ bucket, key: keyOf(hash) }), sha256: hash });
}

/** Stores a text under its hash. */
export async function spill(text: string, { objects, bucket = '' }: Spill): Promise<void> {
  await objects.write({ bucket, key: keyOf(sha256(text)) }, text);
}

/** The text that a parameter's value is or points to. @throws {ConfigError} if it is gone or not what it was. */
export async function follow(value: string, address: string, objects: TextObjects | undefined): Promise<string> {
  const pointer = parsePointer(value);
  if (pointer === undefined) return value;
  const target = parseS3Address(pointer.document);
  const text = objects === undefined || target === undefined ? undefined : await objects.read(target);
  if (text !== undefined && sha256(text) === pointer.sha256) return text;
  const found = text === undefined ? 'none' : 'another text';
  const problem = `expected the text of sha256 ${pointer.sha256} at ${pointer.document}, found ${found}; render again`;
  throw new ConfigError([{ severity: 'error', place: startOf(address), path: '', text: problem }]);
}

function keyOf(hash: string): string {
  return `documents/${hash}`;
}

function parsePointer(value: string): v.InferOutput<typeof pointerSchema> | undefined {
  // No document of ours has a key "document", and no pointer is long.
  if (value.length > 1024 || !value.includes('"document"')) return undefined;
  try {
    const read = v.safeParse(pointerSchema, JSON.parse(value));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}
