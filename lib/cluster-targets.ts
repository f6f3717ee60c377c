import type { FamilyConfig } from './compiled-family.ts';
import { DiscoveryError } from './discovery-error.ts';
import { messageOf } from './document/problem.ts';
import {
  type CloudMapEntry,
  compileServiceDiscovery,
  type Discovery,
  type DiscoverySettings,
  type ServiceDiscovery,
  type Skipped,
  tagKindsIn,
  unknownTasks,
  withDefaults,
} from './ecs/service-discovery.ts';
import type { ClusterSnapshot } from './ecs/task.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';
import { type ClusterReading, readSnapshot } from './snapshot.ts';

export type ClusterTargets = {
  /** One for each family, in their order. */
  readonly discoveries: readonly Discovery[];
  /** Tasks that no family could decide about. */
  readonly skipped: readonly Skipped[];
  /** Tasks by lastStatus. */
  readonly tasks: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
  /** The readings that these targets come from, by cluster, for the next time. */
  readonly readings: Readings;
};

/** Readings by the cluster's name, region and role: see `readingKey`. */
export type Readings = ReadonlyMap<string, ClusterReading>;

/** What is known before a cluster is read. */
export type Known = {
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly readings?: Readings | undefined;
  /** Clusters that documents may name by sd_target_cluster, with the roles by which they are read. */
  readonly clusters?: readonly Cluster[] | undefined;
  /** Whether the VPCs of tasks are needed. */
  readonly withVpcs?: boolean | undefined;
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
  { nowMs, readings: last = new Map(), clusters = [], withVpcs }: Known,
): Promise<ClusterTargets> {
  const failures: Failure[] = [];
  const discoveries: Discovery[] = families.map(() => ({ targets: [], skipped: [] }));
  const skipped: Skipped[] = [];
  const tasks = new Map<string, number>();
  const readings = new Map<string, ClusterReading>();
  const errors: DiscoveryError[] = [];
  const groups = byCluster(
    families.map((family, index) => compileDiscovery(family, index, [cluster, ...clusters], failures)),
  );
  for (const group of groups) {
    const key = readingKey(group.cluster);
    try {
      const { reading, problems } = await readSnapshot(ecs, group.cluster, {
        ...needsOf(group),
        nowMs,
        withVpcs,
        last: last.get(key),
      });
      readings.set(key, reading);
      failures.push(...problems);
      const { snapshot } = reading;
      for (const { lastStatus = 'UNKNOWN' } of snapshot.tasks) tasks.set(lastStatus, (tasks.get(lastStatus) ?? 0) + 1);
      for (const { index, discovery } of group.members) discoveries[index] = discovery.discover(snapshot);
      // Once, however many families there are.
      skipped.push(...unknownTasks(snapshot, 'prom-emf'));
    } catch (error) {
      if (!(error instanceof DiscoveryError)) throw error;
      errors.push(error);
      failures.push({ arn: group.cluster.name, reason: error.message });
    }
  }
  if (errors[0] !== undefined && errors.length === groups.length) throw errors[0];
  return { discoveries, skipped, tasks, failures, readings };
}

function readingKey({ name, region, role_arn }: Cluster): string {
  return JSON.stringify([name, region ?? null, role_arn ?? null]);
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
    skipped: [
      ...found.skipped.map((each) => ({ family: '', ...each })),
      ...byFamily.flatMap(({ family, skipped }) => skipped.map((each) => ({ family, ...each }))),
    ],
    failures: found.failures,
  };
}

/** @throws {Error} when the configuration selects nothing at all, or by a pattern that cannot be used. */
export function checkDiscovery({ agent, options }: Pick<FamilyConfig, 'agent' | 'options'>): void {
  const settings = agent.logs.metrics_collected.prometheus.ecs_service_discovery ?? {};
  compileServiceDiscovery(withDefaults(settings), { clusterName: '', profile: 'prom-emf', further: options.discovery });
}

type FamilyDiscovery = {
  readonly index: number;
  readonly cluster: Cluster;
  readonly discovery: ServiceDiscovery;
  readonly needsServices: boolean;
  readonly cloudMap: readonly CloudMapEntry[];
};

type ClusterGroup = { readonly cluster: Cluster; readonly members: readonly FamilyDiscovery[] };

/** Undefined if the family has no service discovery, or one that cannot be used, which is a failure of its own. */
function compileDiscovery(
  { family, agent, prometheus, options: { profile, discovery: further } }: FamilyConfig,
  index: number,
  [own, ...others]: readonly [Cluster, ...Cluster[]],
  failures: Failure[],
): FamilyDiscovery | undefined {
  const written = agent.logs.metrics_collected.prometheus.ecs_service_discovery;
  if (written === undefined && further === undefined) return undefined;
  const settings = withDefaults(written ?? {});
  const cluster = clusterNamed(settings, own, others);
  try {
    const tagKinds = tagKindsIn(relabelText(prometheus));
    const options = { clusterName: cluster.name, profile, further, tagKinds };
    const discovery = compileServiceDiscovery(settings, options);
    const needsServices = profile === 'cloudwatch-agent' && (settings.service_name_list_for_tasks ?? []).length > 0;
    return { index, cluster, discovery, needsServices, cloudMap: further?.cloud_map ?? [] };
  } catch (error) {
    failures.push({ arn: family, reason: messageOf(error) });
    return undefined;
  }
}

/** All that the jobs' relabel_configs name. */
function relabelText({ scrape_configs }: FamilyConfig['prometheus']): string {
  return JSON.stringify(scrape_configs.map(({ relabel_configs }) => relabel_configs ?? []));
}

/** The cluster that a document looks into. One that is not listed is read by nobody's role. */
function clusterNamed(
  { sd_target_cluster, sd_cluster_region }: DiscoverySettings,
  own: Cluster,
  others: readonly Cluster[],
): Cluster {
  const name = sd_target_cluster || own.name;
  const region = sd_cluster_region || (name === own.name ? own.region : undefined);
  const fits = (each: Cluster) => each.name === name && (region === undefined || each.region === region);
  return [own, ...others].find(fits) ?? { name, region: region ?? own.region };
}

function byCluster(families: readonly (FamilyDiscovery | undefined)[]): readonly ClusterGroup[] {
  const groups = new Map<string, { cluster: Cluster; members: FamilyDiscovery[] }>();
  for (const family of families) {
    if (family === undefined) continue;
    const key = readingKey(family.cluster);
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
    tags: new Set(members.flatMap(({ discovery }) => [...discovery.needsTags])),
    cloudMap: members.flatMap(({ cloudMap }) => cloudMap),
    tasksOnInstances: (snapshot: ClusterSnapshot) =>
      members.flatMap(({ discovery }) => discovery.tasksOnInstances(snapshot)),
  };
}
