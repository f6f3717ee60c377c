import { printable } from '../document/problem.ts';
import { groupBy } from '../prometheus/group-by.ts';
import type { Labels } from '../prometheus/labels.ts';
import type { TargetGroup } from '../prometheus/target.ts';
import { cloudMapKey, cloudMapTargets } from './cloud-map.ts';
import type { CloudMapEntry, DiscoveryProfile, DiscoverySettings, FurtherSources } from './discovery-settings.ts';
import { type AddressFault, hostPort, subnetOf, taskAddress } from './network-address.ts';
import { type Candidate, compileSelection, type SelectedTask, type Selection } from './selection.ts';
import { NO_TAGS, TAG_KINDS, type TagKind, tagSets } from './tags.ts';
import { reservedDockerLabels, targetLabels, taskArnParts } from './target-labels.ts';
import type { ClusterSnapshot, Instance, Task } from './task.ts';
import { instanceLookup, isRunning, runsOnInstance, serviceLookup, serviceNamed } from './task-context.ts';

export { type CloudMapEntry, type DiscoverySettings, withDefaults } from './discovery-settings.ts';
export { tagKindsIn } from './tags.ts';

/** One target: a port and path of a container of a task, or of an instance of Cloud Map. */
export type DiscoveredTarget = TargetGroup & {
  /** Task id, container name, container port and metrics path, unambiguously; never the address, which is reused. */
  readonly identity: string;
  /** One `ip:port`, an IPv6 address in brackets. */
  readonly targets: readonly [string];
  readonly labels: Labels;
  /** The VPC of the task, where the snapshot tells it. */
  readonly vpcId?: string | undefined;
};

/** Something that was selected and is not a target, or not wholly. */
export type Skipped = {
  readonly task: string;
  readonly container?: string | undefined;
  readonly reason: SkipReason;
  readonly detail: string;
};

export type SkipReason =
  | AddressFault
  | 'not_running'
  | 'task_definition_unknown'
  | 'invalid_port'
  | 'port_not_mapped'
  | 'duplicate_target'
  | 'reserved_docker_label';

export type Discovery = { readonly targets: readonly DiscoveredTarget[]; readonly skipped: readonly Skipped[] };

export type DiscoverOptions = {
  readonly clusterName: string;
  readonly profile: DiscoveryProfile;
  /** Beside those of the agent. */
  readonly further?: FurtherSources | undefined;
  /** Whose tags become meta labels for relabel_configs. */
  readonly tagKinds?: ReadonlySet<TagKind> | undefined;
};

/** `ecs_service_discovery`, compiled. */
export type ServiceDiscovery = {
  /** Whether a service of this name is wanted by an entry of `service_name_list_for_tasks`. */
  readonly matchesService: (serviceName: string) => boolean;
  /** The selected tasks whose address or labels come from their EC2 instance; the snapshot needs no instances yet. */
  readonly tasksOnInstances: (snapshot: ClusterSnapshot) => readonly Task[];
  /** Whose tags the snapshot must hold. */
  readonly needsTags: ReadonlySet<TagKind>;
  /** Says nothing of tasks whose definition is not known: `unknownTasks`. */
  readonly discover: (snapshot: ClusterSnapshot) => Discovery;
};

/**
 * Compiles `ecs_service_discovery` once for any number of cycles. The settings are taken as they are: `withDefaults`
 * comes first.
 * @throws {Error} naming the setting that is wrong.
 */
export function compileServiceDiscovery(settings: DiscoverySettings, options: DiscoverOptions): ServiceDiscovery {
  const { profile, further, tagKinds = new Set() } = options;
  const selection = compileSelection(settings, profile, further);
  const selectsByTag = further?.tags !== undefined;
  return {
    matchesService: selection.matchesService,
    needsTags: selectsByTag ? new Set(TAG_KINDS) : tagKinds,
    tasksOnInstances: (snapshot) => {
      const selected = selectTasks(selection, snapshot, options);
      // The tags of its instance may select a task, which nobody knows yet.
      const tasks = selectsByTag ? snapshot.tasks : selected.map(({ context }) => context.task);
      return tasks.filter((task) => isRunning(task, profile) && runsOnInstance(task, profile));
    },
    discover: (snapshot) => discover(selection, snapshot, options),
  };
}

