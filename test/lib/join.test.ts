import { describe, expect, it } from 'vitest';
import { newMemory, runDiscover } from '../../lib/discover.ts';
import { runJoin } from '../../lib/join.ts';
import type { EcsPort } from '../../lib/ports.ts';
import { BY_DEFINITION, familyOf, portsOver, recorded, SHOP, WEB } from './discover-cycle.ts';
import { taskOf } from './ecs/cluster.ts';

/** The calls of a port that are made. */
function watched(ecs: EcsPort) {
  const calls: string[] = [];
  const watch = Object.entries(ecs).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      calls.push(name);
      return (call as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { ecs: Object.fromEntries(watch) as EcsPort, calls };
}

describe('runJoin', () => {
  it('queues the targets of tasks that have started on the shards there are, without an API call', async () => {
    const { ecs, calls } = watched(recorded([taskOf(1)]));
    const { ports, read, sent } = portsOver(ecs);
    const memory = newMemory();
    await runDiscover([WEB], SHOP, ports, { dueAt: 60_000, memory });
    calls.length = 0;
    const started = { tasks: [taskOf(2), taskOf(3, { taskDefinitionArn: 'other' })], dueAt: 35_000, memory };
    expect(await runJoin([WEB], SHOP, ports, started)).toEqual({ targets: 1, failures: [] });
    const [tick, join] = read();
    expect(join).toMatchObject({ plan: tick?.plan, layout: tick?.layout, shard: '0', due_at: 35_000, joining: true });
    expect(join).not.toHaveProperty('slot');
    expect(join?.targets.map(({ identity }) => identity)).toEqual(['["task2","app",9404,"/metrics"]']);
    expect(sent.at(-1)?.delaySeconds).toBe(5);
    expect(calls).toEqual(['describeTaskDefinition']);
  });

  it('queues a target at the site of its VPC', async () => {
    const near = portsOver({ ...recorded([taskOf(1)]), describeSubnets: async () => [['subnet-b', 'vpc-b']] });
    const far = portsOver(recorded([]));
    const sites = [{ name: 'far', vpc_ids: ['vpc-b'], ports: far.ports }];
    await near.ports.layouts.commit(
      'shop@far',
      { text: '{"generation":1,"shards":1,"spread":1}', nonce: 'n' },
      undefined,
    );
    const details = [
      { name: 'privateIPv4Address', value: '10.0.0.9' },
      { name: 'subnetId', value: 'subnet-b' },
    ];
    const task = taskOf(9, { attachments: [{ type: 'ElasticNetworkInterface', details }] });
    expect(await runJoin([WEB], SHOP, near.ports, { tasks: [task], dueAt: 0, sites })).toMatchObject({ targets: 1 });
    expect([near.sent.length, far.read()[0]?.layout]).toEqual([0, { generation: 1, shards: 1, spread: 1 }]);
  });

  it('leaves a task alone that the last tick found', async () => {
    const { ports, sent } = portsOver(recorded([taskOf(1)]));
    const memory = newMemory();
    await runDiscover([WEB], SHOP, ports, { dueAt: 60_000, memory });
    const started = { tasks: [taskOf(1)], dueAt: 35_000, memory };
    expect(await runJoin([WEB], SHOP, ports, started)).toEqual({ targets: 0, failures: [] });
    expect(sent).toHaveLength(1);
  });

  it('leaves the first tick of a cluster to the schedule', async () => {
    const { ports, sent } = portsOver(recorded([]));
    expect(await runJoin([WEB], SHOP, ports, { tasks: [taskOf(1)], dueAt: 0 })).toEqual({ targets: 0, failures: [] });
    expect(sent).toEqual([]);
  });

  it('queues nothing for documents that look into another cluster, or select none of the tasks', async () => {
    const { ports, sent } = portsOver(recorded([]));
    const elsewhere = familyOf('far', { sd_target_cluster: 'far', task_definition_list: [BY_DEFINITION] });
    const other = { ...BY_DEFINITION, sd_task_definition_arn_pattern: 'api' };
    const families = [elsewhere, familyOf('api', { task_definition_list: [other] })];
    await runDiscover(families, SHOP, ports, { dueAt: 60_000 });
    const before = sent.length;
    expect(await runJoin(families, SHOP, ports, { tasks: [taskOf(1)], dueAt: 0 })).toMatchObject({ targets: 0 });
    expect(sent).toHaveLength(before);
  });
});
