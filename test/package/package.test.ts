import { beforeAll, describe, expect, test } from 'vitest';
import {
  bundleFiles,
  FUNCTIONS,
  type FunctionName,
  importHandler,
  type PackagedService,
  packageService,
} from './packaged-service.ts';
import { type Resolved, resolveTemplate } from './resolved-template.ts';

const PACKAGING_MS = 120_000;

let service: PackagedService;
let resolved: Resolved;
beforeAll(async () => {
  service = await packageService();
  resolved = resolveTemplate(service.template);
}, PACKAGING_MS);

function properties(logicalId: string) {
  const resource = service.template.Resources[logicalId];
  if (resource === undefined) throw new Error(`the template has no resource ${logicalId}`);
  return resource.Properties;
}

function functionProperties(name: FunctionName) {
  return properties(`${capitalised(name)}LambdaFunction`);
}

function capitalised(name: FunctionName): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function logicalIdsOf(type: string): string[] {
  return Object.entries(service.template.Resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []));
}

describe('functions', () => {
  test('are exactly config, discover and scrape', () => {
    expect(logicalIdsOf('AWS::Lambda::Function').map((id) => properties(id).FunctionName)).toEqual(
      FUNCTIONS.map((name) => `prom-emf-dev-${name}`),
    );
  });

  test.each(FUNCTIONS)('%s runs on nodejs24.x and arm64', (name) => {
    expect(functionProperties(name)).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  });

  test.each(FUNCTIONS)('%s logs text: JSON would wrap every EMF document', (name) => {
    expect(functionProperties(name).LoggingConfig.LogFormat).toBe('Text');
  });

  test.each(FUNCTIONS)('%s has plain strings for environment, but for the group that the stack may make', (name) => {
    const { SCRAPE_SECURITY_GROUPS, ...variables } = functionProperties(name).Environment.Variables;
    expect(Object.values(variables).filter((value) => typeof value !== 'string')).toEqual([]);
    expect(JSON.stringify(variables)).not.toContain('${');
  });

  test.each([
    {
      name: 'config',
      variables: {
        DOCUMENTS_PREFIX: '/prom-emf/dev',
        BUCKET_PREFIX: 'prom-emf-dev',
        SCRAPE_SECURITY_GROUPS: 'ScrapeSecurityGroup.GroupId',
      },
    },
    {
      name: 'discover',
      variables: {
        DOCUMENTS_PREFIX: '/prom-emf/dev',
        BUCKET_PREFIX: 'prom-emf-dev',
        QUEUE_NAME: 'prom-emf-dev-shards',
        CLUSTERS: 'name-of-your-cluster',
        REMOTE_CLUSTERS: '[]',
        SELF_METRICS: 'stage',
        SITES: '[]',
      },
    },
    {
      name: 'scrape',
      variables: {
        BUCKET_PREFIX: 'prom-emf-dev',
        ALLOWED_NETWORKS: '',
        PEER_RANGES: '',
        SINK: 'stdout',
        SELF_METRICS: 'stage',
        LOG_RETENTION_DAYS: '14',
        NODE_OPTIONS: '--max-semi-space-size=16',
      },
    },
  ] as const)('$name gets its settings and no others', ({ name, variables }) => {
    const { Properties } = resolved.Resources[`${capitalised(name)}LambdaFunction`];
    expect(Properties.Environment.Variables).toEqual({ STAGE: 'dev', ...variables });
  });

  test('only scrape is in the VPC', () => {
    expect(functionProperties('config')).not.toHaveProperty('VpcConfig');
    expect(functionProperties('discover')).not.toHaveProperty('VpcConfig');
    expect(functionProperties('scrape').VpcConfig).toMatchObject({
      SubnetIds: expect.anything(),
      SecurityGroupIds: expect.anything(),
    });
  });

  test.each(FUNCTIONS)('%s has an archive of its bundle alone, which imports', async (name) => {
    const archive = service.archives[name];
    const folder = `dist/functions/${name}`;
    expect([...archive.keys()].sort()).toEqual(bundleFiles(name));
    const { Handler } = functionProperties(name);
    expect(Handler).toBe(`${folder}/handler.handler`);
    expect(await importHandler(archive, Handler)).toBe('function');
  });

  test('keep their logs for a time', () => {
    const groups = logicalIdsOf('AWS::Logs::LogGroup').map(properties);
    expect(groups.map(({ LogGroupName }) => LogGroupName)).toEqual(
      FUNCTIONS.map((name) => `/aws/lambda/prom-emf-dev-${name}`),
    );
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBe(14);
  });
});

