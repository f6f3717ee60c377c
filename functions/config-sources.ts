import { posix } from 'node:path';
import { type ComposeText, referencedFiles } from '../lib/compose-sources.ts';
import { formatS3Address, parseS3Address, type TextObjects } from '../lib/io/s3.ts';

/** A text of an event, or the address of one: `s3://BUCKET/KEY`. */
export type Source = string | ComposeText;

/** The texts of these sources. @throws {Error} naming an address where nothing is. */
export function readSources(sources: readonly Source[], objects: TextObjects): Promise<readonly ComposeText[]> {
  return Promise.all(
    sources.map(async (source) => (typeof source === 'string' ? readObject(source, objects) : source)),
  );
}

async function readObject(file: string, objects: TextObjects): Promise<ComposeText> {
  const address = parseS3Address(file);
  if (address === undefined) throw new Error(`expected an address s3://BUCKET/KEY, found ${JSON.stringify(file)}`);
  const text = await objects.read(address);
  if (text === undefined) throw new Error(`${file}: there is no such object; upload it first`);
  return { file, text };
}

/** The files that compose files from S3 name, relative to their keys. */
export function readReferenced(
  compose: readonly ComposeText[],
  environment: Readonly<Record<string, string>>,
  objects: TextObjects,
): Promise<readonly ComposeText[]> {
  const fromS3 = compose.filter(({ file }) => parseS3Address(file) !== undefined);
  return referencedFiles(fromS3, environment, {
    resolve: besideObject,
    read: async (file) => {
      const address = parseS3Address(file);
      return address === undefined ? undefined : objects.read(address);
    },
  });
}

function besideObject(written: string, from: string): string {
  const address = parseS3Address(from);
  if (address === undefined || parseS3Address(written) !== undefined) return written;
  return formatS3Address({ ...address, key: posix.join(posix.dirname(address.key), written) });
}
