import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { MotoClientSettings } from './moto.ts';

/** The network that tasks and instances need; seedNetwork gives one. */
export type MotoNetwork = { readonly subnetId: string; readonly securityGroupId: string };

/** Tasks to run, with the network mode that goes with the launch type. */
export type MotoTasks = {
  /** FARGATE: network mode awsvpc, one address a task. EC2: network mode host, one container instance a task. */
  readonly launchType?: 'FARGATE' | 'EC2';
  readonly clusterName: string;
  readonly family: string;
  readonly containers: readonly {
    readonly name: string;
    readonly containerPorts: readonly number[];
    readonly dockerLabels?: Readonly<Record<string, string>>;
  }[];
  readonly count: number;
  /** With a name, a service is created and the tasks are those of its deployment. */
  readonly serviceName?: string;
};

/** A running task: where an exporter must listen for the task to be scraped. */
export type MotoTask = { readonly taskArn: string; readonly address: string };

/** Creates the VPC, subnet and security group; instances get loopback addresses of the subnet. */
export async function seedNetwork(client: MotoClientSettings): Promise<MotoNetwork> {
  const ec2 = new EC2Client(client);
  const vpc = await ec2.send(new CreateVpcCommand({ CidrBlock: '127.43.0.0/16' }));
  const VpcId = given(vpc.Vpc?.VpcId, 'VpcId');
  // Without host names moto's network interface has no privateDnsName, and RunTask fails.
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  const subnet = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '127.43.0.0/20' }));
  const group = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId, GroupName: 'exporters', Description: 'Exporters of the real tests' }),
  );
  ec2.destroy();
  return {
    subnetId: given(subnet.Subnet?.SubnetId, 'SubnetId'),
    securityGroupId: given(group.GroupId, 'GroupId'),
  };
}

/** Settings that lead an AWS SDK client into another account, as its role of this name. */
export async function seedRole(client: MotoClientSettings, account: string, name: string) {
  const sts = new STSClient(client);
  const RoleArn = `arn:aws:iam::${account}:role/${name}`;
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'seeds' }));
  sts.destroy();
  const credentials = {
    accessKeyId: given(Credentials?.AccessKeyId, 'AccessKeyId'),
    secretAccessKey: given(Credentials?.SecretAccessKey, 'SecretAccessKey'),
    sessionToken: given(Credentials?.SessionToken, 'SessionToken'),
  };
  return { arn: RoleArn, client: { ...client, credentials } };
}

/** Creates the cluster if need be, a revision of the task definition, the service if asked for, and runs the tasks. */
export async function seedTasks(
  client: MotoClientSettings,
  network: MotoNetwork,
  tasks: MotoTasks,
): Promise<readonly MotoTask[]> {
  const ecs = new ECSClient(client);
  await ecs.send(new CreateClusterCommand({ clusterName: tasks.clusterName }));
  const instances =
    tasks.launchType === 'EC2' ? await seedInstances(client, network, tasks, ecs) : new Map<string, string>();
  const registered = await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition(tasks)));
  const placement = {
    cluster: tasks.clusterName,
    taskDefinition: given(registered.taskDefinition?.taskDefinitionArn, 'taskDefinitionArn'),
    launchType: tasks.launchType ?? 'FARGATE',
    ...(tasks.launchType === 'EC2' ? {} : { networkConfiguration: vpcConfiguration(network) }),
  };
  const owner = await startedBy(ecs, placement, tasks);
  const run = await ecs.send(new RunTaskCommand({ ...placement, count: tasks.count, ...owner }));
  ecs.destroy();
  return (run.tasks ?? []).map((task) => ({
    taskArn: given(task.taskArn, 'taskArn'),
    address: given(attachedAddress(task) ?? instances.get(task.containerInstanceArn ?? ''), 'an address of the task'),
  }));
}

/** Creates a queue and returns its URL. */
export async function seedQueue(client: MotoClientSettings, name: string): Promise<string> {
  const sqs = new SQSClient(client);
  const queue = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  sqs.destroy();
  return given(queue.QueueUrl, 'QueueUrl');
}

/** Creates a bucket. */
export async function seedBucket(client: MotoClientSettings, name: string): Promise<void> {
  const s3 = new S3Client(client);
  const CreateBucketConfiguration = { LocationConstraint: client.region };
  await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
  s3.destroy();
}

/** Starts and registers one container instance a task; gives their private addresses by container instance ARN. */
async function seedInstances(
  client: MotoClientSettings,
  network: MotoNetwork,
  tasks: MotoTasks,
  ecs: ECSClient,
): Promise<ReadonlyMap<string, string>> {
  const ec2 = new EC2Client(client);
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-00000000000000000',
      InstanceType: 't3.small',
      SubnetId: network.subnetId,
      MinCount: tasks.count,
      MaxCount: tasks.count,
    }),
  );
  ec2.destroy();
  const addresses = new Map<string, string>();
  for (const { InstanceId, PrivateIpAddress } of Instances) {
    const registered = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: tasks.clusterName,
        instanceIdentityDocument: JSON.stringify({ instanceId: InstanceId }),
      }),
    );
    const arn = given(registered.containerInstance?.containerInstanceArn, 'containerInstanceArn');
    addresses.set(arn, given(PrivateIpAddress, 'PrivateIpAddress'));
  }
  return addresses;
}

function vpcConfiguration(network: MotoNetwork) {
  return { awsvpcConfiguration: { subnets: [network.subnetId], securityGroups: [network.securityGroupId] } };
}

function taskDefinition(tasks: MotoTasks): RegisterTaskDefinitionCommandInput {
  const launchType = tasks.launchType ?? 'FARGATE';
  return {
    family: tasks.family,
    networkMode: launchType === 'EC2' ? 'host' : 'awsvpc',
    requiresCompatibilities: [launchType],
    cpu: '256',
    memory: '512',
    containerDefinitions: tasks.containers.map((container) => ({
      name: container.name,
      image: `${container.name}:latest`,
      essential: true,
      // moto's RunTask adds the containers' memory up and fails without it; ECS asks for it on EC2 only.
      memory: 128,
      portMappings: container.containerPorts.map((containerPort) => ({
        containerPort,
        hostPort: containerPort,
        protocol: 'tcp',
      })),
      dockerLabels: { ...container.dockerLabels },
    })),
  };
}

/** A service of moto starts no tasks of its own: those we run are marked as its deployment's. */
async function startedBy(
  ecs: ECSClient,
  placement: { readonly cluster: string; readonly taskDefinition: string },
  tasks: MotoTasks,
): Promise<{ readonly startedBy?: string; readonly group?: string }> {
  if (tasks.serviceName === undefined) return {};
  const created = await ecs.send(
    new CreateServiceCommand({ ...placement, serviceName: tasks.serviceName, desiredCount: tasks.count }),
  );
  const deployment = created.service?.deployments?.[0]?.id;
  return { startedBy: given(deployment, 'deployment id'), group: `service:${tasks.serviceName}` };
}

/** moto tells the address of an awsvpc task where ECS does and nowhere else: in its attachment. */
function attachedAddress(task: Task): string | undefined {
  const attachment = task.attachments?.find(({ type }) => type === 'ElasticNetworkInterface');
  return attachment?.details?.find(({ name }) => name === 'privateIPv4Address')?.value;
}

function given(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`moto answered without ${name}`);
  return value;
}
