import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParametersByPathCommand, GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AwsServer, startAws } from './aws/server.ts';
import { createFleet, type Fleet, startTask, stopTask } from './fleet.ts';

const region = 'eu-west-1';
const cluster = 'cluster-0';
const bucket = 'bucket';

let fleet: Fleet;
let aws: AwsServer;
let ecs: ECSClient;
let ec2: EC2Client;
let s3: S3Client;
let sqs: SQSClient;
let ssm: SSMClient;

beforeAll(async () => {
  fleet = createFleet({ tasks: 230, families: 20, clusters: 1, ports: { task: 9100, dynamic: [9101, 9102] }, seed: 1 });
  aws = await startAws({ fleet, region, queueName: 'shards', seed: 1 });
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'placeholder' };
  const settings = { endpoint: aws.url, region, credentials, maxAttempts: 1 };
  ecs = new ECSClient(settings);
  ec2 = new EC2Client(settings);
  s3 = new S3Client(settings);
  sqs = new SQSClient(settings);
  ssm = new SSMClient(settings);
});
afterAll(() => aws.stop());

const taskArns = async () => {
  const arns: string[] = [];
  for await (const page of paginateListTasks({ client: ecs }, { cluster })) arns.push(...(page.taskArns ?? []));
  return arns;
};
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe('ECS', () => {
  it('lists tasks in pages of 100', async () => {
    aws.takeCalls();
    expect(new Set(await taskArns()).size).toBe(230);
    expect(aws.takeCalls()).toEqual([{ service: 'ecs', operation: 'ListTasks', caller: 'tester', cluster, count: 3 }]);
  });

  it('describes at most 100 tasks, with tags when asked, and tells which are gone', async () => {
    const arns = await taskArns();
    const gone = `${arns[0]?.slice(0, -2)}ff`;
    const tasks = [...arns.slice(0, 99), gone];
    const { tasks: found = [], failures } = await ecs.send(
      new DescribeTasksCommand({ cluster, tasks, include: ['TAGS'] }),
    );
    expect(found.map(({ taskArn }) => taskArn)).toEqual(tasks.slice(0, 99));
    expect(found[0]?.tags).toEqual([{ key: 'team', value: 'team-family-0' }]);
    expect(failures).toEqual([{ arn: gone, reason: 'MISSING' }]);
  });

  it('describes a task definition of each network mode', async () => {
    const definitions = ['family-0', 'family-2', 'family-4'].map(async (family) => {
      const arn = `arn:aws:ecs:${region}:000000000000:task-definition/${family}:1`;
      const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
      const { hostPort } = taskDefinition?.containerDefinitions?.[0]?.portMappings?.[0] ?? {};
      return [taskDefinition?.networkMode, hostPort];
    });
    expect(await Promise.all(definitions)).toEqual([
      ['awsvpc', 9100],
      ['bridge', 0],
      ['host', 9100],
    ]);
  });

  const refusals = [
    {
      name: 'more than 100 tasks',
      command: async () => ecs.send(new DescribeTasksCommand({ cluster, tasks: (await taskArns()).slice(0, 101) })),
      expected: 'InvalidParameterException: tasks can have at most 100 items, found 101.',
    },
    {
      name: 'no tasks',
      command: () => ecs.send(new DescribeTasksCommand({ cluster, tasks: [] })),
      expected: 'InvalidParameterException: tasks cannot be empty.',
    },
    {
      name: 'another cluster',
      command: () => ecs.send(new ListTasksCommand({ cluster: 'elsewhere' })),
      expected: 'ClusterNotFoundException: Cluster not found.',
    },
    {
      name: 'a task definition that is not there',
      command: () => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'family-0:2' })),
      expected: 'ClientException: Unable to describe task definition.',
    },
  ];
  it.each(refusals)('refuses $name', async ({ command, expected }) => {
    expect(await failureOf(command())).toBe(expected);
  });

  it('leads from a task in host mode to the address of its instance', async () => {
    const task = [...fleet.tasks.values()].find(({ family }) => family.mode === 'host');
    const [described] = (await ecs.send(new DescribeTasksCommand({ cluster, tasks: [task?.id ?? ''] }))).tasks ?? [];
    const containerInstances = [described?.containerInstanceArn ?? ''];
    const found = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }));
    const Values = [found.containerInstances?.[0]?.ec2InstanceId ?? ''];
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values }] }),
    );
    expect(Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress).toBe(task?.ip);
  });

  it('lists services in pages of 10', async () => {
    const { serviceArns = [], nextToken } = await ecs.send(new ListServicesCommand({ cluster }));
    expect([serviceArns.length, nextToken]).toEqual([10, '10']);
  });
});

