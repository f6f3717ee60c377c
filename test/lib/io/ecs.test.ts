import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { DiscoverInstancesCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEcs } from '../../../lib/io/ecs.ts';

const ecsApi = mockClient(ECSClient);
const ec2Api = mockClient(EC2Client);
const ssmApi = mockClient(SSMClient);
const cloudMapApi = mockClient(ServiceDiscoveryClient);
const SHOP = { name: 'shop', region: 'eu-west-1' };

beforeEach(() => {
  ecsApi.reset();
  ec2Api.reset();
  ssmApi.reset();
});

describe('createEcs', () => {
  it('joins the pages of a list', async () => {
    ecsApi
      .on(ListTasksCommand, { cluster: 'shop', maxResults: 100 })
      .resolves({ taskArns: ['a'], nextToken: 'more' })
      .on(ListTasksCommand, { cluster: 'shop', maxResults: 100, nextToken: 'more' })
      .resolves({ taskArns: ['b'] });
    ecsApi.on(ListServicesCommand).resolves({ serviceArns: ['s'] });
    expect(await createEcs().listTasks(SHOP)).toEqual(['a', 'b']);
    expect(await createEcs().listServices(SHOP)).toEqual(['s']);
  });

  it('gives tasks and why others could not be described', async () => {
    const task = { taskArn: 'a', taskDefinitionArn: 'd', lastStatus: 'RUNNING' };
    const failures = [{ arn: 'b', reason: 'MISSING' }, { arn: 'c', reason: 'X', detail: 'because' }, {}];
    ecsApi.on(DescribeTasksCommand, { cluster: 'shop', tasks: ['a', 'b'] }).resolves({ tasks: [task, {}], failures });
    expect(await createEcs().describeTasks(SHOP, ['a', 'b'], false)).toEqual({
      tasks: [{ ...task, containers: [], attachments: [] }],
      failures: [
        { arn: 'b', reason: 'DescribeTasks: MISSING' },
        { arn: 'c', reason: 'DescribeTasks: X: because' },
        { arn: '', reason: 'DescribeTasks: no reason given' },
      ],
    });
  });

  it('keeps only what discovery reads of a task definition', async () => {
    const containerDefinition = {
      name: 'app',
      dockerLabels: { a: 'b' },
      portMappings: [{ containerPort: 1, hostPort: 1 }],
    };
    const environment = [{ name: 'PASSWORD', value: 'secret' }];
    const taskDefinition = {
      taskDefinitionArn: 'd',
      family: 'f',
      revision: 1,
      networkMode: 'awsvpc' as const,
      cpu: '256',
    };
    ecsApi.on(DescribeTaskDefinitionCommand, { taskDefinition: 'd' }).resolves({
      taskDefinition: { ...taskDefinition, containerDefinitions: [{ ...containerDefinition, environment }] },
    });
    const { cpu, ...kept } = taskDefinition;
    const found = await createEcs().describeTaskDefinition(SHOP, 'd');
    expect(found).toEqual({ ...kept, containerDefinitions: [containerDefinition] });
  });

  it('describes services, container instances and the instances of all reservations', async () => {
    ecsApi
      .on(DescribeServicesCommand, { cluster: 'shop', services: ['s'], include: ['TAGS'] })
      .resolves({ services: [{ serviceName: 's' }] });
    ecsApi.on(DescribeContainerInstancesCommand).resolves({ containerInstances: [{ ec2InstanceId: 'i-1' }] });
    const instances = ['i-1', 'i-2'].map((InstanceId) => ({ InstanceId, PrivateIpAddress: '10.0.0.1' }));
    ec2Api
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: instances.map((instance) => ({ Instances: [{ ...instance, ImageId: 'ami' }] })) });
    expect(await createEcs().describeServices(SHOP, ['s'], true)).toEqual([{ serviceName: 's', deployments: [] }]);
    expect(await createEcs().describeContainerInstances(SHOP, ['c'])).toEqual([{ ec2InstanceId: 'i-1' }]);
    expect(await createEcs().describeInstances(SHOP, ['i-1', 'i-2'])).toEqual(instances);
    expect(ec2Api.commandCalls(DescribeInstancesCommand)[0]?.args[0].input.Filters).toEqual([
      { Name: 'instance-id', Values: ['i-1', 'i-2'] },
    ]);
  });

  it('makes one client for each region', async () => {
    ecsApi.on(ListTasksCommand).resolves({});
    const regions: (string | undefined)[] = [];
    const ecs = createEcs({
      ecs: ({ region }) => {
        regions.push(region);
        return new ECSClient({ region: region ?? 'us-east-1' });
      },
      ec2: () => new EC2Client({ region: 'us-east-1' }),
      ssm: () => new SSMClient({ region: 'us-east-1' }),
      cloudMap: () => new ServiceDiscoveryClient({ region: 'us-east-1' }),
    });
    for (const region of ['eu-west-1', 'eu-west-1', undefined]) await ecs.listTasks({ name: 'shop', region });
    expect(regions).toEqual(['eu-west-1', undefined]);
  });

  it('reads the addresses of instances outside EC2 from SSM', async () => {
    const InstanceInformationList = [{ InstanceId: 'mi-1', IPAddress: '192.168.0.9', PlatformName: 'Linux' }];
    ssmApi.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList });
    expect(await createEcs().describeManagedInstances(SHOP, ['mi-1'])).toEqual([
      { InstanceId: 'mi-1', PrivateIpAddress: '192.168.0.9' },
    ]);
    expect(ssmApi.commandCalls(DescribeInstanceInformationCommand)[0]?.args[0].input.Filters).toEqual([
      { Key: 'InstanceIds', Values: ['mi-1'] },
    ]);
  });

  it('reads the instances of a Cloud Map service, whatever their health', async () => {
    const instance = {
      InstanceId: 'a',
      HealthStatus: 'UNHEALTHY' as const,
      Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1' },
    };
    const asked = { NamespaceName: 'prod.local', ServiceName: 'api', HealthStatus: 'ALL' as const, MaxResults: 1000 };
    cloudMapApi
      .on(DiscoverInstancesCommand, asked)
      .resolves({ Instances: [{ ...instance, NamespaceName: 'prod.local', ServiceName: 'api' }] });
    expect(await createEcs().discoverInstances(SHOP, 'prod.local', 'api')).toEqual([instance]);
  });

  it('makes one client for each role, and another when its credentials are refused', async () => {
    const expired = Object.assign(new Error('expired'), { name: 'ExpiredTokenException' });
    ecsApi
      .on(ListTasksCommand)
      .rejectsOnce(expired)
      .resolves({ taskArns: ['a'] });
    const made: boolean[] = [];
    const ecs = createEcs({
      ecs: ({ credentials }) => {
        made.push(credentials !== undefined);
        return new ECSClient({ region: 'us-east-1' });
      },
      ec2: () => new EC2Client({ region: 'us-east-1' }),
      ssm: () => new SSMClient({ region: 'us-east-1' }),
      cloudMap: () => new ServiceDiscoveryClient({ region: 'us-east-1' }),
    });
    const role_arn = 'arn:aws:iam::111122223333:role/discovery';
    for (const cluster of [
      { name: 'shop', role_arn },
      { name: 'other', role_arn },
    ])
      expect(await ecs.listTasks(cluster)).toEqual(['a']);
    expect(made).toEqual([true, true]);
    ecsApi.on(ListTasksCommand).rejects(expired);
    await expect(ecs.listTasks({ name: 'shop', role_arn })).rejects.toThrow('expired');
    await expect(ecs.listTasks(SHOP)).rejects.toThrow('expired');
  });

  it('lets the errors of the API through', async () => {
    ecsApi.on(ListTasksCommand).rejects(Object.assign(new Error('gone'), { name: 'ClusterNotFoundException' }));
    await expect(createEcs().listTasks(SHOP)).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
  });
});
