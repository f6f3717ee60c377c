import { createHash } from 'node:crypto';
import type { ClusterTargets } from './cluster-targets.ts';
import type { FamilyConfig } from './documents.ts';
import type { Plan, ShardTarget } from './ecs/shard.ts';
import type { ShardLoads } from './ecs/shard-load.ts';
import type { MessageHead } from './ecs/shard-messages.ts';
import type { Cluster, EcsPort, Failure, PlanStore, Queue, ReadLoads, SnapshotStore, VersionedTexts } from './ports.ts';
import { newSecretMemory, type SecretMemory, type SecretPorts, storeSecrets } from './secrets.ts';
import type { ReadingsMemory } from './stored-readings.ts';

/** The nonce is a text that no other writer uses, and that nobody can guess. */
export type DiscoverPorts = SecretPorts & {
  readonly ecs: EcsPort;
  readonly snapshots: SnapshotStore;
  readonly plans: PlanStore;
  readonly loads: ReadLoads;
  readonly queue: Queue;
  /** The layout of each cluster, under its name. */
  readonly layouts: VersionedTexts;
};

/** What a process remembers from one cycle to the next. */
export type DiscoverMemory = {
  readonly readings: ReadingsMemory;
  /** What the shards of each cluster are to scrape, and when that was read; Unix ms. */
  readonly loads: Map<string, ShardLoads & { readonly readAtMs: number }>;
  /** When each plan was last known to be stored, by its key; Unix milliseconds. */
  readonly plans: Map<string, number>;
  readonly secrets: SecretMemory;
};

export function newMemory(): DiscoverMemory {
  return { readings: new Map(), loads: new Map(), plans: new Map(), secrets: newSecretMemory() };
}

/** For so long a stored plan is not looked for again: a plan that someone deleted comes back within this time. */
const PLAN_TRUSTED_MS = 600_000;

/** Those that are not paused, in one order, so that the same documents are the same plan. */
export function unpaused(documents: readonly FamilyConfig[]): readonly FamilyConfig[] {
  const active = documents.filter(({ options }) => options.paused !== true);
  return active.sort((a, b) => (a.family < b.family ? -1 : 1));
}

export function shardTargets({ discoveries }: ClusterTargets): ShardTarget[] {
  return discoveries.flatMap((discovery, document) =>
    discovery.targets.map(({ labels, ...target }): ShardTarget => ({ document, ...target, labels: [...labels] })),
  );
}

/** What all messages of a tick have in common; plan and secrets are stored. */
export async function messageHead(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  dueAt: number,
  memory: DiscoverMemory,
): Promise<{ readonly head: MessageHead; readonly failures: readonly Failure[] }> {
  const plan = await storePlan(families, cluster, ports.plans, memory.plans, ports.clock());
  const { key, failures } = await storeSecrets(families, cluster.name, ports, memory.secrets);
  const needed = key === undefined ? {} : { secrets: key };
  return { head: { version: 1, plan, ...needed, cluster: cluster.name, due_at: dueAt }, failures };
}

/** Writes the plan under the SHA-256 of its text unless it is known or found to be stored; returns that key. */
async function storePlan(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  plans: PlanStore,
  stored: Map<string, number>,
  now: number,
): Promise<string> {
  const documents = families.map(({ family, prometheus, agent, options }) => ({ family, prometheus, agent, options }));
  const text = JSON.stringify({ version: 1, cluster: cluster.name, documents } satisfies Plan);
  const hash = createHash('sha256').update(text).digest('hex');
  if (now - (stored.get(hash) ?? Number.NEGATIVE_INFINITY) < PLAN_TRUSTED_MS) return hash;
  if ((await plans.read(hash)) === undefined) await plans.write(hash, text);
  for (const [key, time] of stored) if (now - time >= PLAN_TRUSTED_MS) stored.delete(key);
  stored.set(hash, now);
  return hash;
}