describe('ticks', () => {
  test('carry the scheduled time, once a minute', () => {
    const { ScheduleExpression, Target } = properties('DiscoverSchedulerSchedule1');
    expect(ScheduleExpression).toBe('rate(1 minute)');
    expect(JSON.parse(Target.Input)).toEqual({ scheduled_time: '<aws.scheduler.scheduled-time>' });
    expect(Target.Arn).toEqual({ 'Fn::GetAtt': ['DiscoverLambdaFunction', 'Arn'] });
    expect(Target.RoleArn).toEqual({ 'Fn::GetAtt': ['SchedulerRole', 'Arn'] });
  });

  test('are repeated neither by the Scheduler nor by Lambda', () => {
    expect(properties('DiscoverSchedulerSchedule1').Target.RetryPolicy.MaximumRetryAttempts).toBe(0);
    expect(properties('DiscoverLambdaEvConf')).toMatchObject({
      FunctionName: { Ref: 'DiscoverLambdaFunction' },
      MaximumRetryAttempts: 0,
    });
  });

  test('end before the next one', () => {
    expect(functionProperties('discover').Timeout).toBeLessThan(60);
    expect(functionProperties('scrape').Timeout).toBeLessThan(60);
  });
});

describe('queues', () => {
  const mappings = () =>
    logicalIdsOf('AWS::Lambda::EventSourceMapping').map(
      (id) => properties(id) as { EventSourceArn: { 'Fn::GetAtt': [string, string] }; Enabled: boolean },
    );

  test('hand scrape one message at a time and take its failures one by one', () => {
    expect(mappings().find(({ EventSourceArn }) => EventSourceArn['Fn::GetAtt'][0] === 'ShardQueue')).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('hand discover the events of ECS by the hundred, if at all', () => {
    expect(mappings().map(({ EventSourceArn, Enabled }) => [EventSourceArn['Fn::GetAtt'][0], Enabled])).toEqual([
      ['TaskEventQueue', true],
      ['ShardQueue', true],
    ]);
    expect(properties('TaskEventQueue').VisibilityTimeout).toBe(6 * functionProperties('discover').Timeout);
  });

  test('hide a message for six times as long as scrape may run', () => {
    expect(properties('ShardQueue').VisibilityTimeout).toBe(6 * functionProperties('scrape').Timeout);
  });

  test('make a poison message a dead letter before its retention ends, a delay of 45 s included', () => {
    const { MessageRetentionPeriod, VisibilityTimeout, RedrivePolicy } = properties('ShardQueue');
    expect(MessageRetentionPeriod).toBe(600);
    expect(RedrivePolicy.deadLetterTargetArn).toEqual({ 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] });
    expect(45 + RedrivePolicy.maxReceiveCount * VisibilityTimeout).toBeLessThan(MessageRetentionPeriod - 60);
  });

  test('keep dead letters for 14 days', () => {
    expect(properties('DeadLetterQueue').MessageRetentionPeriod).toBe(14 * 24 * 3600);
  });

  test('are encrypted', () => {
    for (const id of logicalIdsOf('AWS::SQS::Queue')) expect(properties(id).SqsManagedSseEnabled).toBe(true);
  });

  test('have the name that discover sends to', () => {
    expect(functionProperties('discover').Environment.Variables.QUEUE_NAME).toBe(properties('ShardQueue').QueueName);
  });
});

describe('buckets', () => {
  test('are encrypted and closed to the public', () => {
    const buckets = logicalIdsOf('AWS::S3::Bucket');
    expect(buckets).toEqual(['ServerlessDeploymentBucket', 'Bucket']);
    for (const id of buckets) {
      expect(properties(id)).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
    }
  });

  test('have the name that the functions make of BUCKET_PREFIX', () => {
    const { BUCKET_PREFIX } = functionProperties('scrape').Environment.Variables;
    const name = `${BUCKET_PREFIX}-\${AWS::AccountId}-\${AWS::Region}`;
    expect(properties('Bucket').BucketName).toEqual({ 'Fn::Sub': name });
  });

  test('notify config of compose files that come and go, and of nothing else', () => {
    const { Properties } = resolved.Resources.Bucket;
    const Filter = { S3Key: { Rules: [{ Name: 'prefix', Value: 'compose/' }] } };
    expect(Properties.NotificationConfiguration).toEqual({
      LambdaConfigurations: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'].map((Event) => ({
        Event,
        Function: 'ConfigLambdaFunction.Arn',
        Filter,
      })),
    });
  });

  test('may invoke config only for this bucket of this account, and before they are told to', () => {
    expect(logicalIdsOf('AWS::Lambda::Permission')).toEqual(['UploadPermission']);
    expect(properties('UploadPermission')).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': ['ConfigLambdaFunction', 'Arn'] },
      Principal: 's3.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${properties('Bucket').BucketName['Fn::Sub']}` },
    });
    // A reference is what makes CloudFormation wait.
    expect(JSON.stringify(properties('Bucket').NotificationConfiguration)).toContain('${UploadPermission}');
  });

  test('expire state and secrets alone: no rule that deletes objects reaches plans/ or documents/', () => {
    type Rule = { readonly Id: string; readonly Prefix?: string };
    const rules: readonly Rule[] = properties('Bucket').LifecycleConfiguration.Rules;
    const deleting = rules.filter((rule) => Object.keys(rule).some((key) => /Expiration|Transition/.test(key)));
    expect(deleting).toEqual([
      expect.objectContaining({ Prefix: 'state/', ExpirationInDays: 30 }),
      expect.objectContaining({ Prefix: 'secrets/', ExpirationInDays: 1 }),
    ]);
  });

  test('abort uploads that were never finished', () => {
    expect(properties('Bucket').LifecycleConfiguration.Rules).toContainEqual(
      expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
    );
  });

  test('refuse plain HTTP', () => {
    for (const id of logicalIdsOf('AWS::S3::BucketPolicy')) {
      const [statement] = properties(id).PolicyDocument.Statement;
      expect(statement).toMatchObject({ Effect: 'Deny', Principal: '*', Action: 's3:*' });
      expect(String(statement.Condition.Bool['aws:SecureTransport'])).toBe('false');
    }
  });
});

