import type { ClusterSnapshot, ContainerDefinition, Task, TaskDefinition } from '../../../lib/ecs/task.ts';

/** A small cluster to vary in tests. */

const ACCOUNT = 'arn:aws:ecs:eu-west-1:111122223333';

export function taskOf(number: number, changes: Partial<Task> = {}): Task {
  return {
    taskArn: `${ACCOUNT}:task/shop/task${number}`,
    taskDefinitionArn: `${ACCOUNT}:task-definition/web:1`,
    group: 'service:web',
    startedBy: 'ecs-svc/1',
    launchType: 'FARGATE',
    lastStatus: 'RUNNING',
    attachments: [interfaceWith('privateIPv4Address', `10.0.0.${number}`)],
    ...changes,
  };
}

export function interfaceWith(name: string, value: string) {
  return { type: 'ElasticNetworkInterface', status: 'ATTACHED', details: [{ name, value }] };
}

export function onInstance(changes: Partial<Task> = {}): Task {
  const containerInstanceArn = `${ACCOUNT}:container-instance/shop/c1`;
  return taskOf(1, { launchType: 'EC2', attachments: [], containerInstanceArn, ...changes });
}

export function containerOf(changes: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return { name: 'app', portMappings: [{ containerPort: 9404, hostPort: 9404 }], ...changes };
}

export function definitionOf(
  containers: readonly ContainerDefinition[] = [containerOf()],
  changes: Partial<TaskDefinition> = {},
): TaskDefinition {
  return {
    taskDefinitionArn: `${ACCOUNT}:task-definition/web:1`,
    family: 'web',
    revision: 1,
    networkMode: 'awsvpc',
    containerDefinitions: containers,
    ...changes,
  };
}

export const INSTANCE = {
  InstanceId: 'i-1',
  InstanceType: 'm7g.large',
  PrivateIpAddress: '10.1.0.1',
  VpcId: 'vpc-1',
  SubnetId: 'subnet-1',
};

export function snapshotOf(
  tasks: readonly Task[],
  definitions: readonly TaskDefinition[] = [definitionOf()],
  changes: Partial<ClusterSnapshot> = {},
): ClusterSnapshot {
  return {
    tasks,
    taskDefinitions: new Map(definitions.map((definition) => [definition.taskDefinitionArn, definition])),
    services: [],
    containerInstances: [{ containerInstanceArn: `${ACCOUNT}:container-instance/shop/c1`, ec2InstanceId: 'i-1' }],
    instances: [INSTANCE],
    subnets: [],
    cloudMap: [],
    ...changes,
  };
}
