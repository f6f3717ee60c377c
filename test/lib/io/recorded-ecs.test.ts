import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../lib/document/document.ts';
import { recordedEcs } from '../../../lib/io/recorded-ecs.ts';

const portOver = (value: object) => recordedEcs(parseDocument(JSON.stringify(value), 'tasks.json'));
const TASK = { taskArn: 'arn:aws:ecs:eu-west-1:1:task/shop/1', taskDefinitionArn: 'd:1' };

describe('recordedEcs', () => {
  it.each([
    ['a list', [{ taskDefinitionArn: 'd:1', family: 'd' }]],
    ['a mapping by ARN', { 'd:1': { family: 'd' } }],
  ])('takes task definitions as %s', async (_, taskDefinitions) => {
    const definition = await portOver({ tasks: [TASK], taskDefinitions }).describeTaskDefinition(
      { name: 'shop' },
      'd:1',
    );
    expect(definition).toMatchObject({ taskDefinitionArn: 'd:1', family: 'd' });
  });

  it.each(['ec2Instances', 'instances'])('takes instances as %s', async (key) => {
    const instances = [{ InstanceId: 'i-1', PrivateIpAddress: '10.0.0.1' }, { InstanceId: 'i-2' }];
    const ecs = portOver({ tasks: [], [key]: instances });
    expect(await ecs.describeInstances({ name: 'shop' }, ['i-1'])).toEqual([instances[0]]);
  });

  it('keeps every docker label, whatever its name', async () => {
    const text =
      '{"tasks": [], "taskDefinitions": {"d:1": {"containerDefinitions": [{"dockerLabels": {"constructor": "c", "__proto__": "p"}}]}}}';
    const { containerDefinitions = [] } = await recordedEcs(parseDocument(text, 'tasks.json')).describeTaskDefinition(
      { name: 'shop' },
      'd:1',
    );
    expect(Object.entries(containerDefinitions[0]?.dockerLabels ?? {})).toEqual([
      ['constructor', 'c'],
      ['__proto__', 'p'],
    ]);
  });

  it('reads null as nothing', async () => {
    const ecs = portOver({ tasks: [{ ...TASK, group: null, containers: null }], services: null });
    const { tasks } = await ecs.describeTasks({ name: 'shop' }, [TASK.taskArn], false);
    expect([tasks, await ecs.listServices({ name: 'shop' })]).toEqual([[TASK], []]);
  });

  it('gives the failures that were recorded', async () => {
    const ecs = portOver({ tasks: [TASK], failures: [{ arn: 'gone', reason: 'MISSING' }] });
    const arns = await ecs.listTasks({ name: 'shop' });
    expect(arns).toEqual([TASK.taskArn, 'gone']);
    expect((await ecs.describeTasks({ name: 'shop' }, arns, false)).failures).toEqual([
      { arn: 'gone', reason: 'MISSING' },
    ]);
  });

  it('knows the cluster by the ARNs of its tasks', async () => {
    const ecs = portOver({ tasks: [TASK] });
    expect(await ecs.listTasks({ name: 'shop' })).toHaveLength(1);
    expect(await ecs.listTasks({ name: 'arn:aws:ecs:eu-west-1:1:cluster/shop' })).toHaveLength(1);
    const error = { name: 'ClusterNotFoundException', message: 'tasks.json holds tasks of shop' };
    await expect(ecs.listTasks({ name: 'other' })).rejects.toMatchObject(error);
  });

  it.each([
    ['{}', 'tasks.json:1:1: error: tasks: missing key "tasks"'],
    ['{"tasks": [{}]}', 'tasks.json:1:12: error: tasks[0].taskArn: '],
    ['{"tasks": [], "services": {}}', 'tasks.json:1:27: error: services: expected a list, found a mapping'],
  ])('refuses %s with the place', (text, message) => {
    expect(() => recordedEcs(parseDocument(text, 'tasks.json'))).toThrow(message);
  });
});
