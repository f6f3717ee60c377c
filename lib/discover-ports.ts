import type { ShardLoads } from './ecs/shard-load.ts';
import { newPlanMemory, type PlanMemory } from './plans.ts';
import type { EcsPort, HashedTexts, Queue, ReadLoads, SecretStore, SnapshotStore, VersionedTexts } from './ports.ts';
import { newSecretMemory, type SecretMemory, type SecretPorts } from './secrets.ts';
import type { ReadingsMemory } from './stored-readings.ts';

/** What belongs to one site: the queue and the bucket that its scrape reads. */
export type SitePorts = {
  readonly plans: HashedTexts;
  readonly secrets: SecretStore;
  readonly loads: ReadLoads;
  readonly queue: Queue;
};

/** The nonce is a text that no other writer uses, and that nobody can guess. */
export type DiscoverPorts = SecretPorts &
  SitePorts & {
    readonly ecs: EcsPort;
    readonly snapshots: SnapshotStore;
    /** The layout of each cluster, under its name. */
    readonly layouts: VersionedTexts;
  };

/** What a process remembers of what it stored for one site. */
export type SiteMemory = {
  /** What the shards of each cluster are to scrape, and when that was read; Unix ms. */
  readonly loads: Map<string, ShardLoads & { readonly readAtMs: number }>;
  readonly plans: PlanMemory;
  readonly secrets: SecretMemory;
};

/** What a process remembers from one cycle to the next. */
export type DiscoverMemory = SiteMemory & {
  readonly readings: ReadingsMemory;
  /** By the name of the site, beside our own. */
  readonly sites: Map<string, SiteMemory>;
};

export function newMemory(): DiscoverMemory {
  return { ...newSiteMemory(newSecretMemory()), readings: new Map(), sites: new Map() };
}

/** The values of secrets are the same at each site. */
export function newSiteMemory({ values }: Pick<SecretMemory, 'values'>): SiteMemory {
  return { loads: new Map(), plans: newPlanMemory(), secrets: { values, objects: new Map() } };
}
