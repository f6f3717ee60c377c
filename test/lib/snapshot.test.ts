import { describe, expect, it } from 'vitest';
import type { Task } from '../../lib/ecs/task.ts';
import type { EcsPort } from '../../lib/ports.ts';
import { type ClusterReading, readSnapshot } from '../../lib/snapshot.ts';
import { definitionOf, INSTANCE, onInstance, taskOf } from './ecs/cluster.ts';

const MANAGED = { InstanceId: 'mi-1', PrivateIpAddress: '192.168.0.9' };
const SHOP = { name: 'shop', region: 'eu-west-1' };

/** An ECS that runs these tasks and writes down each call with the number of things asked for. */
function ecsWith(tasks: readonly Task[], broken: Partial<EcsPort> = {}) {
  const calls: string[] = [];
  const answer = <Result>(name: string, count: number, result: Result): Promise<Result> => {
    calls.push(`${name} ${count}`);
    return Promise.resolve(result);
  };
  const ecs: EcsPort = {
    listTasks: () =>
      answer(
        'ListTasks',
        0,
        tasks.map(({ taskArn }) => taskArn),
      ),
    describeTasks: (_, arns, withTags) =>
      answer(withTags ? 'DescribeTasks with tags' : 'DescribeTasks', arns.length, {
        tasks: tasks.filter(({ taskArn }) => arns.includes(taskArn)),
        failures: [],
      }),
    describeTaskDefinition: (_, taskDefinitionArn) =>
      answer('DescribeTaskDefinition', 1, definitionOf(undefined, { taskDefinitionArn })),
    listServices: () => answer('ListServices', 0, ['a/web', 'a/api']),
    describeServices: (_, arns, withTags) =>
      answer(withTags ? 'DescribeServices with tags' : 'DescribeServices', arns.length, [{ serviceName: 'web' }]),
    describeContainerInstances: (_, arns) =>
      answer(
        'DescribeContainerInstances',
        arns.length,
        arns.map((arn) => ({ containerInstanceArn: arn, ec2InstanceId: 'i-1' })),
      ),
    describeInstances: (_, ids) => answer('DescribeInstances', ids.length, [INSTANCE]),
    discoverInstances: (_, namespace, service) =>
      answer(`DiscoverInstances ${namespace}/${service}`, 1, [{ InstanceId: 'cm' }]),
    describeSubnets: (_, ids) =>
      answer(
        'DescribeSubnets',
        ids.length,
        ids.map((id) => [id, 'vpc-1'] as const),
      ),
    describeManagedInstances: (_, ids) => answer('DescribeInstanceInformation', ids.length, [MANAGED]),
    ...broken,
  };
  return { ecs, calls };
}

const manyTasks = (count: number) => Array.from({ length: count }, (_, i) => taskOf(i));
const denied = () => Promise.reject(Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }));

