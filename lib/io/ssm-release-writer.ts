import { messageOf } from '../document/problem.ts';
import type { DocumentKind } from '../ports.ts';
import {
  formatRelease,
  KINDS,
  parseRelease,
  type Release,
  type ReleasedDocument,
  type ReleasedDocuments,
  sha256,
} from './release.ts';
import type { Parameters } from './ssm-parameters.ts';
import { byLastPart, type FamilyParameters } from './ssm-release-reader.ts';

/** The parameters of a family, and where they are: PREFIX/CLUSTER/FAMILY. */
type Stored = { readonly path: string; readonly before: FamilyParameters; readonly parameters: Parameters };

export type Values = Readonly<Partial<Record<DocumentKind, string>>>;

/**
 * Makes these values the documents of a family. Writing the release is the commit; what is equal is not written again.
 * @throws {Error} when a call fails: then the previous documents hold, and what was written is put back.
 */
export async function commitDocuments(stored: Stored, values: Values, project: string | undefined): Promise<void> {
  const { path, before, parameters } = stored;
  parseStored(stored);
  const valid = await begin(stored, project);
  let release: string | undefined;
  try {
    release = formatRelease(project, await putDocuments(stored, values));
    if (release !== valid) await parameters.put(`${path}/release`, release);
  } catch (error) {
    await recover(stored, { valid, wanted: release }, error);
  }
  await removeLeft(
    stored,
    KINDS.filter((kind) => before.has(kind) && values[kind] === undefined),
  );
}

/**
 * Deletes the documents of a family and its release. A release without documents comes first, so that nobody ever
 * takes what is left for documents that were written by hand.
 */
export async function removeDocuments(stored: Stored): Promise<void> {
  const { path, before, parameters } = stored;
  const release = parseStored(stored);
  if (release === undefined) return;
  const none = formatRelease(release.project, {});
  if (none !== before.get('release')?.value) await parameters.put(`${path}/release`, none);
  await removeLeft(
    stored,
    KINDS.filter((kind) => before.has(kind)),
  );
  await removeLeft(stored, ['release']);
}

/** The release that is there. A version that this program does not know is never overwritten. @throws {ConfigError} */
function parseStored({ before }: Stored): Release | undefined {
  const release = before.get('release');
  return release === undefined ? undefined : parseRelease(release.value, `ssm:${release.name}`);
}

/**
 * The release that holds until the commit. Where there is none yet, it is made: it names the documents that are there.
 * @throws {Error} also when another run has made it meanwhile.
 */
async function begin({ path, before, parameters }: Stored, project: string | undefined): Promise<string> {
  const release = before.get('release')?.value;
  if (release !== undefined) return release;
  const present = KINDS.flatMap((kind) => {
    const parameter = before.get(kind);
    return parameter === undefined ? [] : [[kind, released(parameter.version, parameter.value)] as const];
  });
  // What was written by hand stays without an owner until it is replaced.
  const first = formatRelease(present.length === 0 ? project : undefined, Object.fromEntries(present));
  await parameters.create(`${path}/release`, first);
  return first;
}

async function putDocuments({ path, before, parameters }: Stored, values: Values): Promise<ReleasedDocuments> {
  const documents: Partial<Record<DocumentKind, ReleasedDocument>> = {};
  for (const kind of KINDS) {
    const value = values[kind];
    if (value === undefined) continue;
    const old = before.get(kind);
    const version = old?.value === value ? old.version : await parameters.put(`${path}/${kind}`, value);
    documents[kind] = released(version, value);
  }
  return documents;
}

function released(parameter_version: number, value: string): ReleasedDocument {
  return { parameter_version, sha256: sha256(value) };
}

/** The release that held when a write began, and the one it was to make, when it came so far. */
type Releases = { readonly valid: string; readonly wanted: string | undefined };

/** Returns when the release had landed after all. @throws {Error} why the write failed and what is left of it. */
async function recover(stored: Stored, releases: Releases, error: unknown): Promise<void> {
  const left = await putBack(stored, releases).catch((failure) => [messageOf(failure)]);
  if (left === undefined) return;
  const rest = `${left.join('; ')}; discover uses the released documents, an agent may not: render again`;
  const state = left.length === 0 ? 'the previous documents are in place' : `not everything was put back: ${rest}`;
  throw new Error(`${messageOf(error)}; ${state}`, { cause: error });
}

/** Puts back what a failed write has written; returns what could not be, undefined when the release had landed. */
async function putBack(
  { path, before, parameters }: Stored,
  { valid, wanted }: Releases,
): Promise<readonly string[] | undefined> {
  const now = byLastPart(path, await parameters.list(`${path}/`));
  const release = now.get('release')?.value;
  if (wanted !== undefined && release === wanted) return undefined;
  // What another run has released meanwhile is not undone.
  if (release !== valid) return ['another run has changed the release'];
  const left: string[] = [];
  // The release comes last: until then it says what holds.
  for (const part of [...KINDS, 'release']) {
    const old = before.get(part)?.value;
    if (old === now.get(part)?.value || (part === 'release' && left.length > 0)) continue;
    const name = `${path}/${part}`;
    const undo = old === undefined ? parameters.remove([name]) : parameters.put(name, old);
    await undo.catch((error) => left.push(messageOf(error)));
  }
  return left;
}

async function removeLeft({ path, parameters }: Stored, parts: readonly string[]): Promise<void> {
  const done = 'nobody reads it any more, but it could not be deleted; render again, or with --prune';
  const names = parts.map((part) => `${path}/${part}`);
  await parameters.remove(names).catch((error) => {
    throw new Error(`${messageOf(error)}; ${done}`, { cause: error });
  });
}
