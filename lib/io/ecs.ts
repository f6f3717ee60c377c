import { paginateDescribeInstances, paginateDescribeSubnets } from '@aws-sdk/client-ec2';
import {
  type ContainerDefinition as ApiContainerDefinition,
  type TaskDefinition as ApiTaskDefinition,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type Failure as EcsFailure,
  type Task as EcsTask,
  paginateListServices,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import { DiscoverInstancesCommand } from '@aws-sdk/client-servicediscovery';
import { paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import type { ContainerDefinition, Instance, Service, Task, TaskDefinition } from '../ecs/task.ts';
import type { EcsPort, Failure } from '../ports.ts';
import { budgetedClients, type EcsClients, perCluster } from './ecs-clients.ts';

/**
 * The ECS, EC2, SSM and Cloud Map APIs of discovery, one client of each for every region and role; errors are those of the SDK.
 */
export function createEcs(clients: EcsClients = budgetedClients()): EcsPort {
  const ecs = perCluster(clients.ecs);
  const ec2 = perCluster(clients.ec2);
  const ssm = perCluster(clients.ssm);
  const cloudMap = perCluster(clients.cloudMap);
  return {
    listTasks: (cluster) =>
      ecs(cluster, async (client) => {
        const pages = paginateListTasks({ client, pageSize: 100 }, { cluster: cluster.name });
        return (await allOf(pages)).flatMap((page) => page.taskArns ?? []);
      }),
    describeTasks: async (cluster, taskArns, withTags) => {
      const asked = { cluster: cluster.name, tasks: [...taskArns] };
      const command = new DescribeTasksCommand({ ...asked, ...(withTags && { include: ['TAGS'] }) });
      const { tasks = [], failures = [] } = await ecs(cluster, (client) => client.send(command));
      return { tasks: tasks.flatMap(taskOf), failures: failures.map(failureOf) };
    },
    describeTaskDefinition: async (cluster, arn) => {
      const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
      const { taskDefinition } = await ecs(cluster, (client) => client.send(command));
      if (taskDefinition === undefined) throw new Error(`the answer for ${arn} holds no task definition`);
      return taskDefinitionOf(taskDefinition, arn);
    },
    listServices: (cluster) =>
      ecs(cluster, async (client) => {
        const pages = paginateListServices({ client, pageSize: 100 }, { cluster: cluster.name });
        return (await allOf(pages)).flatMap((page) => page.serviceArns ?? []);
      }),
    describeServices: async (cluster, names, withTags) => {
      const asked = { cluster: cluster.name, services: [...names] };
      const command = new DescribeServicesCommand({ ...asked, ...(withTags && { include: ['TAGS'] }) });
      return ((await ecs(cluster, (client) => client.send(command))).services ?? []).map(serviceOf);
    },
    describeContainerInstances: async (cluster, arns) => {
      const command = new DescribeContainerInstancesCommand({ cluster: cluster.name, containerInstances: [...arns] });
      return (await ecs(cluster, (client) => client.send(command))).containerInstances ?? [];
    },
    describeInstances: (cluster, instanceIds) =>
      ec2(cluster, async (client) => {
        // By filter: an id that is gone fails a request by InstanceIds as a whole.
        const Filters = [{ Name: 'instance-id', Values: [...instanceIds] }];
        const pages = await allOf(paginateDescribeInstances({ client, pageSize: 1000 }, { Filters }));
        return pages
          .flatMap((page) => page.Reservations ?? [])
          .flatMap(({ Instances = [] }) => Instances.map(instanceOf));
      }),
    describeSubnets: (cluster, subnetIds) =>
      ec2(cluster, async (client) => {
        const Filters = [{ Name: 'subnet-id', Values: [...subnetIds] }];
        const pages = await allOf(paginateDescribeSubnets({ client, pageSize: 1000 }, { Filters }));
        const subnets = pages.flatMap((page) => page.Subnets ?? []);
        return subnets.flatMap(({ SubnetId, VpcId }) => (SubnetId && VpcId ? [[SubnetId, VpcId] as const] : []));
      }),
    describeManagedInstances: (cluster, instanceIds) =>
      ssm(cluster, async (client) => {
        const Filters = [{ Key: 'InstanceIds', Values: [...instanceIds] }];
        const pages = await allOf(paginateDescribeInstanceInformation({ client, pageSize: 50 }, { Filters }));
        return pages
          .flatMap((page) => page.InstanceInformationList ?? [])
          .map(({ InstanceId, IPAddress }) => ({ InstanceId, PrivateIpAddress: IPAddress }));
      }),
    discoverInstances: (cluster, NamespaceName, ServiceName) =>
      cloudMap(cluster, async (client) => {
        const asked = { NamespaceName, ServiceName, MaxResults: 1000, HealthStatus: 'ALL' } as const;
        const { Instances = [] } = await client.send(new DiscoverInstancesCommand(asked));
        return Instances.map(({ InstanceId, HealthStatus, Attributes }) => ({ InstanceId, HealthStatus, Attributes }));
      }),
  };
}

async function allOf<Page>(pages: AsyncIterable<Page>): Promise<readonly Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** An extract, as small as a snapshot of many can be. */
function taskOf(task: EcsTask): readonly Task[] {
  const { taskArn, taskDefinitionArn } = task;
  if (taskArn === undefined || taskDefinitionArn === undefined) return [];
  const { group, startedBy, launchType, lastStatus, healthStatus, containerInstanceArn, tags } = task;
  const { containers = [], attachments = [] } = task;
  return [
    {
      ...{
        taskArn,
        taskDefinitionArn,
        group,
        startedBy,
        launchType,
        lastStatus,
        healthStatus,
        containerInstanceArn,
        tags,
      },
      containers: containers.map(({ name, networkBindings }) => ({ name, networkBindings })),
      attachments: attachments.map(({ type, status, details }) => ({ type, status, details })),
    },
  ];
}

function failureOf({ arn = '', reason = 'no reason given', detail }: EcsFailure): Failure {
  return { arn, reason: `DescribeTasks: ${reason}${detail === undefined ? '' : `: ${detail}`}` };
}

/** An extract: a whole definition carries environment variables, which are nobody's business here. */
function taskDefinitionOf(definition: ApiTaskDefinition, arn: string): TaskDefinition {
  const { taskDefinitionArn = arn, family, revision, networkMode, containerDefinitions = [] } = definition;
  const containers = containerDefinitions.map(containerOf);
  return { taskDefinitionArn, family, revision, networkMode, containerDefinitions: containers };
}

function containerOf({ name, dockerLabels, portMappings }: ApiContainerDefinition): ContainerDefinition {
  return { name, dockerLabels, portMappings };
}

function instanceOf({ InstanceId, InstanceType, PrivateIpAddress, VpcId, SubnetId, Tags }: Instance): Instance {
  return { InstanceId, InstanceType, PrivateIpAddress, VpcId, SubnetId, Tags };
}

function serviceOf({ serviceArn, serviceName, deployments = [], tags }: Service): Service {
  return { serviceArn, serviceName, deployments: deployments.map(({ id, status }) => ({ id, status })), tags };
}
