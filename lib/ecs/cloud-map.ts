import { isLegacyLabelName } from '../prometheus/labels.ts';
import type { CloudMapEntry } from './discovery-settings.ts';
import type { CloudMapInstance } from './task.ts';

/** A target that Cloud Map knows, or why an instance is none. */
export type CloudMapTarget =
  | {
      readonly identity: string;
      readonly target: string;
      readonly path: string;
      readonly labels: ReadonlyMap<string, string>;
    }
  | { readonly instance: string; readonly reason: 'no_address' | 'invalid_port'; readonly detail: string };

/** Under which a snapshot keeps the instances of a service. */
export function cloudMapKey({ namespace, service }: Pick<CloudMapEntry, 'namespace' | 'service'>): string {
  return JSON.stringify([namespace, service]);
}

/** What ECS registers of its tasks, in the names that targets of ECS have. */
const ECS_ATTRIBUTES = {
  ECS_SERVICE_NAME: 'ServiceName',
  ECS_TASK_DEFINITION_FAMILY: 'TaskDefinitionFamily',
  ECS_CLUSTER_NAME: 'TaskClusterName',
} as const;
/** Attributes of AWS's own, which say where an instance is and what it is. */
const OWN_ATTRIBUTE = /^(AWS_|ECS_|AVAILABILITY_ZONE$|REGION$|EC2_INSTANCE_ID$)/;

/**
 * The targets of a service's instances: each at its registered address. Attributes that somebody gave an instance are
 * labels, as docker labels are; tasks that ECS registered are known by their id.
 */
export function cloudMapTargets(entry: CloudMapEntry, instances: readonly CloudMapInstance[]): CloudMapTarget[] {
  return instances.flatMap((instance) => {
    const { InstanceId = '', Attributes = {} } = instance;
    const { AWS_INSTANCE_IPV4: ipv4, AWS_INSTANCE_IPV6: ipv6, AWS_INSTANCE_PORT = '' } = Attributes;
    const host = ipv4 ?? (ipv6 === undefined ? undefined : `[${ipv6}]`);
    if (host === undefined)
      return [
        { instance: InstanceId, reason: 'no_address' as const, detail: 'it is registered without an IP address' },
      ];
    const path = entry.sd_metrics_path || '/metrics';
    return (entry.sd_metrics_ports ?? AWS_INSTANCE_PORT).split(';').map((written): CloudMapTarget => {
      const port = written.trim();
      if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535)
        return {
          instance: InstanceId,
          reason: 'invalid_port',
          detail: `expected a port in sd_metrics_ports or AWS_INSTANCE_PORT, found ${JSON.stringify(port)}`,
        };
      const identity = JSON.stringify([InstanceId, entry.service, Number(port), path]);
      return { identity, target: `${host}:${port}`, path, labels: labelsOf(entry, instance) };
    });
  });
}

function labelsOf(entry: CloudMapEntry, { InstanceId, HealthStatus, Attributes = {} }: CloudMapInstance) {
  const labels = new Map<string, string>([['ServiceName', entry.service]]);
  const set = (name: string, value: string | undefined) => value && labels.set(name, value);
  for (const [name, value] of Object.entries(Attributes)) {
    if (isLegacyLabelName(name) && !name.startsWith('__') && !OWN_ATTRIBUTE.test(name)) set(name, value);
  }
  for (const [attribute, label] of Object.entries(ECS_ATTRIBUTES)) set(label, Attributes[attribute]);
  if (Attributes.ECS_SERVICE_NAME !== undefined) set('TaskId', InstanceId);
  set('__meta_ecs_health_status', HealthStatus);
  set('__metrics_path__', entry.sd_metrics_path);
  set('job', entry.sd_job_name);
  return labels;
}
