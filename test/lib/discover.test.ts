import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newMemory, runDiscover } from '../../lib/discover.ts';
import type { Plan } from '../../lib/ecs/shard.ts';
import type { Task } from '../../lib/ecs/task.ts';
import { BY_DEFINITION, ECS_JOB, familyOf, portsOver, recorded, SHOP, STATIC_JOB, WEB } from './discover-cycle.ts';
import { taskOf } from './ecs/cluster.ts';

describe('runDiscover', () => {
  it('leaves a paused family out, and tells it', async () => {
    const both = { task_definition_list: [BY_DEFINITION] };
    const paused = familyOf('paused', both, STATIC_JOB, { paused: true });
    const { ports, stored, read } = portsOver(recorded([taskOf(1)]));
    const report = await runDiscover([paused, WEB], SHOP, ports, { dueAt: 0 });
    expect(report).toMatchObject({ paused: ['paused'], targets: { web: 1 }, messages: 1 });
    const plan = JSON.parse(stored.get(report.plan) ?? '') as Plan;
    expect(plan.documents.map(({ family }) => family)).toEqual(['web']);
    expect(read().flatMap((message) => message.own_targets)).toEqual([]);
    // And resumes with the next tick that does not say so.
    const resumed = familyOf('paused', both, STATIC_JOB, { paused: false });
    expect(await runDiscover([resumed, WEB], SHOP, ports, { dueAt: 60_000 })).toMatchObject({
      paused: [],
      targets: { paused: 1, web: 1 },
      messages: 2,
    });
  });

  it('asks nothing and queues nothing where all families are paused', async () => {
    const { ports, sent } = portsOver(recorded([taskOf(1)]));
    const paused = familyOf('web', { task_definition_list: [BY_DEFINITION] }, ECS_JOB, { paused: true });
    expect(await runDiscover([paused], SHOP, ports, { dueAt: 0 })).toMatchObject({
      paused: ['web'],
      targets: {},
      calls: {},
      failures: [],
      messages: 0,
    });
    expect(sent).toEqual([]);
  });

  it('stores a plan of all documents and sends the targets that each of them finds', async () => {
    const { ports, stored, read, sent } = portsOver(recorded([taskOf(1), taskOf(2, { lastStatus: 'PENDING' })]));
    const other = familyOf('other', { task_definition_list: [{ ...BY_DEFINITION, sd_job_name: 'o' }] });
    const report = await runDiscover([WEB, other], SHOP, ports, { dueAt: 60_000 });

    const [[hash, text] = ['', '']] = stored;
    expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
    const plan = JSON.parse(text) as Plan;
    expect(plan).toEqual({ version: 1, cluster: 'shop', documents: JSON.parse(JSON.stringify([other, WEB])) });
    expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([30]);
    expect(read()).toEqual([
      {
        version: 1,
        plan: hash,
        cluster: 'shop',
        due_at: 60_000,
        slot: { start: 60_000, length: 60_000 },
        layout: { generation: 60_000, shards: 1, spread: 1 },
        shard: '0',
        own_targets: [],
        targets: [0, 1].map((document) => ({
          document,
          identity: '["task1","app",9404,"/metrics"]',
          targets: ['10.0.0.1:9404'],
          labels: expect.arrayContaining([['container_name', 'app'], ...(document === 0 ? [['job', 'o']] : [])]),
        })),
      },
    ]);
    expect(report).toEqual({
      cluster: 'shop',
      plan: hash,
      messages: 1,
      paused: [],
      targets: { other: 1, web: 1 },
      tasks: { RUNNING: 1, PENDING: 1 },
      skipped: {
        not_running: {
          count: 1,
          example: { task: taskOf(2).taskArn, reason: 'not_running', detail: 'its lastStatus is PENDING' },
        },
      },
      calls: { ListTasks: 1, DescribeTasks: 1, DescribeTaskDefinition: 1 },
      failures: [],
    });
  });

  it('sends several messages a minute where an interval is shorter, for the minute after', async () => {
    const job = (interval: string) =>
      `[{ job_name: ecs, scrape_interval: ${interval}, scrape_timeout: 10s, file_sd_configs: [{ files: [/tmp/cwagent_ecs_auto_sd.yaml] }] }]`;
    const { ports, read, sent } = portsOver(recorded([taskOf(1)]));
    const discovery = { task_definition_list: [BY_DEFINITION] };
    const families = [familyOf('fast', discovery, job('20s')), familyOf('slow', discovery, job('1m'))];
    await runDiscover(families, SHOP, ports, { dueAt: 60_000 });
    expect(read().map(({ due_at, slot, targets }) => [due_at, slot, targets.map(({ document }) => document)])).toEqual([
      [120_000, { start: 120_000, length: 20_000 }, [0, 1]],
      [140_000, { start: 140_000, length: 20_000 }, [0]],
      [160_000, { start: 160_000, length: 20_000 }, [0]],
    ]);
    expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([90, 110, 130]);
  });

  it('divides shards whose last scrapes were too much, once they have settled', async () => {
    const { ports, read } = portsOver(recorded([taskOf(1), taskOf(2), taskOf(3)]));
    const memory = newMemory();
    const asked: string[][] = [];
    const loads = async (shards: readonly string[]) => {
      asked.push([...shards]);
      return new Map([['shop/60000-1/0', 5_000_000]]);
    };
    for (const dueAt of [60_000, 120_000, 180_000, 240_000])
      await runDiscover([WEB], SHOP, { ...ports, loads, clock: () => dueAt }, { dueAt, memory });
    expect(asked).toEqual([['shop/60000-1/0']]);
    const shards = new Map(read().map(({ slot, layout }) => [slot?.start, layout.shards]));
    expect([...shards]).toEqual([
      [60_000, 1],
      [120_000, 1],
      [180_000, 1],
      [240_000, 2],
    ]);
    expect(read().at(-1)?.layout).toMatchObject({ generation: 240_000, shards: 2, parent: { generation: 60_000 } });
  });

  it('goes on when the loads cannot be read, and says so', async () => {
    const { ports } = portsOver(recorded([taskOf(1)]));
    const loads = () => Promise.reject(new Error('denied'));
    await runDiscover([WEB], SHOP, { ...ports, loads, clock: () => 60_000 }, { dueAt: 60_000 });
    const report = await runDiscover([WEB], SHOP, { ...ports, loads, clock: () => 300_000 }, { dueAt: 300_000 });
    expect([report.messages, report.failures]).toEqual([
      1,
      [{ arn: 'shop', reason: 'the loads of its shards cannot be read: denied' }],
    ]);
  });

  describe('with a second site', () => {
    const inSubnet = (task: Task, subnet: string): Task => {
      const details = [...(task.attachments?.[0]?.details ?? []), { name: 'subnetId', value: subnet }];
      return { ...task, attachments: [{ type: 'ElasticNetworkInterface', details }] };
    };
    const tasks = [inSubnet(taskOf(1), 'subnet-a'), inSubnet(taskOf(2), 'subnet-b'), inSubnet(taskOf(3), 'subnet-c')];
    const vpcs = new Map([
      ['subnet-a', 'vpc-a'],
      ['subnet-b', 'vpc-b'],
    ]);
    const describeSubnets = async (_: unknown, ids: readonly string[]) =>
      ids.flatMap((id) => (vpcs.has(id) ? [[id, vpcs.get(id) ?? ''] as const] : []));
    const siteOver = () => {
      const far = portsOver(recorded([]));
      return { far, site: { name: 'far', vpc_ids: ['vpc-b'], ports: far.ports } };
    };

    it('sends the targets of each VPC where it is scraped, those of unknown ones to our own', async () => {
      const own = portsOver({ ...recorded(tasks), describeSubnets });
      const { far, site } = siteOver();
      const families = [WEB, familyOf('static', undefined, STATIC_JOB)];
      const report = await runDiscover(families, SHOP, own.ports, { dueAt: 60_000, sites: [site] });
      const identities = (messages: ReturnType<typeof own.read>) =>
        messages.flatMap(({ targets }) => targets.map(({ identity }) => identity.slice(2, 7)));
      expect([identities(own.read()), identities(far.read())]).toEqual([['task1', 'task3'], ['task2']]);
      const ownTargets = (messages: ReturnType<typeof own.read>) => messages.flatMap((each) => each.own_targets);
      // static comes before web.
      expect([ownTargets(own.read()), ownTargets(far.read())]).toEqual([[0], []]);
      expect([...far.stored.keys()]).toEqual([report.plan]);
      expect(report).toMatchObject({ messages: 3, targets: { web: 3 }, calls: { DescribeSubnets: 1 }, failures: [] });
      expect((await own.ports.layouts.read('shop@far'))?.text).toBe('{"generation":60000,"shards":1,"spread":1}');
    });

    it('goes on when that site takes no messages, and says so', async () => {
      const own = portsOver({ ...recorded(tasks), describeSubnets });
      const { far, site } = siteOver();
      const broken = { ...site, ports: { ...far.ports, queue: () => Promise.reject(new Error('no such queue')) } };
      const report = await runDiscover([WEB], SHOP, own.ports, { dueAt: 60_000, sites: [broken] });
      expect([report.messages, report.failures]).toEqual([
        1,
        [{ arn: 'shop', reason: 'its 1 targets at site far are not queued: no such queue' }],
      ]);
    });
  });

  it('sends nothing for jobs that are not due', async () => {
    const hourly = ECS_JOB.replace('job_name: ecs', 'job_name: ecs, scrape_interval: 1h');
    const { ports, read } = portsOver(recorded([taskOf(1)]));
    const families = [familyOf('hourly', { task_definition_list: [BY_DEFINITION] }, hourly)];
    for (const minute of [59, 60, 61]) await runDiscover(families, SHOP, ports, { dueAt: minute * 60_000 });
    expect(read().map(({ due_at }) => due_at)).toEqual([3_600_000]);
  });

  it('writes a plan when a process first uses it, and every twelve hours', async () => {
    const { ports, writes } = portsOver(recorded([]));
    const memory = newMemory();
    const written: number[] = [];
    for (const [hour, own] of [
      [0, memory],
      [11, memory],
      [12, memory],
      [13, memory],
      [13, newMemory()],
    ] as const) {
      const now = hour * 3_600_000;
      await runDiscover([WEB], SHOP, { ...ports, clock: () => now }, { dueAt: now, memory: own });
      written.push(writes.length);
    }
    expect(written).toEqual([1, 1, 2, 2, 3]);
  });

  it('writes a plan that was deleted again, ten minutes later', async () => {
    const { ports, writes, stored } = portsOver(recorded([]));
    const memory = newMemory();
    for (const now of [0, 599_999, 600_000]) {
      await runDiscover([WEB], SHOP, { ...ports, clock: () => now }, { dueAt: now, memory });
      stored.clear();
    }
    expect(writes).toHaveLength(2);
  });

  it('gives the same plan whatever the order of the families', async () => {
    const { ports, writes } = portsOver(recorded([]));
    const families = [WEB, familyOf('static', undefined, STATIC_JOB)];
    await runDiscover(families, SHOP, ports, { dueAt: 1 });
    await runDiscover(families.toReversed(), SHOP, ports, { dueAt: 1 });
    expect(writes).toEqual([writes[0], writes[0]]);
  });

  it('sends one message for a family with targets of its own, without asking ECS', async () => {
    const { ports, read } = portsOver(recorded([taskOf(1)]));
    const report = await runDiscover([familyOf('static', undefined, STATIC_JOB)], SHOP, ports, { dueAt: 1 });
    expect(read().map(({ shard, targets, own_targets }) => ({ shard, targets, own_targets }))).toEqual([
      { shard: 'family-static', targets: [], own_targets: [0] },
    ]);
    expect(report.calls).toEqual({});
  });

  it('sends nothing for a cluster without targets', async () => {
    const { ports, sent } = portsOver(recorded([]));
    expect(await runDiscover([WEB], SHOP, ports, { dueAt: 1 })).toMatchObject({ messages: 0, targets: { web: 0 } });
    expect(sent).toEqual([]);
  });

  it('goes on without a family whose discovery cannot be used', async () => {
    const { ports, read } = portsOver(recorded([taskOf(1)]));
    const report = await runDiscover([familyOf('empty', {}), WEB], SHOP, ports, { dueAt: 1 });
    expect(report.failures).toEqual([{ arn: 'empty', reason: expect.stringContaining('found none of them') }]);
    expect(read().flatMap(({ targets }) => targets.map(({ document }) => document))).toEqual([1]);
  });

  it('reads the cluster that a document names, and goes on without it', async () => {
    const { ports, read } = portsOver(recorded([taskOf(1)]));
    const away = familyOf('away', { sd_target_cluster: 'away', task_definition_list: [BY_DEFINITION] });
    const report = await runDiscover([away, WEB], SHOP, ports, { dueAt: 1 });
    expect(report.failures).toEqual([
      { arn: 'away', reason: expect.stringContaining('tasks.json holds tasks of shop') },
    ]);
    expect(read()).toHaveLength(1);
  });

  it('fails without sending anything when no cluster can be read', async () => {
    const { ports, sent, writes } = portsOver(recorded([taskOf(1)]));
    const run = runDiscover([WEB], { name: 'away' }, ports, { dueAt: 1 });
    await expect(run).rejects.toMatchObject({ code: 'cluster_not_found', cluster: 'away' });
    expect([sent, writes]).toEqual([[], []]);
  });

  it('lists services for the profile of the agent alone', async () => {
    const discovery = { service_name_list_for_tasks: [{ sd_metrics_ports: '9404', sd_service_name_pattern: 'web' }] };
    for (const profile of ['prom-emf', 'cloudwatch-agent']) {
      const { ports } = portsOver(recorded([taskOf(1)]));
      const report = await runDiscover([familyOf('web', discovery, ECS_JOB, { profile })], SHOP, ports, { dueAt: 1 });
      expect('ListServices' in report.calls).toBe(profile === 'cloudwatch-agent');
    }
  });
});
