import type { DiscoveryProfile } from './discovery-settings.ts';
import type { ContainerDefinition, Instance, Task, TaskDefinition } from './task.ts';

/** Why a task has no address to scrape. */
export type AddressFault = 'network_mode_none' | 'no_address' | 'ipv6_only' | 'external_instance' | 'instance_unknown';

export type TaskAddress = { readonly ip: string } | { readonly reason: AddressFault; readonly detail: string };

/**
 * The private IPv4 address at which the containers of a task listen: that of its elastic network interface
 * (awsvpc), or of its EC2 instance (host, bridge, and no network mode, which means bridge).
 */
export function taskAddress(
  task: Task,
  definition: TaskDefinition,
  instance: Instance | undefined,
  profile: DiscoveryProfile,
): TaskAddress {
  const mode = definition.networkMode ?? '';
  if (mode === 'none') return { reason: 'network_mode_none', detail: 'its network mode is none' };
  if (mode === 'awsvpc') {
    const ip = interfaceDetail(task, 'privateIPv4Address');
    if (ip) return { ip };
    // The agent goes on to the address of the instance, where an awsvpc task does not listen.
    if (profile === 'prom-emf') return interfaceFault(task);
  }
  if (instance?.PrivateIpAddress) return { ip: instance.PrivateIpAddress };
  return mode === 'awsvpc' ? interfaceFault(task) : instanceFault(task, mode, instance);
}

/** The first such detail of the task's elastic network interfaces. */
function interfaceDetail(task: Task, name: string): string | undefined {
  return (task.attachments ?? [])
    .filter((attachment) => attachment.type === 'ElasticNetworkInterface')
    .flatMap((attachment) => attachment.details ?? [])
    .find((detail) => detail.name === name)?.value;
}

function interfaceFault(task: Task): TaskAddress {
  const ipv6 = interfaceDetail(task, 'privateIPv6Address');
  return ipv6
    ? {
        reason: 'ipv6_only',
        detail: `its network interface has only the IPv6 address ${ipv6}, which is not supported yet`,
      }
    : { reason: 'no_address', detail: 'its network interface has no private IPv4 address (yet)' };
}

function instanceFault(task: Task, mode: string, instance: Instance | undefined): TaskAddress {
  if (task.launchType === 'EXTERNAL') {
    return { reason: 'external_instance', detail: 'it runs on an external instance, whose address ECS does not tell' };
  }
  const host = task.containerInstanceArn ?? 'no container instance';
  return instance === undefined
    ? {
        reason: 'instance_unknown',
        detail: `network mode ${mode || 'bridge'}: the EC2 instance of ${host} is not known`,
      }
    : {
        reason: 'no_address',
        detail: `the EC2 instance ${instance.InstanceId ?? ''} of ${host} has no private address`,
      };
}

/**
 * The port under which a container port is reached at the task's address, or undefined if it is not published:
 * awsvpc and host take it from the task definition, bridge from the running task (dynamic ports). Of several
 * mappings of one container port the last counts, as in the agent.
 */
export function hostPort(
  task: Task,
  definition: TaskDefinition,
  container: ContainerDefinition,
  containerPort: number,
): number | undefined {
  const mode = definition.networkMode ?? '';
  const mapped = mappingsOf(task, container, mode).findLast((mapping) => mapping.containerPort === containerPort);
  return mapped?.hostPort || undefined;
}

function mappingsOf(task: Task, container: ContainerDefinition, mode: string) {
  if (mode === 'awsvpc' || mode === 'host') return container.portMappings ?? [];
  if (mode !== 'bridge' && mode !== '') return [];
  return (task.containers ?? [])
    .filter((running) => running.name === container.name)
    .flatMap((running) => running.networkBindings ?? []);
}
