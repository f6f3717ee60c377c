import { createHash } from 'node:crypto';
import type { FamilyConfig } from './compiled-family.ts';
import { messageOf } from './document/problem.ts';
import type { Clock, Failure, SecretSource, SecretSources, SecretStore } from './ports.ts';
import { referencesOf } from './prometheus/request-credentials.ts';
import {
  parseSecretReference,
  type Secret,
  type SecretReference,
  type Secrets,
} from './prometheus/secret-reference.ts';

export type { Secrets };

/** The secrets of a cluster as they are stored for scrape. The salt keeps the key from telling a weak secret. */
type StoredSecrets = {
  readonly version: 1;
  readonly salt: string;
  readonly secrets: readonly (readonly [string, Secret])[];
};

export type SecretPorts = {
  readonly secretSources: SecretSources;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  /** A text that nobody can guess. */
  readonly nonce: () => string;
};

/** What a warm process knows: values by reference, and the last object of each cluster. Times are Unix ms. */
export type SecretMemory = {
  readonly values: Map<string, { readonly secret: Secret; readonly readAt: number }>;
  readonly objects: Map<string, { readonly key: string; readonly content: string; readonly writtenAt: number }>;
};

/** For so long a value is used before it is asked for again: how soon a rotation is seen. */
const VALUE_TRUSTED_MS = 300_000;
/** Objects live for a day: one of this age is written anew. */
const OBJECT_TRUSTED_MS = 12 * 3_600_000;

export function newSecretMemory(): SecretMemory {
  return { values: new Map(), objects: new Map() };
}

/** The secrets that the jobs of a family name, with those that are known already: a value or a reason for each. */
export async function resolveSecrets(family: FamilyConfig, known: Secrets, sources: SecretSources): Promise<Secrets> {
  const named = new Set(needsOf([family]).map(({ reference }) => reference));
  const unknown = [...named].filter((reference) => !known.has(reference));
  return new Map([...known, ...(await readSecrets(unknown, sources))]);
}

/**
 * Resolves the secrets of a cluster and stores them as one object, unless the last one still serves. Gives its key,
 * and a failure for each job that cannot be scraped for the lack of a secret.
 */
export async function storeSecrets(
  families: readonly FamilyConfig[],
  cluster: string,
  ports: SecretPorts,
  memory: SecretMemory,
): Promise<{ readonly key: string | undefined; readonly failures: readonly Failure[] }> {
  const needs = needsOf(families);
  if (needs.length === 0) return { key: undefined, failures: [] };
  const found = await knownOrRead([...new Set(needs.map(({ reference }) => reference))], ports, memory);
  const failures = needs.flatMap(({ reference, family, job }): Failure[] => {
    const secret = found.get(reference);
    if (secret === undefined || 'value' in secret) return [];
    return [{ arn: reference, reason: `job ${job} of family ${family} is not scraped without it: ${secret.error}` }];
  });
  try {
    return { key: await storeObject([...found], cluster, ports, memory), failures };
  } catch (error) {
    const reason = `the secrets of cluster ${cluster} cannot be stored: ${messageOf(error)}; jobs that need one are not scraped`;
    return { key: undefined, failures: [...failures, { arn: cluster, reason }] };
  }
}

/** The secrets of a stored object. @throws {Error} for another version, or a text that is cut. */
export function parseSecrets(text: string): Secrets {
  const { version, secrets } = parseStored(text);
  if (version !== 1) throw new Error(`expected secrets of version 1, found ${JSON.stringify(version) ?? 'none'}`);
  return new Map(secrets);
}

/** The parser's own error would quote a secret. */
function parseStored(text: string): StoredSecrets {
  try {
    return JSON.parse(text) as StoredSecrets;
  } catch {
    throw new Error('expected secrets in JSON, found something else');
  }
}

type Need = { readonly reference: string; readonly family: string; readonly job: string };

function needsOf(families: readonly FamilyConfig[]): Need[] {
  return families.flatMap(({ family, prometheus }) =>
    prometheus.scrape_configs.flatMap((job) =>
      referencesOf(job).map((reference) => ({ reference, family, job: job.job_name })),
    ),
  );
}

/** Values are remembered for a time; what could not be read is asked for each time. */
async function knownOrRead(
  references: readonly string[],
  { secretSources, clock }: SecretPorts,
  { values }: SecretMemory,
): Promise<Secrets> {
  const now = clock();
  for (const [reference, { readAt }] of values) if (now - readAt >= VALUE_TRUSTED_MS) values.delete(reference);
  const unknown = references.filter((reference) => !values.has(reference));
  const read = await readSecrets(unknown, secretSources);
  for (const [reference, secret] of read) if ('value' in secret) values.set(reference, { secret, readAt: now });
  return new Map(
    references.map((reference) => [reference, values.get(reference)?.secret ?? read.get(reference) ?? UNREAD]),
  );
}

const UNREAD: Secret = { error: 'it was not read' };

async function readSecrets(references: readonly string[], sources: SecretSources): Promise<Secrets> {
  const parsed = references.map(parseSecretReference);
  const found = await Promise.all([
    readKind(sources.parameter, parsed.filter(isKind('parameter'))),
    readKind(sources.secret, parsed.filter(isKind('secret'))),
    readKind(sources.file, parsed.filter(isKind('file'))),
  ]);
  return new Map(found.flatMap((secrets) => [...secrets]));
}

function isKind<Kind extends SecretReference['kind']>(kind: Kind) {
  return (reference: SecretReference): reference is Extract<SecretReference, { kind: Kind }> => reference.kind === kind;
}

async function readKind<Kind extends SecretReference['kind']>(
  source: SecretSource<Kind> | undefined,
  references: readonly Extract<SecretReference, { kind: Kind }>[],
): Promise<Secrets> {
  if (references.length === 0) return new Map();
  const answerAll = (error: string): Secrets => new Map(references.map(({ text }) => [text, { error }]));
  if (source === undefined) return answerAll('nobody reads secrets of this kind here');
  return source(references);
}

/** Writes the object when its content is new or the last one is old; returns its key. */
async function storeObject(
  secrets: StoredSecrets['secrets'],
  cluster: string,
  { secrets: store, clock, nonce }: SecretPorts,
  { objects }: SecretMemory,
): Promise<string> {
  const content = JSON.stringify(secrets);
  const now = clock();
  const known = objects.get(cluster);
  if (known?.content === content && now - known.writtenAt < OBJECT_TRUSTED_MS) return known.key;
  const text = JSON.stringify({ version: 1, salt: nonce(), secrets } satisfies StoredSecrets);
  const key = createHash('sha256').update(text).digest('hex');
  await store.write(key, text);
  objects.set(cluster, { key, content, writtenAt: now });
  return key;
}
