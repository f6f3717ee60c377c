import type { Labels } from '../prometheus/labels.ts';

/**
 * The members that tell CloudWatch which service a document is of, as far as the labels know it: the service in its
 * cluster, the cluster and the task. Source: EMF specification, entity information.
 */
export function entityOf(labels: Labels): [string, string][] {
  const service = labels.get('ServiceName') ?? labels.get('TaskDefinitionFamily');
  const cluster = labels.get('TaskClusterName') ?? labels.get('ClusterName');
  if (service === undefined || cluster === undefined) return [];
  const members: readonly (readonly [string, string | undefined])[] = [
    ['Service', service],
    ['Environment', `ecs:${cluster}`],
    ['ECS.Cluster', cluster],
    ['ECS.Service', labels.get('ServiceName')],
    ['ECS.Task', labels.get('TaskId')],
  ];
  return members.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}