describe('EC2', () => {
  it('gives instances in pages', async () => {
    const first = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    const next = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: first.NextToken }));
    const idsOf = (answer: typeof first) =>
      (answer.Reservations ?? []).flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    expect([...idsOf(first), ...idsOf(next)]).toEqual([...fleet.instances.keys()].slice(0, 10));
  });
});

describe('S3', () => {
  const put = (Key: string, Body: string, condition: object = {}) =>
    s3.send(
      new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(Body), Metadata: { nonce: Body }, ...condition }),
    );

  it('keeps objects with their metadata and lists them by prefix', async () => {
    const { ETag } = await put('state/a b/1', 'one');
    await put('state/a b/2', 'two');
    await put('plans/3', 'three');
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'state/a b/1' }));
    expect([await object.Body?.transformToString(), object.ETag, object.Metadata]).toEqual([
      'one',
      ETag,
      { nonce: 'one' },
    ]);
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'plans/3' }));
    expect([head.ContentLength, head.Metadata]).toEqual([5, { nonce: 'three' }]);
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'state/', MaxKeys: 1 }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['state/a b/1']);
    const ContinuationToken = page.NextContinuationToken;
    const rest = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'state/', ContinuationToken }));
    expect([rest.Contents?.map(({ Key }) => Key), rest.IsTruncated]).toEqual([['state/a b/2'], false]);
  });

  it('writes on condition', async () => {
    const { ETag = '' } = await put('conditional', 'one', { IfNoneMatch: '*' });
    const lost = 'PreconditionFailed: At least one of the pre-conditions you specified did not hold';
    expect(await failureOf(put('conditional', 'two', { IfNoneMatch: '*' }))).toBe(lost);
    expect(await failureOf(put('conditional', 'two', { IfMatch: '"other"' }))).toBe(lost);
    expect(await failureOf(put('missing', 'two', { IfMatch: ETag }))).toBe(
      'NoSuchKey: The specified key does not exist.',
    );
    expect(await failureOf(put('conditional', 'two', { IfMatch: ETag }))).toBe('no error');
  });
});

describe('SQS', () => {
  const send = (bodies: readonly string[], DelaySeconds = 0) => {
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody, DelaySeconds }));
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: `${aws.url}/000000000000/shards`, Entries }));
  };

  it('keeps messages until they are taken', async () => {
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'shards' }))).QueueUrl).toBe(
      `${aws.url}/000000000000/shards`,
    );
    await send(['one', 'two'], 15);
    expect(aws.takeMessages().map(({ body, delaySeconds }) => [body, delaySeconds])).toEqual([
      ['one', 15],
      ['two', 15],
    ]);
    expect(aws.takeMessages()).toEqual([]);
  });

  const refusals = [
    { name: 'nothing', bodies: [], expected: 'EmptyBatchRequest: There should be at least one entry.' },
    {
      name: '11 messages',
      bodies: Array.from({ length: 11 }, () => 'x'),
      expected: 'TooManyEntriesInBatchRequest: At most 10 entries are permitted, found 11.',
    },
    {
      name: 'more than 256 KiB together',
      bodies: ['x'.repeat(131_072), 'x'.repeat(131_073)],
      expected: 'BatchRequestTooLong: Batch requests cannot be longer than 262144 bytes, found 262145.',
    },
  ];
  it.each(refusals)('refuses $name', async ({ bodies, expected }) => {
    expect(await failureOf(send(bodies))).toBe(expected);
    expect(aws.takeMessages()).toEqual([]);
  });

  it('refuses a message that XML could not hold, and takes the others', async () => {
    const { Failed = [] } = await send(['good', 'bad \uffff']);
    expect(Failed.map(({ Id, Code }) => [Id, Code])).toEqual([['1', 'InvalidMessageContents']]);
    expect(aws.takeMessages().map(({ body }) => body)).toEqual(['good']);
  });
});

describe('SSM', () => {
  it('keeps versions and lists ten parameters a page', async () => {
    const put = (Name: string, Value: string, Overwrite: boolean) =>
      ssm.send(new PutParameterCommand({ Name, Value, Overwrite, Type: 'String' }));
    for (let i = 0; i < 11; i++) await put(`/path/${i}`, `value ${i}`, false);
    expect((await put('/path/0', 'newer', true)).Version).toBe(2);
    expect(await failureOf(put('/path/0', 'newest', false))).toBe(
      'ParameterAlreadyExists: The parameter already exists.',
    );
    const page = await ssm.send(new GetParametersByPathCommand({ Path: '/path', Recursive: true }));
    expect([page.Parameters?.length, page.Parameters?.[0]?.Value, page.NextToken]).toEqual([10, 'newer', '10']);
    const Names = ['/path/0:1', '/path/0', '/path/99'];
    const { Parameters, InvalidParameters } = await ssm.send(new GetParametersCommand({ Names }));
    expect(Parameters?.map(({ Value }) => Value)).toEqual(['value 0', 'newer']);
    expect(InvalidParameters).toEqual(['/path/99']);
  });
});

