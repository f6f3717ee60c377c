import type { ClusterTargets } from './cluster-targets.ts';
import {
  type DiscoverMemory,
  type DiscoverPorts,
  newSiteMemory,
  type SiteMemory,
  type SitePorts,
} from './discover-ports.ts';
import type { ShardTarget } from './ecs/shard.ts';
import type { VersionedTexts } from './ports.ts';

/** A VPC, or several, whose targets another stack's scrape asks. */
export type Site = { readonly name: string; readonly vpc_ids: readonly string[]; readonly ports: SitePorts };

/** The targets of each site that has any; a target whose VPC belongs to no site, or is not known, is our own. */
export function targetsBySite({ discoveries }: Pick<ClusterTargets, 'discoveries'>, sites: readonly Site[]) {
  const own: ShardTarget[] = [];
  const others = sites.map((site) => ({ site, targets: [] as ShardTarget[] }));
  for (const [document, { targets }] of discoveries.entries()) {
    for (const { labels, vpcId, ...target } of targets) {
      const other = vpcId === undefined ? undefined : others.find(({ site }) => site.vpc_ids.includes(vpcId));
      (other?.targets ?? own).push({ document, ...target, labels: [...labels] });
    }
  }
  return { own, others: others.filter(({ targets }) => targets.length > 0) };
}

/** Where a tick of a site is stored and queued. Its layouts are kept here, where discover is. */
export function portsOfSite(ports: DiscoverPorts, { name, ports: own }: Site): DiscoverPorts {
  return { ...ports, ...own, layouts: renamed(ports.layouts, (cluster) => `${cluster}@${name}`) };
}

function renamed({ read, commit }: VersionedTexts, nameOf: (name: string) => string): VersionedTexts {
  return {
    read: (name) => read(nameOf(name)),
    commit: (name, next, tag) => commit(nameOf(name), next, tag),
  };
}

export function memoryOfSite(memory: DiscoverMemory, { name }: Site): SiteMemory {
  const known = memory.sites.get(name) ?? newSiteMemory(memory.secrets);
  memory.sites.set(name, known);
  return known;
}
