import type { DiscoveryProfile } from './discovery-settings.ts';
import type { ClusterSnapshot, Instance, Service, Task } from './task.ts';

/** Whether discovery looks at the task at all: the agent looks at every one. */
export function isRunning({ lastStatus }: Task, profile: DiscoveryProfile): boolean {
  return profile === 'cloudwatch-agent' || lastStatus === undefined || lastStatus === 'RUNNING';
}

/** Whether the instance that the task runs on can be asked for: of EC2, or one of its owner's own (ECS Anywhere). */
export function runsOnInstance({ containerInstanceArn, launchType }: Task, profile: DiscoveryProfile): boolean {
  if (containerInstanceArn === undefined) return false;
  return profile === 'cloudwatch-agent' ? launchType === 'EC2' : launchType !== 'FARGATE';
}

/**
 * The service of a task: by its group, without a call; in the agent by the deployment that started it, if the
 * service is one of those that are wanted.
 */
export function serviceLookup(
  services: readonly Service[],
  isWanted: (serviceName: string) => boolean,
  profile: DiscoveryProfile,
): (task: Task) => string | undefined {
  if (profile === 'prom-emf') {
    return ({ group }) => serviceOfGroup(group);
  }
  const byDeployment = new Map<string | undefined, string>();
  for (const { serviceArn, serviceName, deployments = [] } of services) {
    if (serviceName === undefined || !isWanted(serviceArn?.split('/').at(-1) ?? serviceName)) continue;
    for (const { id, status } of deployments) {
      if (status === 'ACTIVE' || status === 'PRIMARY') byDeployment.set(id, serviceName);
    }
  }
  return ({ startedBy }) => (startedBy === undefined ? undefined : byDeployment.get(startedBy));
}

/** The service that a task's group names. */
export function serviceOfGroup(group: string | undefined): string | undefined {
  return group?.startsWith('service:') ? group.slice('service:'.length) : undefined;
}

/** The instance that a task runs on, as far as the snapshot knows it. */
export function instanceLookup(
  { containerInstances, instances }: ClusterSnapshot,
  profile: DiscoveryProfile,
): (task: Task) => Instance | undefined {
  const byId = new Map(instances.map((instance) => [instance.InstanceId, instance]));
  const byArn = new Map(containerInstances.map((each) => [each.containerInstanceArn, byId.get(each.ec2InstanceId)]));
  return (task) => (runsOnInstance(task, profile) ? byArn.get(task.containerInstanceArn) : undefined);
}

/** The service of this name, as far as the snapshot knows it. */
export function serviceNamed({ services }: ClusterSnapshot): (name: string | undefined) => Service | undefined {
  const byName = new Map(services.map((service) => [service.serviceName, service]));
  return (name) => (name === undefined ? undefined : byName.get(name));
}
