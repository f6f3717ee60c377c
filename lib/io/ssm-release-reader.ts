import { ConfigError, type Problem, startOf } from '../document/problem.ts';
import type { DocumentKind, FamilyDocuments, StoredText } from '../ports.ts';
import { KINDS, parseRelease, type Release, type ReleasedDocument, sha256 } from './release.ts';
import type { TextObjects } from './s3.ts';
import { follow } from './spilled-document.ts';
import type { Parameter, Parameters } from './ssm-parameters.ts';

/** The parameters of one family by the last part of their names: its documents and `release`. */
export type FamilyParameters = ReadonlyMap<string, Parameter>;

/** The parameters directly below a path. */
export function byLastPart(path: string, parameters: readonly Parameter[]): FamilyParameters {
  const named = parameters.map((parameter) => [parameter.name.slice(path.length + 1), parameter] as const);
  return new Map(named.filter(([part]) => !part.includes('/')));
}

/**
 * The documents of a family as its release names them: the latest version of a parameter when that is the one,
 * otherwise the version that the release recorded. Without a release the latest.
 */
export async function readReleased(
  family: string,
  stored: FamilyParameters,
  parameters: Pick<Parameters, 'version'>,
  objects: TextObjects | undefined,
): Promise<FamilyDocuments> {
  const problems: Problem[] = [];
  const record = stored.get('release');
  const release =
    record === undefined
      ? undefined
      : await collect(problems, async () => parseRelease(record.value, addressOf(record.name)));
  if (record !== undefined && release === undefined) return { family, texts: {}, release: {}, problems };
  const texts: Partial<Record<DocumentKind, StoredText>> = {};
  for (const kind of KINDS) {
    const text = await collect(problems, async () => {
      const found = await releasedValue(kind, stored, release, parameters, problems);
      if (found === undefined) return undefined;
      const address = addressOf(found.name);
      return { address, text: await follow(found.value, address, objects) };
    });
    if (text !== undefined) texts[kind] = text;
  }
  return { family, texts, ...(release !== undefined && { release: { project: release.project } }), problems };
}

/** Adds the problems of what cannot be used to the others. */
async function collect<T>(problems: Problem[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

type Found = { readonly name: string; readonly value: string };

async function releasedValue(
  kind: DocumentKind,
  stored: FamilyParameters,
  release: Release | undefined,
  parameters: Pick<Parameters, 'version'>,
  problems: Problem[],
): Promise<Found | undefined> {
  const latest = stored.get(kind);
  if (release === undefined) return latest;
  const released = release.documents[kind];
  if (released === undefined) {
    const text = 'the release of the family does not name it, so it is not read; render again, or with --prune';
    if (latest !== undefined) problems.push(problemAt(latest.name, 'warning', text));
    return undefined;
  }
  if (latest !== undefined && sha256(latest.value) === released.sha256) return latest;
  const name = latest?.name ?? `${nameOfFamily(stored)}/${kind}`;
  return recorded(name, latest?.version, released, parameters, problems);
}

/** The version that the release recorded. @throws {ConfigError} if SSM does not have it. */
async function recorded(
  name: string,
  latest: number | undefined,
  { parameter_version, sha256: hash }: ReleasedDocument,
  parameters: Pick<Parameters, 'version'>,
  problems: Problem[],
): Promise<Found> {
  const value = latest === undefined ? undefined : await parameters.version(name, parameter_version);
  const found = latest === undefined ? 'no parameter' : `version ${latest} with another text`;
  const expected = `expected version ${parameter_version}, which the release names, found ${found}`;
  if (value === undefined || sha256(value) !== hash)
    throw new ConfigError([problemAt(name, 'error', `${expected}; the family is left out: render it again`)]);
  const why = 'changed by hand, or by a write that has not ended';
  const text = `${expected} (${why}); version ${parameter_version} is used: render again to replace the other`;
  problems.push(problemAt(name, 'warning', text));
  return { name, value };
}

function nameOfFamily(stored: FamilyParameters): string {
  return (stored.get('release')?.name ?? '').replace(/\/release$/, '');
}

function addressOf(name: string): string {
  return `ssm:${name}`;
}

function problemAt(name: string, severity: Problem['severity'], text: string): Problem {
  return { severity, place: startOf(addressOf(name)), path: '', text };
}
