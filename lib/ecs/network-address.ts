import type { DiscoveryProfile } from './discovery-settings.ts';
import type { ContainerDefinition, Instance, Task, TaskDefinition } from './task.ts';

/** Why a task has no address to scrape. */
export type AddressFault = 'network_mode_none' | 'no_address' | 'ipv6_only' | 'external_instance' | 'instance_unknown';

/** `host` is an IPv4 address, or an IPv6 address in brackets. */
export type TaskAddress = { readonly host: string } | { readonly reason: AddressFault; readonly detail: string };

/**
 * The private address at which the containers of a task listen: that of its elastic network interface (awsvpc; IPv6
 * where there is no IPv4), or of its instance (host, bridge, and no network mode, which means bridge). The agent knows
 * no IPv6 and no instances outside EC2.
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
    if (ip) return { host: ip };
    const ipv6 = interfaceDetail(task, 'privateIPv6Address');
    if (profile === 'prom-emf') return ipv6 ? { host: `[${ipv6}]` } : NO_INTERFACE_ADDRESS;
    // The agent goes on to the address of the instance, where an awsvpc task does not listen.
    if (instance?.PrivateIpAddress) return { host: instance.PrivateIpAddress };
    return ipv6
      ? { reason: 'ipv6_only', detail: `the agent does not use its IPv6 address ${ipv6}` }
      : NO_INTERFACE_ADDRESS;
  }
  return instance?.PrivateIpAddress
    ? { host: instance.PrivateIpAddress }
    : instanceFault(task, mode, instance, profile);
}

const NO_INTERFACE_ADDRESS: TaskAddress = {
  reason: 'no_address',
  detail: 'its network interface has no private address (yet)',
};

/** The subnet of the task's network interface (awsvpc). */
export function subnetOf(task: Task): string | undefined {
  return interfaceDetail(task, 'subnetId');
}

/** The first such detail of the task's elastic network interfaces. */
function interfaceDetail(task: Task, name: string): string | undefined {
  return (task.attachments ?? [])
    .filter((attachment) => attachment.type === 'ElasticNetworkInterface')
    .flatMap((attachment) => attachment.details ?? [])
    .find((detail) => detail.name === name)?.value;
}

function instanceFault(
  task: Task,
  mode: string,
  instance: Instance | undefined,
  profile: DiscoveryProfile,
): TaskAddress {
  const host = task.containerInstanceArn ?? 'no container instance';
  if (task.launchType === 'EXTERNAL' && profile === 'cloudwatch-agent')
    return {
      reason: 'external_instance',
      detail: 'it runs on an external instance, whose address the agent never knows',
    };
  return instance === undefined
    ? { reason: 'instance_unknown', detail: `network mode ${mode || 'bridge'}: the instance of ${host} is not known` }
    : { reason: 'no_address', detail: `the instance ${instance.InstanceId ?? ''} of ${host} has no private address` };
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
