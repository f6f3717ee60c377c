import { findTargets, type Readings } from './cluster-targets.ts';
import type { FamilyConfig } from './compiled-family.ts';
import { type DiscoverMemory, type DiscoverPorts, newMemory, type SiteMemory } from './discover-ports.ts';
import { parseLayout, type ShardTarget } from './ecs/shard.ts';
import { messageBody, shardsUnder } from './ecs/shard-messages.ts';
import type { Task } from './ecs/task.ts';
import { messageHead } from './message-head.ts';
import { unpaused } from './plans.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';
import { memoryOfSite, portsOfSite, type Site, targetsBySite } from './site.ts';
import { lastReadings } from './stored-readings.ts';

export type { Task };

/** What has just started, as the events of ECS tell it. */
export type StartedTasks = {
  readonly tasks: readonly Task[];
  /** When they are to be asked, Unix ms. */
  readonly dueAt: number;
  readonly clusters?: readonly Cluster[] | undefined;
  readonly sites?: readonly Site[] | undefined;
  readonly memory?: DiscoverMemory | undefined;
};

/**
 * Queues the targets among tasks that have just started, to join those that their shards know already. The tick finds
 * them anyway; it does not depend on this. Gives the number of targets.
 */
export async function runJoin(
  documents: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  { tasks, dueAt, clusters, sites = [], memory = newMemory() }: StartedTasks,
): Promise<{ readonly targets: number; readonly failures: readonly Failure[] }> {
  const families = unpaused(documents);
  const failures: Failure[] = [];
  const last = await lastReadings(cluster.name, ports, memory.readings, failures);
  const unknown = tasks.filter((task) => !isKnown(task, last));
  if (unknown.length === 0) return { targets: 0, failures };
  const known = { nowMs: ports.clock(), readings: last, clusters, withVpcs: sites.length > 0 };
  const found = await findTargets(families, cluster, withTasks(ports.ecs, cluster, unknown), known);
  const { own, others } = targetsBySite(found, sites);
  let queued = await queueJoin(families, cluster, ports, { dueAt, targets: own }, memory);
  for (const { site, targets } of others) {
    const join = { dueAt, targets };
    queued += await queueJoin(families, cluster, portsOfSite(ports, site), join, memoryOfSite(memory, site));
  }
  return { targets: queued, failures };
}

/** Queues targets on the shards of the layout there is; gives their number. */
async function queueJoin(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  { dueAt, targets }: { readonly dueAt: number; readonly targets: readonly ShardTarget[] },
  memory: SiteMemory,
): Promise<number> {
  const stored = targets.length === 0 ? undefined : await ports.layouts.read(cluster.name);
  const layout = stored && parseLayout(stored.text);
  // Without a layout the first tick is still to come.
  if (layout === undefined) return 0;
  const { head } = await messageHead(families, cluster, ports, dueAt, memory);
  const delaySeconds = Math.max(0, Math.ceil((dueAt - ports.clock()) / 1000));
  const messages = shardsUnder(layout, targets).map((shard) => ({
    body: messageBody({ ...head, joining: true }, layout, shard),
    delaySeconds,
  }));
  await ports.queue(messages);
  return targets.length;
}

/** ECS tells of a running task again when its health changes, or one of its containers. */
function isKnown({ taskArn }: Task, readings: Readings): boolean {
  const isThis = (task: Task) => task.taskArn === taskArn && task.lastStatus === 'RUNNING';
  return [...readings.values()].some(({ snapshot }) => snapshot.tasks.some(isThis));
}

/** An ECS in which these are all the tasks of the cluster, and no other cluster has any. */
function withTasks(ecs: EcsPort, { name }: Cluster, tasks: readonly Task[]): EcsPort {
  const isOwn = (cluster: Cluster) => cluster.name === name;
  return {
    ...ecs,
    listTasks: async (cluster) => (isOwn(cluster) ? tasks.map(({ taskArn }) => taskArn) : []),
    describeTasks: async (_cluster, arns) => ({
      tasks: tasks.filter(({ taskArn }) => arns.includes(taskArn)),
      failures: [],
    }),
    discoverInstances: async () => [],
  };
}