/** The targets that these settings find in a cluster: `compileServiceDiscovery` for a single use, with its errors. */
export function discoverTargets(
  settings: DiscoverySettings,
  snapshot: ClusterSnapshot,
  options: DiscoverOptions,
): Discovery {
  const { targets, skipped } = compileServiceDiscovery(settings, options).discover(snapshot);
  return { targets, skipped: [...unknownTasks(snapshot, options.profile), ...skipped] };
}

/** The running tasks whose definition is not known: any settings might have selected them. */
export function unknownTasks({ tasks, taskDefinitions }: ClusterSnapshot, profile: DiscoveryProfile): Skipped[] {
  return tasks
    .filter((task) => isRunning(task, profile) && !taskDefinitions.has(task.taskDefinitionArn))
    .map(({ taskArn, taskDefinitionArn }) => {
      const detail = `its task definition ${taskDefinitionArn} could not be read`;
      return { task: taskArn, reason: 'task_definition_unknown', detail };
    });
}

function discover(selection: Selection, snapshot: ClusterSnapshot, options: DiscoverOptions): Discovery {
  const found = new Map<string, DiscoveredTarget>();
  const skipped: Skipped[] = [];
  for (const { context, candidates } of selectTasks(selection, snapshot, options)) {
    const { task } = context;
    if (isRunning(task, options.profile)) skipped.push(...addTargets(candidates, { ...context, ...options }, found));
    else skipped.push({ task: task.taskArn, reason: 'not_running', detail: `its lastStatus is ${task.lastStatus}` });
  }
  for (const entry of options.further?.cloud_map ?? []) skipped.push(...addCloudMapTargets(entry, snapshot, found));
  return { targets: [...found.values()], skipped };
}

type Selected = { readonly context: TaskContext; readonly candidates: readonly Candidate[] };

/** The selected tasks in their order. Those that nothing but tags could tell apart are decided together. */
function selectTasks(selection: Selection, snapshot: ClusterSnapshot, options: DiscoverOptions): readonly Selected[] {
  const contextOf = taskContexts(selection, snapshot, options);
  const isAlone = options.further?.tags !== undefined;
  const groups = isAlone ? snapshot.tasks.map((task, at) => [{ task, at }]) : alikeTasks(snapshot.tasks);
  const selected: { at: number; context: TaskContext; candidates: readonly Candidate[] }[] = [];
  for (const group of groups) {
    const [first] = group;
    const decided = first && contextOf(first.task);
    const candidates = decided === undefined ? [] : selection.select(decided);
    if (candidates.length === 0) continue;
    for (const { task, at } of group) {
      const context = contextOf(task);
      if (context !== undefined) selected.push({ at, context, candidates });
    }
  }
  return selected.sort((a, b) => a.at - b.at);
}

type PlacedTask = { readonly task: Task; readonly at: number };

/** Computed once for all families that look at the same tasks. */
const ALIKE = new WeakMap<readonly Task[], readonly (readonly PlacedTask[])[]>();

/** Tasks of one task definition that the same service or person started, with their places. */
function alikeTasks(tasks: readonly Task[]): readonly (readonly PlacedTask[])[] {
  const known = ALIKE.get(tasks);
  if (known !== undefined) return known;
  const placed = tasks.map((task, at) => ({ task, at }));
  const groups = groupBy(placed, ({ task: { taskDefinitionArn, group, startedBy } }) =>
    JSON.stringify([taskDefinitionArn, group, startedBy]),
  );
  const alike = [...groups.values()];
  ALIKE.set(tasks, alike);
  return alike;
}

/** A task with all that belongs to it. */
type TaskContext = SelectedTask & {
  readonly instance: Instance | undefined;
  readonly vpcId: string | undefined;
};

/** Undefined for a task whose definition is not known. */
function taskContexts(
  { matchesService }: Selection,
  snapshot: ClusterSnapshot,
  { profile, further, tagKinds }: DiscoverOptions,
): (task: Task) => TaskContext | undefined {
  const needsTags = further?.tags !== undefined || (tagKinds?.size ?? 0) > 0;
  const serviceOf = serviceLookup(snapshot.services, matchesService, profile);
  const instanceOf = instanceLookup(snapshot, profile);
  const named = serviceNamed(snapshot);
  const vpcs = new Map(snapshot.subnets);
  const vpcOf = (task: Task, instance: Instance | undefined) => vpcs.get(subnetOf(task) ?? '') ?? instance?.VpcId;
  return (task) => {
    const definition = snapshot.taskDefinitions.get(task.taskDefinitionArn);
    if (definition === undefined) return undefined;
    const serviceName = serviceOf(task);
    const instance = instanceOf(task);
    const tags = needsTags ? tagSets(task, named(serviceName), instance) : NO_TAGS;
    return { task, definition, instance, serviceName, tags, vpcId: vpcOf(task, instance) };
  };
}

