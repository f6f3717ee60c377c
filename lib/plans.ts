import { createHash } from 'node:crypto';
import type { FamilyConfig } from './compiled-family.ts';
import type { Plan } from './ecs/shard.ts';
import type { Cluster, HashedTexts, PlanArchive } from './ports.ts';

/** What a process knows of the plans it uses, by key; Unix milliseconds. */
export type PlanMemory = {
  readonly used: Map<string, { readonly writtenAtMs: number; readonly seenAtMs: number }>;
  collectedAtMs: number | undefined;
};

export function newPlanMemory(): PlanMemory {
  return { used: new Map(), collectedAtMs: undefined };
}

/** For so long a stored plan is not looked for again: a plan that someone deleted comes back within this time. */
const TRUSTED_MS = 600_000;
/** Who uses a plan writes it so often. */
const REWRITTEN_MS = 12 * 3_600_000;
/** A plan that nobody wrote for so long is used by nobody; messages live for ten minutes. */
const UNUSED_MS = 48 * 3_600_000;
const COLLECTED_MS = 6 * 3_600_000;

/** Those that are not paused, in one order, so that the same documents are the same plan. */
export function unpaused(documents: readonly FamilyConfig[]): readonly FamilyConfig[] {
  const active = documents.filter(({ options }) => options.paused !== true);
  return active.sort((a, b) => (a.family < b.family ? -1 : 1));
}

/**
 * Keeps the plan of these documents stored under the SHA-256 of its text, which is returned. It is written when the
 * process first uses it, every 12 hours, and when it is found missing.
 */
export async function storePlan(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  plans: HashedTexts,
  { used }: PlanMemory,
  now: number,
): Promise<string> {
  const documents = families.map(({ family, prometheus, agent, options }) => ({ family, prometheus, agent, options }));
  const text = JSON.stringify({ version: 1, cluster: cluster.name, documents } satisfies Plan);
  const hash = createHash('sha256').update(text).digest('hex');
  const known = used.get(hash);
  if (known !== undefined && now - known.seenAtMs < TRUSTED_MS) return hash;
  const isFresh = known !== undefined && now - known.writtenAtMs < REWRITTEN_MS;
  const isStored = isFresh && (await plans.read(hash)) !== undefined;
  if (!isStored) await plans.write(hash, text);
  for (const [key, { seenAtMs }] of used) if (now - seenAtMs >= TRUSTED_MS) used.delete(key);
  used.set(hash, { writtenAtMs: isStored ? known.writtenAtMs : now, seenAtMs: now });
  return hash;
}

/** Deletes plans that nobody has written for two days, looking for them every six hours. Gives how many went. */
export async function collectPlans(plans: PlanArchive, memory: PlanMemory, now: number): Promise<number> {
  if (memory.collectedAtMs !== undefined && now - memory.collectedAtMs < COLLECTED_MS) return 0;
  memory.collectedAtMs = now;
  const unused = (await plans.list()).filter(({ writtenAtMs }) => now - writtenAtMs > UNUSED_MS);
  if (unused.length > 0) await plans.remove(unused.map(({ hash }) => hash));
  return unused.length;
}
