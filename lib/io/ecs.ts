import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import {
  type ContainerDefinition as ApiContainerDefinition,
  type TaskDefinition as ApiTaskDefinition,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  type Failure as EcsFailure,
  type Task as EcsTask,
  paginateListServices,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import type { ContainerDefinition, Instance, Task, TaskDefinition } from '../ecs/task.ts';
import type { Cluster, EcsPort, Failure } from '../ports.ts';
import { perRegion, type Region } from './aws-regions.ts';

/** How the clients of a region are made. */
export type EcsClients = {
  readonly ecs: (region: Region) => ECSClient;
  readonly ec2: (region: Region) => EC2Client;
};

/** Retries with a rate that adapts to throttling: the quota belongs to the whole account. */
const CLIENT = { maxAttempts: 4, retryMode: 'adaptive' } as const;

const CLIENTS: EcsClients = {
  ecs: (region) => new ECSClient({ ...CLIENT, ...region }),
  ec2: (region) => new EC2Client({ ...CLIENT, ...region }),
};

/** The ECS and EC2 APIs, one client of each for every region; errors are those of the SDK. */
export function createEcs({ ecs, ec2 }: EcsClients = CLIENTS): EcsPort {
  const ecsOf = perCluster(ecs);
  const ec2Of = perCluster(ec2);
  return {
    listTasks: async (cluster) => {
      const pages = paginateListTasks({ client: ecsOf(cluster), pageSize: 100 }, { cluster: cluster.name });
      return (await allOf(pages)).flatMap((page) => page.taskArns ?? []);
    },
    describeTasks: async (cluster, taskArns) => {
      const command = new DescribeTasksCommand({ cluster: cluster.name, tasks: [...taskArns] });
      const { tasks = [], failures = [] } = await ecsOf(cluster).send(command);
      return { tasks: tasks.flatMap(taskOf), failures: failures.map(failureOf) };
    },
    describeTaskDefinition: async (cluster, arn) => {
      const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
      const { taskDefinition } = await ecsOf(cluster).send(command);
      if (taskDefinition === undefined) throw new Error(`the answer for ${arn} holds no task definition`);
      return taskDefinitionOf(taskDefinition, arn);
    },
    listServices: async (cluster) => {
      const pages = paginateListServices({ client: ecsOf(cluster), pageSize: 100 }, { cluster: cluster.name });
      return (await allOf(pages)).flatMap((page) => page.serviceArns ?? []);
    },
    describeServices: async (cluster, serviceArns) => {
      const command = new DescribeServicesCommand({ cluster: cluster.name, services: [...serviceArns] });
      return (await ecsOf(cluster).send(command)).services ?? [];
    },
    describeContainerInstances: async (cluster, arns) => {
      const command = new DescribeContainerInstancesCommand({ cluster: cluster.name, containerInstances: [...arns] });
      return (await ecsOf(cluster).send(command)).containerInstances ?? [];
    },
    describeInstances: async (cluster, instanceIds) => {
      // By filter: an id that is gone fails a request by InstanceIds as a whole.
      const Filters = [{ Name: 'instance-id', Values: [...instanceIds] }];
      const pages = paginateDescribeInstances({ client: ec2Of(cluster), pageSize: 1000 }, { Filters });
      const reservations = (await allOf(pages)).flatMap((page) => page.Reservations ?? []);
      return reservations.flatMap((reservation) => reservation.Instances ?? []).map(instanceOf);
    },
  };
}

async function allOf<Page>(pages: AsyncIterable<Page>): Promise<readonly Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** One client for each region; no region means that of the environment. */
function perCluster<Client>(create: (region: Region) => Client): (cluster: Cluster) => Client {
  const clientOf = perRegion(create);
  return ({ name, region, role_arn }) => {
    if (role_arn !== undefined) {
      throw new Error(`role_arn is not supported yet; remove it from cluster ${name} or run discover in its account`);
    }
    return clientOf(region);
  };
}

function taskOf(task: EcsTask): readonly Task[] {
  const { taskArn, taskDefinitionArn } = task;
  return taskArn === undefined || taskDefinitionArn === undefined ? [] : [{ ...task, taskArn, taskDefinitionArn }];
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

function instanceOf({ InstanceId, InstanceType, PrivateIpAddress, VpcId, SubnetId }: Instance): Instance {
  return { InstanceId, InstanceType, PrivateIpAddress, VpcId, SubnetId };
}
