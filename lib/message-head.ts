import type { FamilyConfig } from './compiled-family.ts';
import type { DiscoverPorts, SiteMemory } from './discover-ports.ts';
import type { MessageHead } from './ecs/shard-messages.ts';
import { storePlan } from './plans.ts';
import type { Cluster, Failure } from './ports.ts';
import { storeSecrets } from './secrets.ts';

/** What all messages of a tick have in common; plan and secrets are stored. */
export async function messageHead(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  dueAt: number,
  memory: SiteMemory,
): Promise<{ readonly head: MessageHead; readonly failures: readonly Failure[] }> {
  const plan = await storePlan(families, cluster, ports.plans, memory.plans, ports.clock());
  const { key, failures } = await storeSecrets(families, cluster.name, ports, memory.secrets);
  const needed = key === undefined ? {} : { secrets: key };
  return { head: { version: 1, plan, ...needed, cluster: cluster.name, due_at: dueAt }, failures };
}
