import { beforeAll, describe, expect, test } from 'vitest';
import { FUNCTIONS, type FunctionName, packageService } from './packaged-service.ts';
import { type Resolved, resolveTemplate, type Template } from './resolved-template.ts';
import { sdkActions } from './sdk-calls.ts';

type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
/** One action on one resource, with what it is limited by. */
type Grant = readonly [action: string, resource: string, condition?: string];

const PACKAGING_MS = 120_000;
const ROLES = { config: 'ConfigRole', discover: 'DiscoverRole', scrape: 'ScrapeRole' } as const;

let template: Template;
let byDefault: Resolved;
beforeAll(async () => {
  ({ template } = await packageService());
  byDefault = resolveTemplate(template);
}, PACKAGING_MS);

function statementsOf(role: string, { Resources }: Resolved = byDefault): readonly Statement[] {
  type Policy = { readonly PolicyDocument: { readonly Statement: readonly Statement[] } };
  const policies: readonly Policy[] = Resources[role].Properties.Policies;
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

function grantsOf(role: string, effect: 'Allow' | 'Deny' = 'Allow'): readonly Grant[] {
  return statementsOf(role)
    .filter(({ Effect }) => Effect === effect)
    .flatMap(({ Action, Resource, Condition }) =>
      [Action].flat().flatMap((action) =>
        [Resource].flat().map((resource): Grant => {
          const grant = [action, resource] as const;
          return Condition === undefined ? grant : [...grant, conditionOf(Condition)];
        }),
      ),
    );
}

/** `KEY OPERATOR VALUE, VALUE`; several are joined by `and`. */
function conditionOf(condition: NonNullable<Statement['Condition']>): string {
  const terms = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => `${key} ${operator} ${[values].flat().join(', ')}`),
  );
  return terms.join(' and ');
}

const onEach = (actions: readonly string[], resource: string, condition?: string): readonly Grant[] =>
  actions.map((action) => (condition === undefined ? [action, resource] : [action, resource, condition]));

const account = 'eu-west-1:000000000000';
const bucket = 'arn:aws:s3:::prom-emf-dev-000000000000-eu-west-1';
const documents = `arn:aws:ssm:${account}:parameter/prom-emf/dev/*`;
const write = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const receive = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const networkInterfaces = [
  ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
  ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
];
const agentLogGroups = [
  ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy'],
];