test('the template names no partition', () => {
  expect(JSON.stringify(service.template)).not.toContain('arn:aws');
});

describe('parameters', () => {
  let given: PackagedService;
  beforeAll(async () => {
    const parameters = {
      clusters: 'prod,tools@eu-west-2',
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: 'subnet-0a1b2c3d4e5f60718,subnet-08f7e6d5c4b3a2910',
      routeTables: 'rtb-0a1b2c3d4e5f60718',
      securityGroup: 'sg-0a1b2c3d4e5f60718',
      s3PrefixList: 'pl-0a1b2c3d',
      peerRanges: '192.0.2.0/24',
      allowedNetworks: '10.0.0.0/8,100.64.0.0/10',
      logGroup: '/aws/ecs/containerinsights/prod/prometheus',
      secrets:
        'arn:x:ssm:eu-west-1:123456789012:parameter/a/*,arn:x:secretsmanager:eu-west-1:123456789012:secret:a-??????',
      logRetentionDays: '30',
      sink: 'logs',
      selfMetrics: 'family',
    };
    const params = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
    given = await packageService(['--stage', 'prod', ...params]);
  }, PACKAGING_MS);

  test('reach the functions of their stage', () => {
    const { DiscoverLambdaFunction, ScrapeLambdaFunction, ScrapeLogGroup } = given.template.Resources;
    expect(DiscoverLambdaFunction?.Properties.Environment.Variables).toMatchObject({
      STAGE: 'prod',
      DOCUMENTS_PREFIX: '/prom-emf/prod',
      QUEUE_NAME: 'prom-emf-prod-shards',
      CLUSTERS: 'prod,tools@eu-west-2',
      SELF_METRICS: 'family',
    });
    expect(ScrapeLambdaFunction?.Properties.Environment.Variables).toEqual({
      STAGE: 'prod',
      BUCKET_PREFIX: 'prom-emf-prod',
      ALLOWED_NETWORKS: '10.0.0.0/8,100.64.0.0/10',
      PEER_RANGES: '192.0.2.0/24',
      SINK: 'logs',
      SELF_METRICS: 'family',
      LOG_RETENTION_DAYS: '30',
      NODE_OPTIONS: '--max-semi-space-size=16',
    });
    expect(ScrapeLogGroup?.Properties).toEqual({
      LogGroupName: '/aws/lambda/prom-emf-prod-scrape',
      RetentionInDays: 30,
    });
  });

  test('have types that ask AWS only for what is always needed: a placeholder of anything else is no harm', () => {
    const parameters = Object.entries(given.template.Parameters ?? {});
    expect(parameters.flatMap(([name, { Type }]) => (Type.includes('AWS::') ? [name] : []))).toEqual(['Subnets']);
  });

  test('are the defaults of those of the template', () => {
    const defaults = Object.entries(given.template.Parameters ?? {}).map(([name, { Default }]) => [name, Default]);
    expect(Object.fromEntries(defaults)).toEqual({
      ...{
        SelfMetrics: 'family',
        Alarms: 'on',
        AlarmTopic: '',
        HeartbeatMinutes: 15,
        MaxTargetsDown: 0,
        Dashboard: 'off',
      },
      ...{ ClusterRoles: '', TaskEvents: 'off' },
      Vpc: 'vpc-0a1b2c3d4e5f60718',
      Subnets: 'subnet-0a1b2c3d4e5f60718,subnet-08f7e6d5c4b3a2910',
      RouteTables: 'rtb-0a1b2c3d4e5f60718',
      SecurityGroup: 'sg-0a1b2c3d4e5f60718',
      S3PrefixList: 'pl-0a1b2c3d',
      PeerRanges: '192.0.2.0/24',
      Secrets: expect.stringMatching(/^arn:x:ssm:/),
      LogGroup: '/aws/ecs/containerinsights/prod/prometheus',
      Sink: 'logs',
      Discover: 'on',
      SiteBuckets: '',
      SiteQueues: '',
    });
  });

  test('refuse a sink that there is not', { timeout: PACKAGING_MS }, async () => {
    const stdout = expect.stringMatching(/scrape.*SINK": Value not found/);
    await expect(packageService(['--param=sink=file'])).rejects.toMatchObject({ stdout });
  });

  test('limit discover to the clusters they name', () => {
    const [policy] = resolveTemplate(given.template).Resources.DiscoverRole.Properties.Policies;
    type Statement = { readonly Condition?: { readonly ArnLike?: Readonly<Record<string, readonly string[]>> } };
    const statements: readonly Statement[] = policy.PolicyDocument.Statement;
    const patterns = statements.flatMap(({ Condition }) => Condition?.ArnLike?.['ecs:cluster'] ?? []);
    expect(patterns).toEqual(expect.arrayContaining(['arn:*:ecs:*:*:cluster/prod', 'arn:*:ecs:*:*:cluster/tools']));
    expect(patterns).toHaveLength(3);
  });
});
