import { messageOf } from './document/problem.ts';
import type { FamilyConfig } from './documents.ts';
import {
  compileServiceDiscovery,
  type Discovery,
  type ServiceDiscovery,
  type Skipped,
  withDefaults,
} from './ecs/service-discovery.ts';
import type { ClusterSnapshot, TaskDefinition } from './ecs/task.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';
import { DiscoveryError, readSnapshot } from './snapshot.ts';

export type ClusterTargets = {
  /** One for each family, in their order. */
  readonly discoveries: readonly Discovery[];
  /** Tasks by lastStatus. */
  readonly tasks: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
};

/**
 * The targets of each family. A cluster is read once for all families that look into it, which is `cluster` unless
 * their sd_target_cluster and sd_cluster_region say otherwise.
 * @throws {DiscoveryError} if none of the clusters can be read.
 */
export async function findTargets(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  ecs: EcsPort,
  taskDefinitions: Map<string, TaskDefinition>,
): Promise<ClusterTargets> {
  const failures: Failure[] = [];
  const discoveries: Discovery[] = families.map(() => ({ targets: [], skipped: [] }));
  const tasks = new Map<string, number>();
  const errors: DiscoveryError[] = [];
  const groups = byCluster(families.map((family, index) => compileDiscovery(family, index, cluster, failures)));
  for (const group of groups) {
    try {
      const { snapshot, problems } = await readSnapshot(ecs, group.cluster, { ...needsOf(group), taskDefinitions });
      failures.push(...problems);
      for (const { lastStatus = 'UNKNOWN' } of snapshot.tasks) tasks.set(lastStatus, (tasks.get(lastStatus) ?? 0) + 1);
      for (const { index, discovery } of group.members) discoveries[index] = discovery.discover(snapshot);
    } catch (error) {
      if (!(error instanceof DiscoveryError)) throw error;
      errors.push(error);
      failures.push({ arn: group.cluster.name, reason: error.message });
    }
  }
  if (errors[0] !== undefined && errors.length === groups.length) throw errors[0];
  return { discoveries, tasks, failures };
}

/** What was found, as file_sd entries: each with the family whose documents find it. */
export type ListedTargets = {
  readonly targets: readonly {
    readonly family: string;
    readonly targets: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly skipped: readonly (Skipped & { readonly family: string })[];
  readonly failures: readonly Failure[];
};

/** The targets of all families in one list, and what was skipped. */
export function listTargets(families: readonly FamilyConfig[], found: ClusterTargets): ListedTargets {
  const byFamily = found.discoveries.map((discovery, index) => ({
    family: families[index]?.family ?? '',
    ...discovery,
  }));
  return {
    targets: byFamily.flatMap(({ family, targets }) =>
      targets.map((target) => ({ family, targets: target.targets, labels: Object.fromEntries(target.labels) })),
    ),
    skipped: byFamily.flatMap(({ family, skipped }) => skipped.map((each) => ({ family, ...each }))),
    failures: found.failures,
  };
}

/** @throws {Error} when the configuration selects nothing at all, or by a pattern that cannot be used. */
export function checkDiscovery({ agent }: Pick<FamilyConfig, 'agent'>): void {
  const settings = agent.logs.metrics_collected.prometheus.ecs_service_discovery ?? {};
  compileServiceDiscovery(withDefaults(settings), { clusterName: '', profile: 'prom-emf' });
}

type FamilyDiscovery = {
  readonly index: number;
  readonly cluster: Cluster;
  readonly discovery: ServiceDiscovery;
  readonly needsServices: boolean;
};

type ClusterGroup = { readonly cluster: Cluster; readonly members: readonly FamilyDiscovery[] };

/** Undefined if the family has no service discovery, or one that cannot be used, which is a failure of its own. */
function compileDiscovery(
  { family, agent, options: { profile } }: FamilyConfig,
  index: number,
  cluster: Cluster,
  failures: Failure[],
): FamilyDiscovery | undefined {
  const written = agent.logs.metrics_collected.prometheus.ecs_service_discovery;
  if (written === undefined) return undefined;
  const settings = withDefaults(written);
  const name = settings.sd_target_cluster || cluster.name;
  const region = settings.sd_cluster_region || cluster.region;
  try {
    const discovery = compileServiceDiscovery(settings, { clusterName: name, profile });
    const needsServices = profile === 'cloudwatch-agent' && (settings.service_name_list_for_tasks ?? []).length > 0;
    return { index, cluster: { ...cluster, name, region }, discovery, needsServices };
  } catch (error) {
    failures.push({ arn: family, reason: messageOf(error) });
    return undefined;
  }
}

function byCluster(families: readonly (FamilyDiscovery | undefined)[]): readonly ClusterGroup[] {
  const groups = new Map<string, { cluster: Cluster; members: FamilyDiscovery[] }>();
  for (const family of families) {
    if (family === undefined) continue;
    const key = JSON.stringify([family.cluster.name, family.cluster.region]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { cluster: family.cluster, members: [family] });
    else group.members.push(family);
  }
  return [...groups.values()];
}

function needsOf({ members }: ClusterGroup) {
  const byService = members.filter((member) => member.needsServices);
  const needServices = (name: string) => byService.some(({ discovery }) => discovery.matchesService(name));
  return {
    needServices: byService.length > 0 ? needServices : undefined,
    tasksOnInstances: (snapshot: ClusterSnapshot) =>
      members.flatMap(({ discovery }) => discovery.tasksOnInstances(snapshot)),
  };
}
