import { isLegacyLabelName, type Labels } from '../prometheus/labels.ts';
import type { DiscoveryProfile } from './discovery-settings.ts';
import type { Candidate } from './selection.ts';
import { type TagKind, type TagSets, tagLabels } from './tags.ts';
import type { Instance, Task, TaskDefinition } from './task.ts';

/** What the labels of a target are made of. */
export type LabelSource = {
  readonly task: Task;
  readonly definition: TaskDefinition;
  readonly instance: Instance | undefined;
  readonly candidate: Candidate;
  readonly serviceName: string | undefined;
  readonly clusterName: string;
  readonly profile: DiscoveryProfile;
  readonly tags: TagSets;
  /** Those whose tags become meta labels. */
  readonly tagKinds?: ReadonlySet<TagKind> | undefined;
};

/**
 * The labels of a target in the CloudWatch agent's names. Later ones win: what ECS and EC2 say, then docker labels
 * whose name is a Prometheus label name (except reserved ones), then the configured job, then the service that
 * selected the target. `__metrics_path__` is there only if a path was configured.
 */
export function targetLabels({ task, definition, instance, candidate, ...rest }: LabelSource): Labels {
  const labels = new Map<string, string>();
  const set = (name: string, value: string | undefined) => {
    if (value) labels.set(name, value);
  };
  set('container_name', candidate.container.name);
  set('TaskDefinitionFamily', definition.family);
  set('TaskRevision', definition.revision?.toString());
  set('TaskGroup', task.group);
  set('StartedBy', task.startedBy);
  set('LaunchType', task.launchType);
  const { cluster, id } = taskArnParts(task.taskArn);
  set('TaskId', id);
  set('TaskClusterName', cluster);
  set('InstanceType', instance?.InstanceType);
  set('VpcId', instance?.VpcId);
  set('SubnetId', instance?.SubnetId);
  if (rest.profile === 'prom-emf') {
    // An old ARN names no cluster; the agent leaves the label out.
    if (id !== undefined && cluster === undefined) set('TaskClusterName', rest.clusterName);
    set('ServiceName', rest.serviceName);
    set('__meta_ecs_health_status', task.healthStatus);
    for (const [name, value] of tagLabels(rest.tags, rest.tagKinds ?? new Set())) set(name, value);
  }
  set('__metrics_path__', candidate.path);
  for (const [name, value] of Object.entries(candidate.container.dockerLabels ?? {})) {
    if (isLegacyLabelName(name) && !isReserved(name)) set(name, value);
  }
  set('job', candidate.job);
  if (candidate.selection === 'service') set('ServiceName', rest.serviceName);
  return labels;
}

/** Docker labels that would become internal labels: `__address__` alone could send the scrape anywhere. */
export function reservedDockerLabels({ container }: Candidate): readonly string[] {
  return Object.keys(container.dockerLabels ?? {}).filter((name) => isReserved(name) && isLegacyLabelName(name));
}

function isReserved(name: string): boolean {
  return name.startsWith('__');
}

/** Cluster and id that a task ARN names; the old format `...:task/ID` names no cluster, other texts name nothing. */
export function taskArnParts(arn: string): { readonly cluster?: string; readonly id?: string } {
  const sections = arn.split(':');
  if (sections[0] !== 'arn' || sections.length < 6) return {};
  const [, first, second, ...more] = sections.slice(5).join(':').split('/');
  if (first === undefined || more.length > 0) return {};
  return second === undefined ? { id: first } : { cluster: first, id: second };
}