type TaskSource = DiscoverOptions & TaskContext;

/** What ECS found before is known better there. */
function addCloudMapTargets(
  entry: CloudMapEntry,
  { cloudMap }: ClusterSnapshot,
  found: Map<string, DiscoveredTarget>,
): readonly Skipped[] {
  const instances = new Map(cloudMap).get(cloudMapKey(entry)) ?? [];
  return cloudMapTargets(entry, instances).flatMap((each): Skipped[] => {
    if ('reason' in each) return [{ task: each.instance, reason: each.reason, detail: each.detail }];
    const { target, path, identity, labels } = each;
    const key = JSON.stringify([target, path]);
    if (found.has(key)) {
      const detail = `cloud_map ${entry.service}: ${target} ${printable(path, 80)} is a target already`;
      return [{ task: identity, reason: 'duplicate_target', detail }];
    }
    found.set(key, { identity, targets: [target], labels });
    return [];
  });
}

/** Adds the targets of one task to those found before it; the first at an address, port and path wins. */
function addTargets(
  candidates: readonly Candidate[],
  source: TaskSource,
  found: Map<string, DiscoveredTarget>,
): readonly Skipped[] {
  const { task, definition, instance, profile } = source;
  const address = taskAddress(task, definition, instance, profile);
  if ('reason' in address) return [{ task: task.taskArn, ...address }];

  const skipped: Skipped[] = [];
  const unmapped: Candidate[] = [];
  const claimed = new Set<unknown>();
  for (const candidate of candidates) {
    const port = candidate.port && hostPort(task, definition, candidate.container, candidate.port);
    if (candidate.port === undefined) skipped.push(skippedPort(task, candidate));
    else if (port === undefined) unmapped.push(candidate);
    else {
      claimed.add(claimOf(candidate));
      skipped.push(...addTarget(candidate, `${address.host}:${port}`, source, found));
    }
  }
  const unclaimed = unmapped.filter((candidate) => !claimed.has(claimOf(candidate)));
  return [...skipped, ...unclaimed.map((candidate) => skippedPort(task, candidate))];
}

function addTarget(
  candidate: Candidate,
  target: string,
  source: TaskSource,
  found: Map<string, DiscoveredTarget>,
): readonly Skipped[] {
  const { task, profile } = source;
  const { container, setting } = candidate;
  const path = pathOf(candidate, profile);
  const key = JSON.stringify([target, path]);
  const skipped = { task: task.taskArn, container: container.name };
  if (found.has(key)) {
    const detail = `${setting}: ${target} ${printable(path, 80)} is a target already`;
    return [{ ...skipped, reason: 'duplicate_target', detail }];
  }
  const { id = task.taskArn } = taskArnParts(task.taskArn);
  const identity = JSON.stringify([id, container.name ?? '', candidate.port, path]);
  const vpcId = source.vpcId;
  found.set(key, {
    identity,
    targets: [target],
    labels: targetLabels({ ...source, candidate }),
    ...(vpcId && { vpcId }),
  });
  const reserved = reservedDockerLabels(candidate);
  if (reserved.length === 0) return [];
  const detail = `the docker labels ${reserved.join(', ')} are left out: names starting "__" are reserved`;
  return [{ ...skipped, reason: 'reserved_docker_label', detail }];
}

function skippedPort(task: Task, { container, setting, port, portText }: Candidate): Skipped {
  const skipped = { task: task.taskArn, container: container.name };
  if (port === undefined) {
    const detail = `${setting}: expected a container port, found ${printable(JSON.stringify(portText), 80)}`;
    return { ...skipped, reason: 'invalid_port', detail };
  }
  const detail = `${setting}: container port ${port} has no host port; add it to the container's portMappings`;
  return { ...skipped, reason: 'port_not_mapped', detail };
}

/** A docker label speaks for its container; an entry of a list is content with one of a task's containers. */
function claimOf(candidate: Candidate): unknown {
  return candidate.selection === 'docker_label' ? candidate.container : candidate.setting;
}

/** The path that tells targets apart; only the agent takes an empty docker label for another path than /metrics. */
function pathOf({ path }: Candidate, profile: DiscoveryProfile): string {
  if (path === undefined || (path === '' && profile === 'prom-emf')) return '/metrics';
  return path;
}
