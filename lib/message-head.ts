import type { ClusterTargets } from './cluster-targets.ts';
import type { FamilyConfig } from './documents.ts';
import type { ShardTarget } from './ecs/shard.ts';
import type { ShardLoads } from './ecs/shard-load.ts';
import type { MessageHead } from './ecs/shard-messages.ts';
import { newPlanMemory, type PlanMemory, storePlan } from './plans.ts';
import type {
  Cluster,
  EcsPort,
  Failure,
  HashedTexts,
  Queue,
  ReadLoads,
  SnapshotStore,
  VersionedTexts,
} from './ports.ts';
import { newSecretMemory, type SecretMemory, type SecretPorts, storeSecrets } from './secrets.ts';
import type { ReadingsMemory } from './stored-readings.ts';

/** The nonce is a text that no other writer uses, and that nobody can guess. */
export type DiscoverPorts = SecretPorts & {
  readonly ecs: EcsPort;
  readonly snapshots: SnapshotStore;
  readonly plans: HashedTexts;
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
  readonly plans: PlanMemory;
  readonly secrets: SecretMemory;
};

export function newMemory(): DiscoverMemory {
  return { readings: new Map(), loads: new Map(), plans: newPlanMemory(), secrets: newSecretMemory() };
}

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
