import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every line of every .ndjson file in the folder, parsed; no file name is fixed. */
export async function readLines<T>(folder: string): Promise<T[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).map((line) => JSON.parse(line) as T);
}
