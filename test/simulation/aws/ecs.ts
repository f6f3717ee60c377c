import type { Fleet, FleetInstance, FleetTask } from '../fleet.ts';
import { AwsError, type AwsService, type Input, jsonService, pageOf, textsIn } from './call.ts';

const ACCOUNT = '000000000000';

/** Amazon ECS over a fleet. Source: the ECS API reference, for the sizes of pages and the errors. */
export function ecsService(fleet: Fleet, region: string): AwsService {
  const arnOf = (resource: string) => `arn:aws:ecs:${region}:${ACCOUNT}:${resource}`;
  const taskArn = ({ id, family }: FleetTask) => arnOf(`task/${family.cluster}/${id}`);
  const serviceArn = (cluster: string, name: string) => arnOf(`service/${cluster}/${name}`);
  const instanceArn = ({ cluster, containerInstanceId }: FleetInstance) =>
    arnOf(`container-instance/${cluster}/${containerInstanceId}`);

  const listTasks = (input: Input) => {
    const cluster = knownCluster(fleet, input);
    const tasks = [...fleet.tasks.values()].filter(({ family }) => family.cluster === cluster);
    const { page, next } = pageOf(tasks, sizeOf(input), input.nextToken);
    return { taskArns: page.map(taskArn), nextToken: next };
  };

  const describeTasks = (input: Input) => {
    const cluster = knownCluster(fleet, input);
    const withTags = textsIn(input, 'include').includes('TAGS');
    const wanted = atMost(input, 'tasks', 100).map((arn) => ({ arn, task: fleet.tasks.get(lastPart(arn)) }));
    const isHere = (task: FleetTask | undefined) => task !== undefined && task.family.cluster === cluster;
    return {
      tasks: wanted.flatMap(({ task }) => (task !== undefined && isHere(task) ? [taskOf(task, withTags)] : [])),
      failures: wanted.flatMap(({ arn, task }) => (isHere(task) ? [] : [{ arn, reason: 'MISSING' }])),
    };
  };

  const taskOf = (task: FleetTask, withTags: boolean) => {
    const { family, instance, lastStatus } = task;
    const isRunning = lastStatus === 'RUNNING';
    return {
      taskArn: taskArn(task),
      taskDefinitionArn: arnOf(`task-definition/${family.name}:${task.revision}`),
      clusterArn: arnOf(`cluster/${family.cluster}`),
      group: family.service === undefined ? `family:${family.name}` : `service:${family.service}`,
      ...(family.service !== undefined && { startedBy: `ecs-svc/${family.name}-${task.revision}` }),
      launchType: instance === undefined ? 'FARGATE' : 'EC2',
      ...(instance !== undefined && { containerInstanceArn: instanceArn(instance) }),
      availabilityZone: `${region}a`,
      connectivity: 'CONNECTED',
      cpu: '256',
      memory: '512',
      desiredStatus: 'RUNNING',
      lastStatus,
      healthStatus: 'UNKNOWN',
      createdAt: 1_790_000_000,
      version: 3,
      attachments: instance === undefined ? [networkInterfaceOf(task)] : [],
      attributes: [{ name: 'ecs.cpu-architecture', value: 'arm64' }],
      containers: [containerOf(task, isRunning)],
      overrides: { containerOverrides: [{ name: 'app' }], inferenceAcceleratorOverrides: [] },
      ...(withTags && { tags: [{ key: 'team', value: `team-${family.name}` }] }),
    };
  };

  const networkInterfaceOf = ({ id, ip }: FleetTask) => ({
    id: `eni-attachment-${id}`,
    type: 'ElasticNetworkInterface',
    status: 'ATTACHED',
    details: [
      { name: 'subnetId', value: 'subnet-00000000000000000' },
      { name: 'networkInterfaceId', value: `eni-${id.slice(0, 17)}` },
      { name: 'macAddress', value: '02:00:00:00:00:00' },
      { name: 'privateDnsName', value: `ip-${ip.replaceAll('.', '-')}.${region}.compute.internal` },
      { name: 'privateIPv4Address', value: ip },
    ],
  });

  const containerOf = ({ id, family, ip, port, instance }: FleetTask, isRunning: boolean) => ({
    containerArn: arnOf(`container/${family.cluster}/${id}/0`),
    taskArn: arnOf(`task/${family.cluster}/${id}`),
    name: 'app',
    image: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${family.name}:latest`,
    imageDigest: `sha256:${id}${id}`,
    runtimeId: `${id}-0000000000`,
    lastStatus: isRunning ? 'RUNNING' : 'PENDING',
    healthStatus: 'UNKNOWN',
    cpu: '0',
    networkBindings:
      family.mode === 'bridge' && isRunning
        ? [{ bindIP: '0.0.0.0', containerPort: fleet.ports.task, hostPort: port, protocol: 'tcp' }]
        : [],
    networkInterfaces: instance === undefined ? [{ attachmentId: `eni-attachment-${id}`, privateIpv4Address: ip }] : [],
  });

  const describeTaskDefinition = (input: Input) => {
    const [name = '', revision = ''] = lastPart(String(input.taskDefinition)).split(':');
    const family = fleet.families.find((each) => each.name === name);
    if (family === undefined || Number(revision) > family.revision)
      throw new AwsError('ClientException', 'Unable to describe task definition.');
    const { task: containerPort } = fleet.ports;
    const container = {
      name: 'app',
      image: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${name}:latest`,
      essential: true,
      cpu: 0,
      dockerLabels: { team: `team-${name}` },
      environment: Array.from({ length: 10 }, (_, i) => ({ name: `SETTING_${i}`, value: `value ${i} of ${name}` })),
      portMappings: [{ containerPort, hostPort: family.mode === 'bridge' ? 0 : containerPort, protocol: 'tcp' }],
    };
    return {
      taskDefinition: {
        taskDefinitionArn: arnOf(`task-definition/${name}:${revision}`),
        family: name,
        revision: Number(revision),
        networkMode: family.mode,
        status: 'ACTIVE',
        requiresCompatibilities: [family.mode === 'awsvpc' ? 'FARGATE' : 'EC2'],
        containerDefinitions: [container],
      },
      tags: [],
    };
  };

  const servicesOf = (cluster: string) =>
    fleet.families.flatMap((each) => (each.cluster === cluster && each.service !== undefined ? [each.service] : []));

  const listServices = (input: Input) => {
    const cluster = knownCluster(fleet, input);
    const arns = servicesOf(cluster).map((name) => serviceArn(cluster, name));
    const { page, next } = pageOf(arns, sizeOf(input, 10), input.nextToken);
    return { serviceArns: page, nextToken: next };
  };

  const describeServices = (input: Input) => {
    const cluster = knownCluster(fleet, input);
    const known = new Set(servicesOf(cluster));
    const wanted = atMost(input, 'services', 10).map((arn) => ({ arn, name: lastPart(arn) }));
    return {
      services: wanted.filter(({ name }) => known.has(name)).map(({ name }) => serviceOf(cluster, name)),
      failures: wanted.filter(({ name }) => !known.has(name)).map(({ arn }) => ({ arn, reason: 'MISSING' })),
    };
  };

  const serviceOf = (cluster: string, serviceName: string) => {
    const revision = fleet.families.find(({ service }) => service === serviceName)?.revision ?? 1;
    const deployments = [{ id: `ecs-svc/${serviceName}-${revision}`, status: 'PRIMARY' }];
    return { serviceArn: serviceArn(cluster, serviceName), serviceName, status: 'ACTIVE', deployments };
  };

  const describeContainerInstances = (input: Input) => {
    const cluster = knownCluster(fleet, input);
    const known = new Map(
      [...fleet.instances.values()].filter((each) => each.cluster === cluster).map((each) => [instanceArn(each), each]),
    );
    const wanted = atMost(input, 'containerInstances', 100).map((arn) => ({ arn, instance: known.get(arn) }));
    return {
      containerInstances: wanted.flatMap(({ arn, instance }) =>
        instance === undefined ? [] : [{ containerInstanceArn: arn, ec2InstanceId: instance.id, status: 'ACTIVE' }],
      ),
      failures: wanted.flatMap(({ arn, instance }) => (instance === undefined ? [{ arn, reason: 'MISSING' }] : [])),
    };
  };

  return jsonService({
    ListTasks: listTasks,
    DescribeTasks: describeTasks,
    DescribeTaskDefinition: describeTaskDefinition,
    ListServices: listServices,
    DescribeServices: describeServices,
    DescribeContainerInstances: describeContainerInstances,
  });
}

function knownCluster(fleet: Fleet, input: Input): string {
  const name = lastPart(String(input.cluster ?? 'default'));
  if (!fleet.clusters.includes(name)) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return name;
}

function sizeOf({ maxResults }: Input, byDefault = 100): number {
  const size = Number(maxResults ?? byDefault);
  if (size < 1 || size > 100) throw new AwsError('InvalidParameterException', 'maxResults must be between 1 and 100.');
  return size;
}

/** The texts of a list that must not be empty or too long. */
function atMost(input: Input, name: string, most: number): readonly string[] {
  const values = textsIn(input, name);
  if (values.length === 0) throw new AwsError('InvalidParameterException', `${name} cannot be empty.`);
  if (values.length > most)
    throw new AwsError('InvalidParameterException', `${name} can have at most ${most} items, found ${values.length}.`);
  return values;
}

function lastPart(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}
