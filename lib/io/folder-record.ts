import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseDocument } from '../document/document.ts';
import { closed, dictionary, firstVersion, list, readDocument, text } from '../document/schema.ts';

/** In the folder itself: what of it was rendered, and for which project. */
const RECORD = '.prom-emf.json';

const recordSchema = closed({
  version: firstVersion,
  families: dictionary(closed({ project: v.optional(text), files: list(text) })),
});

/** The project and the files of each family that was rendered into a folder. */
export type FolderRecord = ReadonlyMap<
  string,
  { readonly project?: string | undefined; readonly files: readonly string[] }
>;

/** The record of a folder; empty where there is none. @throws {ConfigError} for a version that this program does not know. */
export async function readRecord(folder: string): Promise<FolderRecord> {
  const file = join(folder, RECORD);
  const written = await readFile(file, 'utf8').catch(unlessAbsent);
  if (written === undefined) return new Map();
  return new Map(Object.entries(readDocument(recordSchema, parseDocument(written, file)).families));
}

export async function writeRecord(folder: string, record: FolderRecord): Promise<void> {
  const families = Object.fromEntries([...record].sort(([a], [b]) => (a < b ? -1 : 1)));
  await replaceFiles(folder, { [RECORD]: `${JSON.stringify({ version: 1, families }, null, 2)}\n` });
}

/** Writes files whole: everything is on the disk before anything takes its name. */
export async function replaceFiles(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const partialOf = (name: string) => join(folder, `.${name}.partial`);
  for (const [name, written] of Object.entries(texts)) await writeFile(partialOf(name), written);
  for (const name of Object.keys(texts)) await rename(partialOf(name), join(folder, name));
}

/** Undefined for what is not there. */
export function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
