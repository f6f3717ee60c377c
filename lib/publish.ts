import { ConfigError, messageOf, type Problem } from './document/problem.ts';
import { diffDocuments } from './explain/document-diff.ts';
import { DOCUMENT_KINDS, type DocumentStore, type FamilyDocuments, type FamilyTexts } from './ports.ts';

export type PublishSettings = {
  readonly cluster: string;
  /** Whose families these are; only that project replaces or prunes them later. */
  readonly project?: string | undefined;
  /** An earlier name of the project: its families are taken over. */
  readonly formerProject?: string | undefined;
  /** Also delete the families of the project that are not rendered any more. */
  readonly prune?: boolean;
  /** Only tell what would be done. */
  readonly dryRun?: boolean;
  /** When aborted, families that were not begun fail; what is under way ends first. */
  readonly signal?: AbortSignal | undefined;
};

/** What became of a family; in a dry run, what would. */
export type PublishedFamily = {
  readonly family: string;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'pruned' | 'failed';
  /** Where its documents are; none when they were pruned. */
  readonly addresses: readonly string[];
  /** What was wrong with the documents that were there. */
  readonly problems: readonly Problem[];
  /** Why it failed, and what is there now. */
  readonly error?: string;
  /** In a dry run: a unified diff of each document that would change. */
  readonly diff?: string;
};

/**
 * Makes rendered families the documents of a cluster. What is equal is not written; a family that fails harms no other.
 * @throws {ConfigError} with all texts that the store cannot hold; nothing is written then.
 */
export async function publishFamilies(
  rendered: readonly FamilyTexts[],
  store: DocumentStore,
  settings: PublishSettings,
): Promise<readonly PublishedFamily[]> {
  const { cluster, project, prune = false } = settings;
  if (prune && project === undefined)
    throw new Error(
      'prune needs the name of the project whose families it may delete: give it, or write name: in the compose file',
    );
  const refusals = store.refusals(cluster, rendered);
  if (refusals.length > 0) throw new ConfigError(refusals);
  const stored = new Map((await store.read(cluster)).map((family) => [family.family, family]));
  const published: PublishedFamily[] = [];
  for (const family of rendered)
    published.push(await publishFamily(family, stored.get(family.family), store, settings));
  const left = prune ? familiesLeft([...stored.values()], rendered, project) : [];
  for (const family of left) published.push(await pruneFamily(family, store, settings));
  return published;
}

function familiesLeft(
  stored: readonly FamilyDocuments[],
  rendered: readonly FamilyTexts[],
  project: string | undefined,
): readonly FamilyDocuments[] {
  const names = new Set(rendered.map(({ family }) => family));
  return stored.filter(({ family, release }) => !names.has(family) && release?.project === project);
}

async function publishFamily(
  family: FamilyTexts,
  stored: FamilyDocuments | undefined,
  store: DocumentStore,
  settings: PublishSettings,
): Promise<PublishedFamily> {
  const { cluster, project, formerProject } = settings;
  const owner = stored?.release?.project;
  const outcome = outcomeOf(family, stored, project);
  const addresses = store.addresses(cluster, family);
  const published = { family: family.family, outcome, addresses, problems: stored?.problems ?? [] } as const;
  if (owner !== undefined && owner !== project && owner !== formerProject)
    return failed(published, ownedBy(owner, project));
  if (outcome === 'unchanged') return published;
  return carryOut(published, diffOf(family, stored), settings, () => store.write(cluster, family, project));
}

function pruneFamily(
  stored: FamilyDocuments,
  store: DocumentStore,
  settings: PublishSettings,
): Promise<PublishedFamily> {
  const { family, problems } = stored;
  const published = { family, outcome: 'pruned', addresses: [], problems } as const;
  const diff = diffOf({ family }, stored);
  return carryOut(published, diff, settings, () => store.remove(settings.cluster, family));
}

async function carryOut(
  published: PublishedFamily,
  diff: string,
  { dryRun, signal }: PublishSettings,
  write: () => Promise<void>,
): Promise<PublishedFamily> {
  if (dryRun) return { ...published, diff };
  if (signal?.aborted) return failed(published, 'not begun: the time was out; the previous documents are in place');
  try {
    await write();
    return published;
  } catch (error) {
    return failed(published, messageOf(error));
  }
}

function failed(published: PublishedFamily, error: string): PublishedFamily {
  return { ...published, outcome: 'failed', error };
}

function ownedBy(owner: string, project: string | undefined): string {
  const found = project === undefined ? 'no project name' : `project ${JSON.stringify(project)}`;
  return `these documents belong to project ${JSON.stringify(owner)}, found ${found}; render with that name, or prune them there first`;
}

function outcomeOf(
  family: FamilyTexts,
  stored: FamilyDocuments | undefined,
  project: string | undefined,
): 'created' | 'changed' | 'unchanged' {
  if (stored === undefined || (Object.keys(stored.texts).length === 0 && stored.problems.length === 0))
    return 'created';
  const isReleased = stored.release !== undefined && stored.release.project === project;
  const isSame = namesOf(family, stored).every((name) => textOf(family, name) === storedOf(stored, name));
  return isReleased && isSame && stored.problems.length === 0 ? 'unchanged' : 'changed';
}

function diffOf(family: FamilyTexts, stored: FamilyDocuments | undefined): string {
  return namesOf(family, stored)
    .filter((name) => textOf(family, name) !== storedOf(stored, name))
    .map((name) => diffDocuments(`${family.family}/${name}`, storedOf(stored, name), textOf(family, name)))
    .join('');
}

/** The documents and further files of a family, rendered or stored. A store without further files is not asked for any. */
function namesOf(family: FamilyTexts, stored: FamilyDocuments | undefined): readonly string[] {
  const artifacts = stored?.artifacts === undefined ? [] : Object.keys({ ...stored.artifacts, ...family.artifacts });
  return [...DOCUMENT_KINDS, ...artifacts];
}

function textOf(family: FamilyTexts, name: string): string | undefined {
  return isKind(name) ? family[name] : family.artifacts?.[name];
}

function storedOf(stored: FamilyDocuments | undefined, name: string): string | undefined {
  return (isKind(name) ? stored?.texts[name] : stored?.artifacts?.[name])?.text;
}

function isKind(name: string): name is (typeof DOCUMENT_KINDS)[number] {
  return DOCUMENT_KINDS.some((kind) => kind === name);
}