describe('roles', () => {
  test('are one for each function and one for the schedule', () => {
    for (const name of FUNCTIONS) expect(functionOf(name).Role).toBe(`${ROLES[name]}.Arn`);
    const ids = Object.entries(byDefault.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    expect(ids.map(([id]) => id)).toEqual([...Object.values(ROLES), 'SchedulerRole']);
  });

  test('have no policies but their own', () => {
    for (const { Type, Properties } of Object.values(byDefault.Resources)) {
      expect(Type).not.toMatch(/^AWS::IAM::(?!Role$)/);
      if (Type === 'AWS::IAM::Role') expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  test.each<{ readonly role: string; readonly grants: readonly Grant[] }>([
    {
      role: 'ConfigRole',
      grants: [
        ...onEach(write, 'ConfigLogGroup.Arn'),
        ...onEach(['ssm:GetParametersByPath', 'ssm:GetParameters'], documents),
        ...onEach(['ssm:PutParameter', 'ssm:DeleteParameters'], documents),
        ['s3:GetObject', `${bucket}/compose/*`],
        ...onEach(['s3:GetObject', 's3:PutObject'], `${bucket}/documents/*`),
        ['s3:ListBucket', bucket, 's3:prefix StringLike compose/*, documents/*'],
      ],
    },
    {
      role: 'DiscoverRole',
      grants: [
        ...onEach(write, 'DiscoverLogGroup.Arn'),
        ...onEach(['ssm:GetParametersByPath', 'ssm:GetParameters'], documents),
        ['s3:GetObject', 'Bucket.Arn/documents/*'],
        // Outside the path of the documents: config may read that.
        ...['ssm:GetParameters', 'secretsmanager:GetSecretValue'].flatMap((action): readonly Grant[] => [
          [action, `arn:aws:ssm:${account}:parameter/prom-emf-dev-secrets/*`],
          [action, `arn:aws:secretsmanager:${account}:secret:prom-emf-dev-secrets/*`],
        ]),
        ['kms:Decrypt', 'arn:aws:kms:*:*:key/*', 'kms:ViaService StringLike ssm.*, secretsmanager.*'],
        ['s3:PutObject', 'Bucket.Arn/secrets/*'],
        ...onEach(
          ['ecs:ListTasks', 'ecs:DescribeTasks', 'ecs:ListServices', 'ecs:DescribeServices'],
          '*',
          'ecs:cluster ArnLike arn:*:ecs:*:*:cluster/name-of-your-cluster',
        ),
        ['ecs:DescribeContainerInstances', '*', 'ecs:cluster ArnLike arn:*:ecs:*:*:cluster/name-of-your-cluster'],
        // These know neither resources nor a cluster.
        ...onEach(['ecs:DescribeTaskDefinition', 'ec2:DescribeInstances', 'ec2:DescribeSubnets'], '*'),
        ...onEach(['ssm:DescribeInstanceInformation', 'servicediscovery:DiscoverInstances'], '*'),
        ['sts:AssumeRole', 'arn:aws:iam::*:role/prom-emf-dev-discovery'],
        ...['plans/*', 'layouts/*', 'snapshots/*'].flatMap((keys) =>
          onEach(['s3:GetObject', 's3:PutObject'], `Bucket.Arn/${keys}`),
        ),
        ['s3:DeleteObject', 'Bucket.Arn/plans/*'],
        ['s3:GetObject', 'Bucket.Arn/state/*.confirmed'],
        ['s3:ListBucket', 'Bucket.Arn', 's3:prefix StringLike plans/*, layouts/*, snapshots/*, state/*, documents/*'],
        ...onEach(['sqs:GetQueueUrl', 'sqs:SendMessage'], 'ShardQueue.Arn'),
      ],
    },
    {
      role: 'ScrapeRole',
      grants: [
        ...onEach(write, 'ScrapeLogGroup.Arn'),
        ...onEach(receive, 'ShardQueue.Arn'),
        ['s3:GetObject', 'Bucket.Arn/plans/*'],
        ['s3:GetObject', 'Bucket.Arn/secrets/*'],
        ...onEach(['s3:GetObject', 's3:PutObject'], 'Bucket.Arn/state/*'),
        ['s3:ListBucket', 'Bucket.Arn', 's3:prefix StringLike plans/*, secrets/*, state/*'],
        ...onEach(networkInterfaces, '*'),
      ],
    },
    { role: 'SchedulerRole', grants: [['lambda:InvokeFunction', 'DiscoverLambdaFunction.Arn']] },
  ])('$role allows this on these resources and nothing else', ({ role, grants }) => {
    expect(listed(grantsOf(role))).toEqual(listed(grants));
  });

  test('deny the code of scrape what Lambda does in its name, and the log groups of an agent', () => {
    const groups = ['prometheus', 'prometheus:*'].map(
      (group) => `arn:aws:logs:${account}:log-group:/aws/ecs/containerinsights/*/${group}`,
    );
    const function_ = `arn:aws:lambda:${account}:function:prom-emf-dev-scrape`;
    expect(grantsOf('ScrapeRole', 'Deny')).toEqual([
      ...agentLogGroups.flatMap((action) => groups.map((group): Grant => [action, group])),
      ...onEach(networkInterfaces, '*', `lambda:SourceFunctionArn ArnEquals ${function_}`),
    ]);
    for (const role of ['ConfigRole', 'DiscoverRole', 'SchedulerRole']) expect(grantsOf(role, 'Deny')).toEqual([]);
  });

  test('let scrape write the log groups of an agent when the sink is logs', () => {
    const [statement] = statementsOf('ScrapeRole', resolveTemplate(template, { Sink: 'logs' })).filter(
      ({ Sid }) => Sid === 'WriteAgentLogGroups',
    );
    expect(statement).toMatchObject({ Effect: 'Allow', Action: agentLogGroups });
  });

  test('let discover receive the events of ECS when there are any', () => {
    const [statement] = statementsOf('DiscoverRole', resolveTemplate(template, { TaskEvents: 'on' })).filter(
      ({ Sid }) => Sid === 'ReceiveTaskEvents',
    );
    expect(statement).toMatchObject({ Effect: 'Allow', Action: receive, Resource: 'TaskEventQueue.Arn' });
  });

  test('limit discover to the roles that the parameter names', () => {
    const ClusterRoles = 'arn:x:iam::000000000000:role/a,arn:x:iam::000000000000:role/b';
    const [statement] = statementsOf('DiscoverRole', resolveTemplate(template, { ClusterRoles })).filter(
      ({ Sid }) => Sid === 'AssumeClusterRoles',
    );
    expect(statement?.Resource).toEqual(ClusterRoles.split(','));
  });

  test('limit discover to the secrets that the parameter names', () => {
    const Secrets =
      'arn:x:ssm:eu-west-1:000000000000:parameter/a/*,arn:x:secretsmanager:eu-west-1:000000000000:secret:a-??????';
    const [statement] = statementsOf('DiscoverRole', resolveTemplate(template, { Secrets })).filter(
      ({ Sid }) => Sid === 'ReadSecrets',
    );
    expect(statement?.Resource).toEqual(Secrets.split(','));
  });

  test('are assumed by the service they are for alone', () => {
    for (const [name, service] of [
      ...Object.values(ROLES).map((role) => [role, 'lambda'] as const),
      ['SchedulerRole', 'scheduler'] as const,
    ]) {
      const { Statement } = byDefault.Resources[name].Properties.AssumeRolePolicyDocument;
      expect(Statement).toMatchObject([
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: `${service}.amazonaws.com` } },
      ]);
    }
  });
});

/** What Lambda does in the name of a role, and what only changes an answer: no line of the code calls these. */
const WITHOUT_CALL: Readonly<Record<FunctionName, readonly string[]>> = {
  config: write,
  discover: [...write, ...receive, 'kms:Decrypt'],
  scrape: [
    ...write,
    ...receive,
    ...networkInterfaces,
    // Without it S3 says 403 of a key that does not exist.
    's3:ListBucket',
  ],
};

describe('the code', () => {
  test.each(FUNCTIONS)('of %s calls what its role allows, no less and no more', async (name) => {
    const called = await sdkActions(`functions/${name}.ts`);
    const widest = resolveTemplate(template, { Sink: 'logs', TaskEvents: 'on' });
    const allowed = statementsOf(ROLES[name], widest)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action);
    expect(sorted(allowed)).toEqual(sorted([...called, ...WITHOUT_CALL[name]]));
  });

  test('of scrape calls S3 alone unless the sink is logs, for which its role has rights at CloudWatch Logs', async () => {
    const called = await sdkActions('functions/scrape.ts');
    expect(sorted([...called].map((action) => action.replace(/:.*/, '')))).toEqual(['logs', 's3']);
    expect([...called].filter((action) => action.startsWith('logs:')).sort()).toEqual(agentLogGroups);
  });
});

function functionOf(name: FunctionName) {
  return byDefault.Resources[`${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`].Properties;
}

/** One grant a line, in an order of their own. */
function listed(grants: readonly Grant[]): readonly string[] {
  return grants.map(([action, resource, condition = 'always']) => `${action} on ${resource}: ${condition}`).sort();
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
