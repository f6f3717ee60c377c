import { formatS3Address, type S3Address, type TextObjects } from '../lib/io/s3.ts';
import type { ConfigRequest } from './config-request.ts';
import { readReferenced, readSources } from './config-sources.ts';

/** A notification of S3, as far as it is read. Source: Amazon S3 User Guide, "Event message structure". */
export type UploadEvent = {
  readonly Records: readonly {
    readonly s3: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } };
  }[];
};

/** `compose/CLUSTER/PROJECT/` in a bucket: a project of Docker Compose. */
export type ProjectFolder = { readonly bucket: string; readonly cluster: string; readonly project: string };

/** The first of each that is there, in the order of Docker Compose. Source: compose-go, cli/options.go. */
const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

export function isUploadEvent(event: unknown): event is UploadEvent {
  const records = (event as UploadEvent | null)?.Records;
  return Array.isArray(records) && records.every((record) => typeof record?.s3?.object?.key === 'string');
}

/** The folders that something was uploaded to or deleted from, each once. @throws {Error} for a key outside of one. */
export function foldersOf({ Records }: UploadEvent): readonly ProjectFolder[] {
  const folders = Records.flatMap(({ s3 }) => {
    const key = decodeURIComponent(s3.object.key.replaceAll('+', ' '));
    // What consoles make for an empty folder.
    if (key.endsWith('/')) return [];
    const [, cluster, project] = /^compose\/([^/]+)\/([^/]+)\/./.exec(key) ?? [];
    if (cluster === undefined || project === undefined)
      throw new Error(`expected an object compose/CLUSTER/PROJECT/FILE, found ${JSON.stringify(key)}; upload it there`);
    return [{ bucket: s3.bucket.name, cluster, project }];
  });
  return [...new Map(folders.map((folder) => [JSON.stringify(folder), folder])).values()];
}

/**
 * The request of a folder as it is now, whatever the notification said: they come late and in any order. The folder is
 * all of its project, so that what it no longer renders is pruned.
 */
export async function readFolder(folder: ProjectFolder, objects: TextObjects): Promise<ConfigRequest> {
  const { bucket, cluster, project } = folder;
  const prefix = `compose/${cluster}/${project}/`;
  const keys = new Set(await objects.list(bucket, prefix));
  const firstOf = (names: readonly string[]): S3Address[] =>
    names
      .map((name) => ({ bucket, key: prefix + name }))
      .filter(({ key }) => keys.has(key))
      .slice(0, 1);
  const base = firstOf(COMPOSE_NAMES);
  const addresses = base.length === 0 ? [] : [...base, ...firstOf(OVERRIDE_NAMES)];
  const compose = await readSources(addresses.map(formatS3Address), objects);
  const files = await readReferenced(compose, {}, objects);
  return { cluster, project, compose, files, rules: [], environment: {}, prune: true, dryRun: false };
}
