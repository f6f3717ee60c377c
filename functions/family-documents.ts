import { ConfigError, formatProblem, messageOf, type Problem, printable } from '../lib/document/problem.ts';
import { type FamilyConfig, isLeftToAgent, readFamily } from '../lib/documents.ts';
import type { Clock, DocumentStore, FamilyDocuments } from '../lib/ports.ts';

type Known = { readonly families: readonly FamilyConfig[]; readonly readAtMs: number };

/** So long documents are not read again: SSM gives ten parameters a request, and shares its rate with all callers. */
const TRUSTED_MS_PER_FAMILY = 1000;
export const MAX_TRUSTED_MS = 300_000;
/** Up to so many families are read at each tick. */
const FEW = 60;

/**
 * The families of a cluster that can be used. They are read each time, many of them after a second for each, and after
 * five minutes at the most; `maxAgeMs` says otherwise. While they cannot be read, the last ones are used. `path` is
 * where they are, for messages.
 */
export function familyDocuments(store: Pick<DocumentStore, 'read'>, clock: Clock, path: (cluster: string) => string) {
  const known = new Map<string, Known>();
  return async (cluster: string, maxAgeMs?: number): Promise<readonly FamilyConfig[]> => {
    const last = known.get(cluster);
    if (last !== undefined && clock() - last.readAtMs < (maxAgeMs ?? trustedMs(last.families.length)))
      return last.families;
    try {
      const families = await readFamilies(store, cluster, path(cluster));
      known.set(cluster, { families, readAtMs: clock() });
      return families;
    } catch (error) {
      if (last === undefined || error instanceof NoFamilies) throw error;
      const reason = `${messageOf(error)}; those of ${new Date(last.readAtMs).toISOString()} are used`;
      process.stderr.write(`documents of cluster ${cluster} cannot be read: ${printable(reason)}\n`);
      return last.families;
    }
  };
}

function trustedMs(families: number): number {
  return families < FEW ? 0 : Math.min(MAX_TRUSTED_MS, families * TRUSTED_MS_PER_FAMILY);
}

class NoFamilies extends Error {}

async function readFamilies(
  store: Pick<DocumentStore, 'read'>,
  cluster: string,
  path: string,
): Promise<readonly FamilyConfig[]> {
  const stored = await store.read(cluster);
  const families = stored.flatMap(readable);
  if (families.length > 0) return families;
  throw new NoFamilies(
    stored.length > 0
      ? `none of the ${stored.length} families under ${path} is scraped: each has errors (see above) or an agent of its own`
      : `there are no documents under ${path}; render them there, or correct the parameter clusters`,
  );
}

/** Nothing if the documents cannot be used, or are not for us; what is wrong is told and harms no other family. */
function readable({ family, texts, problems }: FamilyDocuments): FamilyConfig[] {
  tell(problems);
  // A family without documents is being created or deleted.
  if (problems.some(({ severity }) => severity === 'error') || Object.keys(texts).length === 0) return [];
  try {
    return isLeftToAgent(texts) ? [] : [readFamily(family, texts)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tell(error.problems);
    return [];
  }
}

function tell(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}
