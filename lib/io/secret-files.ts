import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SecretSource } from '../ports.ts';
import type { Secret } from '../prometheus/secret-reference.ts';

/** Secrets in files; relative names are those of `folder`. Space around a value is no part of it, as in Prometheus. */
export function secretFiles(folder: string): SecretSource<'file'> {
  const read = async (name: string): Promise<Secret> => {
    try {
      return { value: (await readFile(resolve(folder, name), 'utf8')).trim() };
    } catch (error) {
      return { error: `the file cannot be read: ${(error as NodeJS.ErrnoException).code}` };
    }
  };
  return async (references) =>
    new Map(await Promise.all(references.map(async ({ text }) => [text, await read(text)] as const)));
}
