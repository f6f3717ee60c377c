import { describe, expect, it } from 'vitest';
import type { DiscoveryProfile } from '../../../lib/ecs/discovery-settings.ts';
import { hostPort, taskAddress } from '../../../lib/ecs/network-address.ts';
import type { Instance, Task } from '../../../lib/ecs/task.ts';
import { containerOf, definitionOf, INSTANCE, interfaceWith, onInstance, taskOf } from './cluster.ts';

const inMode = (networkMode: string | undefined) => definitionOf(undefined, { networkMode });
const IPV6 = interfaceWith('privateIPv6Address', 'fd00::1');

describe('taskAddress', () => {
  const cases: {
    name: string;
    task: Task;
    mode?: string | undefined;
    instance?: Instance;
    profile?: DiscoveryProfile;
    expected: string;
  }[] = [
    { name: 'an awsvpc task has that of its network interface', task: taskOf(7), mode: 'awsvpc', expected: '10.0.0.7' },
    {
      name: 'a host task has that of its instance',
      task: onInstance(),
      mode: 'host',
      instance: INSTANCE,
      expected: '10.1.0.1',
    },
    {
      name: 'a bridge task has that of its instance',
      task: onInstance(),
      mode: 'bridge',
      instance: INSTANCE,
      expected: '10.1.0.1',
    },
    {
      name: 'no network mode is bridge',
      task: onInstance(),
      mode: undefined,
      instance: INSTANCE,
      expected: '10.1.0.1',
    },
    {
      name: 'network mode none has none',
      task: onInstance(),
      mode: 'none',
      instance: INSTANCE,
      expected: 'network_mode_none',
    },
    {
      name: 'an interface that is being attached has none',
      task: taskOf(1, { attachments: [] }),
      mode: 'awsvpc',
      expected: 'no_address',
    },
    {
      name: 'an interface with IPv6 alone has that',
      task: taskOf(1, { attachments: [IPV6] }),
      mode: 'awsvpc',
      expected: '[fd00::1]',
    },
    {
      name: 'but not under the profile of the agent',
      task: taskOf(1, { attachments: [IPV6] }),
      mode: 'awsvpc',
      profile: 'cloudwatch-agent',
      expected: 'ipv6_only',
    },
    {
      name: 'an awsvpc task on EC2 never has that of the instance',
      task: onInstance({ attachments: [] }),
      mode: 'awsvpc',
      instance: INSTANCE,
      expected: 'no_address',
    },
    {
      name: 'except under the profile of the agent',
      task: onInstance({ attachments: [IPV6] }),
      mode: 'awsvpc',
      instance: INSTANCE,
      profile: 'cloudwatch-agent',
      expected: '10.1.0.1',
    },
    { name: 'an unknown instance has none', task: onInstance(), mode: 'host', expected: 'instance_unknown' },
    {
      name: 'a task outside EC2 has that of its instance',
      task: onInstance({ launchType: 'EXTERNAL' }),
      mode: 'host',
      instance: { InstanceId: 'mi-1', PrivateIpAddress: '192.168.0.9' },
      expected: '192.168.0.9',
    },
    {
      name: 'and none under the profile of the agent',
      task: onInstance({ launchType: 'EXTERNAL' }),
      mode: 'host',
      profile: 'cloudwatch-agent',
      expected: 'external_instance',
    },
    {
      name: 'an instance may have none',
      task: onInstance(),
      mode: 'host',
      instance: { InstanceId: 'i-1' },
      expected: 'no_address',
    },
  ];
  it.each(cases)('$name', ({ task, mode, instance, profile = 'prom-emf', expected }) => {
    const address = taskAddress(task, inMode(mode), instance, profile);
    expect('host' in address ? address.host : address.reason).toBe(expected);
  });
});

describe('hostPort', () => {
  const bindings = [32_768, 32_769].map((hostPort) => ({ containerPort: 9404, hostPort }));
  const running = (name: string) => onInstance({ containers: [{ name, networkBindings: bindings }] });
  const cases = [
    { name: 'awsvpc reads the task definition', mode: 'awsvpc', task: running('app'), expected: 9404 },
    { name: 'host reads the task definition', mode: 'host', task: running('app'), expected: 9404 },
    { name: 'bridge reads the last binding of the task', mode: 'bridge', task: running('app'), expected: 32_769 },
    { name: 'no network mode is bridge', mode: undefined, task: running('app'), expected: 32_769 },
    { name: 'another container has other bindings', mode: 'bridge', task: running('other'), expected: undefined },
    { name: 'a task without bindings has no port', mode: 'bridge', task: onInstance(), expected: undefined },
    { name: 'network mode none has no port', mode: 'none', task: running('app'), expected: undefined },
  ];
  it.each(cases)('$name', ({ mode, task, expected }) => {
    expect(hostPort(task, inMode(mode), containerOf(), 9404)).toBe(expected);
  });

  it('has nothing for host port 0 or another container port', () => {
    const container = containerOf({ portMappings: [{ containerPort: 1, hostPort: 0 }, { containerPort: 2 }] });
    expect([1, 2, 3].map((port) => hostPort(taskOf(1), inMode('awsvpc'), container, port))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
