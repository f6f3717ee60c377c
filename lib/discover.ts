import { findTargets } from './cluster-targets.ts';
import type { FamilyConfig } from './compiled-family.ts';
import { type DiscoverMemory, type DiscoverPorts, newMemory } from './discover-ports.ts';
import { messageOf } from './document/problem.ts';
import type { Skipped, SkipReason } from './ecs/service-discovery.ts';
import { unpaused } from './plans.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';
import { queueTick } from './queue-tick.ts';
import { memoryOfSite, portsOfSite, type Site, targetsBySite } from './site.ts';
import { keepReadings, lastReadings } from './stored-readings.ts';

export { newMemory } from './discover-ports.ts';
export { DiscoveryError, type DiscoveryErrorCode } from './discovery-error.ts';

export type DiscoverCycle = {
  /** Unix milliseconds: the scheduled time of the tick. */
  readonly dueAt: number;
  readonly maxTargetsPerShard?: number | undefined;
  /** All clusters of the stack: documents may look into any of them. */
  readonly clusters?: readonly Cluster[] | undefined;
  /** Where else targets are scraped than at the stack's own site. */
  readonly sites?: readonly Site[] | undefined;
  readonly memory?: DiscoverMemory | undefined;
};

/** What a cycle did. Nothing that was selected is missing without a count here. */
export type DiscoverReport = {
  readonly cluster: string;
  readonly plan: string;
  readonly messages: number;
  /** Families that are left out, since their options say so. */
  readonly paused: readonly string[];
  /** Targets by family. */
  readonly targets: Readonly<Record<string, number>>;
  /** Tasks by lastStatus. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Partial<Record<SkipReason, { readonly count: number; readonly example: Skipped }>>>;
  /** Calls of the ECS port by name; the pages of a list are one call. */
  readonly calls: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
};

/**
 * One cycle of discovery: the documents of a cluster and what it runs become one stored plan, and messages for the
 * shards that have something due: one a minute, or one for each part of it where a job's interval is shorter.
 * @throws {DiscoveryError} if no cluster that the documents name can be read; nothing is stored or sent then.
 */
export async function runDiscover(
  documents: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  { dueAt, maxTargetsPerShard = 250, clusters, sites = [], memory = newMemory() }: DiscoverCycle,
): Promise<DiscoverReport> {
  const families = unpaused(documents);
  const calls = new Map<string, number>();
  const failures: Failure[] = [];
  const readings = await lastReadings(cluster.name, ports, memory.readings, failures);
  const known = { nowMs: ports.clock(), readings, clusters, withVpcs: sites.length > 0 };
  const found = await findTargets(families, cluster, counted(ports.ecs, calls), known);
  await keepReadings(cluster.name, found.readings, ports, memory.readings, failures);
  const { own, others } = targetsBySite(found, sites);
  const tick = { dueAt, maxTargetsPerShard };
  const ownTick = { ...tick, targets: own, withOwnTargets: true };
  const queued = await queueTick(families, cluster, ports, ownTick, memory);
  const ofSites = await Promise.all(
    others.map(async ({ site, targets }) => {
      const siteTick = { ...tick, targets, withOwnTargets: false };
      try {
        return await queueTick(families, cluster, portsOfSite(ports, site), siteTick, memoryOfSite(memory, site));
      } catch (error) {
        const reason = `its ${targets.length} targets at site ${site.name} are not queued: ${messageOf(error)}`;
        return { messages: 0, failures: [{ arn: cluster.name, reason }] };
      }
    }),
  );
  const ticks = [queued, ...ofSites];
  return {
    cluster: cluster.name,
    plan: queued.plan,
    messages: ticks.reduce((sum, { messages }) => sum + messages, 0),
    paused: documents.filter(({ options }) => options.paused === true).map(({ family }) => family),
    targets: Object.fromEntries(families.map(({ family }, i) => [family, found.discoveries[i]?.targets.length ?? 0])),
    tasks: Object.fromEntries(found.tasks),
    skipped: summarise([...found.skipped, ...found.discoveries.flatMap((discovery) => discovery.skipped)]),
    calls: Object.fromEntries(calls),
    failures: [...failures, ...found.failures, ...ticks.flatMap((each) => each.failures)],
  };
}

/** Counts each thing that was skipped once, however many documents came upon it, and keeps the first as an example. */
function summarise(skipped: readonly Skipped[]): DiscoverReport['skipped'] {
  const summary = new Map<SkipReason, { count: number; example: Skipped }>();
  for (const each of new Map(skipped.map((item) => [JSON.stringify(Object.values(item)), item])).values()) {
    const seen = summary.get(each.reason);
    if (seen === undefined) summary.set(each.reason, { count: 1, example: each });
    else seen.count += 1;
  }
  return Object.fromEntries(summary);
}

function counted(ecs: EcsPort, calls: Map<string, number>): EcsPort {
  const count =
    <Call extends (...args: never[]) => unknown>(name: string, call: Call) =>
    (...args: Parameters<Call>): ReturnType<Call> => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return call(...args) as ReturnType<Call>;
    };
  return {
    listTasks: count('ListTasks', ecs.listTasks),
    describeTasks: count('DescribeTasks', ecs.describeTasks),
    describeTaskDefinition: count('DescribeTaskDefinition', ecs.describeTaskDefinition),
    listServices: count('ListServices', ecs.listServices),
    describeServices: count('DescribeServices', ecs.describeServices),
    describeContainerInstances: count('DescribeContainerInstances', ecs.describeContainerInstances),
    describeInstances: count('DescribeInstances', ecs.describeInstances),
    describeManagedInstances: count('DescribeInstanceInformation', ecs.describeManagedInstances),
    discoverInstances: count('DiscoverInstances', ecs.discoverInstances),
    describeSubnets: count('DescribeSubnets', ecs.describeSubnets),
  };
}