describe('STS', () => {
  it('gives credentials under which calls are counted, until they expire', async () => {
    let sessionMs: number | undefined;
    const own = await startAws({ fleet, region, queueName: 'shards', seed: 1, sessionMs: () => sessionMs });
    onTestFinished(() => own.stop());
    const role = 'arn:aws:iam::111111111111:role/discover';
    const assume = async () => {
      const body = new URLSearchParams({ Action: 'AssumeRole', RoleArn: role, DurationSeconds: '900' });
      const authorization = 'AWS4-HMAC-SHA256 Credential=tester/20260101/eu-west-1/sts/aws4_request';
      const answer = await (await fetch(own.url, { method: 'POST', body, headers: { authorization } })).text();
      const read = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(answer)?.[1] ?? '';
      return { accessKeyId: read('AccessKeyId'), secretAccessKey: 'placeholder', sessionToken: read('SessionToken') };
    };
    const list = (credentials: Awaited<ReturnType<typeof assume>>) =>
      new ECSClient({ endpoint: own.url, region, credentials, maxAttempts: 1 }).send(new ListTasksCommand({ cluster }));
    await list(await assume());
    expect(own.takeCalls().map(({ operation, caller }) => [operation, caller])).toEqual([
      ['AssumeRole', 'tester'],
      ['ListTasks', role],
    ]);
    sessionMs = 0;
    const expired = 'ExpiredTokenException: The security token included in the request is expired';
    expect(await failureOf(list(await assume()))).toBe(expired);
  });
});

describe('a fault', () => {
  const list = () => ecs.send(new ListTasksCommand({ cluster }));

  it('meets as many calls as it says', async () => {
    onTestFinished(aws.addFault({ service: 'ecs', operation: 'ListTasks', effect: 'throttled', times: 2 }));
    const outcomes = [await failureOf(list()), await failureOf(list()), await failureOf(list())];
    expect(outcomes).toEqual(['ThrottlingException: Rate exceeded', 'ThrottlingException: Rate exceeded', 'no error']);
  });

  it('meets a share of the calls', async () => {
    onTestFinished(aws.addFault({ service: 'ecs', effect: 'throttled', rate: 0.3 }));
    const outcomes: string[] = [];
    for (let call = 0; call < 60; call++) outcomes.push(await failureOf(list()));
    const met = outcomes.filter((outcome) => outcome !== 'no error').length;
    expect(met).toBeGreaterThan(8);
    expect(met).toBeLessThan(30);
  });

  it('meets one cluster, until it is ended', async () => {
    const end = aws.addFault({ cluster, effect: 'access_denied' });
    const expected = 'AccessDeniedException: User is not authorized to perform: ecs:ListTasks';
    expect(await failureOf(list())).toBe(expected);
    end();
    expect(await failureOf(list())).toBe('no error');
  });

  const errors = [
    {
      effect: { effect: 'throttled' },
      call: () => ec2.send(new DescribeInstancesCommand({})),
      name: 'RequestLimitExceeded',
    },
    {
      effect: { effect: 'access_denied' },
      call: () => ec2.send(new DescribeInstancesCommand({})),
      name: 'UnauthorizedOperation',
    },
    {
      effect: { effect: 'throttled' },
      call: () => s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' })),
      name: 'SlowDown',
    },
    {
      effect: { effect: 'expired_token' },
      call: () => s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' })),
      name: 'ExpiredToken',
    },
    {
      effect: { effect: 'conflict', status: 409 },
      call: () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'x' })),
      name: 'ConditionalRequestConflict',
    },
    {
      effect: { effect: 'conflict', status: 412 },
      call: () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'x' })),
      name: 'PreconditionFailed',
    },
  ] as const;
  it.each(errors)('is an error of its service: $name', async ({ effect, call, name }) => {
    onTestFinished(aws.addFault(effect));
    expect((await failureOf(call())).split(':')[0]).toBe(name);
  });

  it('loses the answer of what was done', async () => {
    onTestFinished(aws.addFault({ operation: 'PutObject', effect: 'lost_response', times: 1 }));
    const lost = s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'lost', Body: 'x' }));
    expect(await failureOf(lost)).not.toBe('no error');
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'lost' }));
    expect(ContentLength).toBe(1);
  });
});

it('shows a task that has stopped no more', async () => {
  const task = startTask(fleet, fleet.families[0]!, 'RUNNING');
  const isListed = async () => (await taskArns()).some((arn) => arn.endsWith(task.id));
  expect(await isListed()).toBe(true);
  stopTask(fleet, task);
  expect(await isListed()).toBe(false);
});