describe('readSnapshot', () => {
  it('makes one call for an empty cluster', async () => {
    const { ecs, calls } = ecsWith([]);
    const {
      reading: { snapshot },
    } = await readSnapshot(ecs, SHOP, { nowMs: 0, needServices: () => true, tasksOnInstances: (s) => s.tasks });
    expect(snapshot).toEqual({
      tasks: [],
      taskDefinitions: new Map(),
      services: [],
      containerInstances: [],
      instances: [],
      subnets: [],
      cloudMap: [],
    });
    expect(calls).toEqual(['ListTasks 0']);
  });

  it('describes 100 tasks a call and each task definition once', async () => {
    const { ecs, calls } = ecsWith(manyTasks(250));
    const {
      reading: { snapshot },
    } = await readSnapshot(ecs, SHOP, { nowMs: 0 });
    expect(calls).toEqual([
      'ListTasks 0',
      'DescribeTasks 100',
      'DescribeTasks 100',
      'DescribeTasks 50',
      'DescribeTaskDefinition 1',
    ]);
    expect(snapshot.tasks.map(({ taskArn }) => taskArn)).toEqual(manyTasks(250).map(({ taskArn }) => taskArn));
  });

  it('does not ask for a task definition it knows', async () => {
    const { ecs, calls } = ecsWith(manyTasks(1));
    const { reading: last } = await readSnapshot(ecs, SHOP, { nowMs: 0 });
    await readSnapshot(ecs, SHOP, { nowMs: 0, last });
    expect(calls.filter((call) => call.startsWith('DescribeTaskDefinition'))).toHaveLength(1);
  });

  it('describes wanted services and the instances of chosen tasks alone', async () => {
    const { ecs, calls } = ecsWith([taskOf(1), onInstance()]);
    const {
      reading: { snapshot },
    } = await readSnapshot(ecs, SHOP, {
      nowMs: 0,
      needServices: (name) => name === 'web',
      tasksOnInstances: ({ tasks }) => tasks.filter(({ launchType }) => launchType === 'EC2'),
    });
    expect(calls.slice(-4)).toEqual([
      'ListServices 0',
      'DescribeServices 1',
      'DescribeContainerInstances 1',
      'DescribeInstances 1',
    ]);
    expect(snapshot.instances).toEqual([INSTANCE]);
  });

  const isolated: {
    name: string;
    broken: Partial<EcsPort>;
    problem: { arn: string; reason: string };
    tasks: number;
  }[] = [
    {
      name: 'a page of tasks',
      broken: {
        describeTasks: async (_, arns) => (arns.length === 100 ? denied() : { tasks: manyTasks(1), failures: [] }),
      },
      problem: { arn: `${taskOf(0).taskArn} and 99 more`, reason: 'DescribeTasks: AccessDeniedException: not allowed' },
      tasks: 1,
    },
    {
      name: 'a task that is gone',
      broken: { describeTasks: async () => ({ tasks: manyTasks(1), failures: [{ arn: 'gone', reason: 'MISSING' }] }) },
      problem: { arn: 'gone', reason: 'MISSING' },
      tasks: 2,
    },
    {
      name: 'a task definition',
      broken: { describeTaskDefinition: denied },
      problem: {
        arn: taskOf(0).taskDefinitionArn,
        reason: 'DescribeTaskDefinition: AccessDeniedException: not allowed',
      },
      tasks: 101,
    },
    {
      name: 'the services',
      broken: { listServices: denied },
      problem: { arn: 'shop', reason: 'ListServices: AccessDeniedException: not allowed' },
      tasks: 101,
    },
    {
      name: 'the instances',
      broken: { describeInstances: denied },
      problem: { arn: 'i-1', reason: 'DescribeInstances: AccessDeniedException: not allowed' },
      tasks: 101,
    },
  ];
  it.each(isolated)('goes on without $name, and says so', async ({ broken, problem, tasks }) => {
    const { ecs } = ecsWith(manyTasks(101), broken);
    const {
      reading: { snapshot },
      problems,
    } = await readSnapshot(ecs, SHOP, { nowMs: 0, needServices: () => true, tasksOnInstances: () => [onInstance()] });
    expect(problems).toContainEqual(problem);
    expect(snapshot.tasks).toHaveLength(tasks);
  });

  it('reads the tags of tasks and of their services where they are needed, those of services every ten minutes', async () => {
    const { ecs, calls } = ecsWith(manyTasks(2));
    const tags = new Set(['task', 'service'] as const);
    let last: ClusterReading | undefined;
    for (const nowMs of [0, 60_000, 600_000]) {
      const { reading } = await readSnapshot(ecs, SHOP, { nowMs, last, tags });
      expect(reading.snapshot.services).toEqual([{ serviceName: 'web' }]);
      last = reading;
    }
    expect(calls.filter((call) => call.includes('tags'))).toEqual([
      'DescribeTasks with tags 2',
      'DescribeServices with tags 1',
      'DescribeTasks with tags 2',
      'DescribeTasks with tags 2',
      'DescribeServices with tags 1',
    ]);
  });

  it('reads each Cloud Map service once, and keeps its instances while it cannot', async () => {
    const { ecs, calls } = ecsWith([]);
    const entry = { namespace: 'prod.local', service: 'api' };
    const cloudMap = [entry, { ...entry }];
    const { reading: last } = await readSnapshot(ecs, SHOP, { nowMs: 0, cloudMap });
    expect(calls).toEqual(['ListTasks 0', 'DiscoverInstances prod.local/api 1']);
    const failing = { ...ecs, discoverInstances: denied };
    const { reading, problems } = await readSnapshot(failing, SHOP, { nowMs: 1, last, cloudMap });
    expect(reading.snapshot.cloudMap).toEqual([['["prod.local","api"]', [{ InstanceId: 'cm' }]]]);
    expect(problems).toEqual([
      { arn: 'prod.local/api', reason: 'DiscoverInstances: AccessDeniedException: not allowed' },
    ]);
  });

  it('asks for nothing about an instance twice, unless it is outside EC2', async () => {
    const { ecs, calls } = ecsWith([onInstance()], {
      describeContainerInstances: async () => [
        { containerInstanceArn: onInstance().containerInstanceArn, ec2InstanceId: 'i-1' },
        { containerInstanceArn: 'outside', ec2InstanceId: 'mi-1' },
      ],
    });
    const tasksOnInstances = () => [onInstance(), onInstance({ containerInstanceArn: 'outside' })];
    const { reading: last } = await readSnapshot(ecs, SHOP, { nowMs: 0, tasksOnInstances });
    const { reading } = await readSnapshot(ecs, SHOP, { nowMs: 0, last, tasksOnInstances });
    expect(last.snapshot.instances).toEqual([INSTANCE, MANAGED]);
    expect(reading.snapshot).toEqual(last.snapshot);
    expect(calls.filter((call) => /Instance/.test(call))).toEqual([
      'DescribeInstances 1',
      'DescribeInstanceInformation 1',
      'DescribeInstanceInformation 1',
    ]);
  });

  describe('with a last reading', () => {
    const readOnce = async (tasks: readonly Task[], nowMs: number) => {
      const tasksOnInstances = ({ tasks }: { tasks: readonly Task[] }) => tasks;
      return (await readSnapshot(ecsWith(tasks).ecs, SHOP, { nowMs, tasksOnInstances })).reading;
    };
    const throttled = () => Promise.reject(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));

    it('keeps it whole while the tasks cannot be listed, for an hour', async () => {
      const last = await readOnce(manyTasks(3), 1000);
      const { ecs } = ecsWith([], { listTasks: throttled });
      const { reading, problems } = await readSnapshot(ecs, SHOP, { nowMs: 1000 + 600_000, last });
      expect(reading).toEqual(last);
      expect(problems).toEqual([
        {
          arn: 'shop',
          reason:
            'cluster "shop" in eu-west-1: ListTasks: ThrottlingException: slow down; the account shares its ECS request rate with all its callers; the next tick tries again; its tasks of 10 minutes ago are scraped',
        },
      ]);
      await expect(readSnapshot(ecs, SHOP, { nowMs: 1001 + 3_600_000, last })).rejects.toThrow('slow down');
    });

    it('forgets a cluster that is gone', async () => {
      const last = await readOnce(manyTasks(3), 1000);
      const gone = () => Promise.reject(Object.assign(new Error('gone'), { name: 'ClusterNotFoundException' }));
      const { ecs } = ecsWith([], { listTasks: gone });
      await expect(readSnapshot(ecs, SHOP, { nowMs: 2000, last })).rejects.toMatchObject({ code: 'cluster_not_found' });
    });

    it('keeps the tasks of a page that fails as long as they are listed', async () => {
      const last = await readOnce(manyTasks(150), 1000);
      const { ecs } = ecsWith(manyTasks(150).slice(10), {
        describeTasks: async (_, arns) =>
          arns.length === 100
            ? throttled()
            : { tasks: manyTasks(150).filter(({ taskArn }) => arns.includes(taskArn)), failures: [] },
      });
      const { reading } = await readSnapshot(ecs, SHOP, { nowMs: 2000, last });
      const arns = reading.snapshot.tasks.map(({ taskArn }) => taskArn).sort();
      expect(arns).toEqual(
        manyTasks(150)
          .slice(10)
          .map(({ taskArn }) => taskArn)
          .sort(),
      );
      expect(reading.readAtMs).toBe(2000);
    });
  });

  it.each([
    ['ClusterNotFoundException', 'cluster_not_found', 'check the name of the cluster and its region'],
    [
      'AccessDeniedException',
      'access_denied',
      'allow the role of discover to list and describe the tasks of this cluster',
    ],
    [
      'ThrottlingException',
      'throttled',
      'the account shares its ECS request rate with all its callers; the next tick tries again',
    ],
    ...['ExpiredTokenException', 'UnrecognizedClientException', 'CredentialsProviderError'].map((name) => [
      name,
      'credentials',
      'its credentials have expired or are not accepted; the next tick asks for new ones, unless the role that it assumes is gone or does not trust it',
    ]),
    ['TimeoutError', 'api', 'the next tick tries again'],
  ])('says what to do when tasks cannot be listed for %s', async (name, code, remedy) => {
    const { ecs } = ecsWith([], { listTasks: () => Promise.reject(Object.assign(new Error('no'), { name })) });
    const message = `cluster "shop" in eu-west-1: ListTasks: ${name}: no; ${remedy}`;
    await expect(readSnapshot(ecs, SHOP, { nowMs: 0 })).rejects.toMatchObject({
      name: 'DiscoveryError',
      code,
      message,
      cluster: 'shop',
    });
  });
});
