import { defaultLogGroupName } from '../../cloudwatch/agent-config.ts';
import { boundedName, logicalId, type Resource, type TemplatePart } from '../../cloudwatch/monitoring/template-part.ts';
import type { Family } from '../family/family.ts';
import { hasAgent, isBridged, type SidecarSettings } from './container-definition.ts';

/** A statement of an IAM policy, with CloudFormation's functions. */
type Statement = {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
};

/**
 * What an agent beside the tasks of a family may do, as two policies: the execution role reads its documents, the task
 * role discovers, and writes to its log group. The actions are those of ECS Compose-X, in any partition; instances are
 * described on EC2 alone, which Compose-X forgets. Nothing where no agent runs.
 */
export function renderAgentPolicies(family: Family, settings: SidecarSettings): TemplatePart | undefined {
  if (!hasAgent(settings)) return undefined;
  const prefix = logicalId('', family.logicalName);
  const [taskRole, executionRole] = [`${prefix}TaskRole`, `${prefix}ExecutionRole`];
  const [documents, access] = [`${prefix}AgentDocuments`, `${prefix}AgentAccess`];
  const { Parameters, Conditions, statements } = instanceAccess(prefix, family, settings);
  return {
    Parameters: {
      [taskRole]: roleName(`Name of the task role of ${family.name}`),
      [executionRole]: roleName(`Name of the execution role of ${family.name}`),
      ...Parameters,
    },
    Conditions,
    Resources: {
      [documents]: policy(documents, executionRole, startStatements(family, settings)),
      [access]: policy(access, taskRole, [...runStatements(family, settings), ...statements]),
    },
  };
}

/** Where the task role may describe instances: nowhere in Compose-X. */
function instanceAccess(prefix: string, family: Family, { compat }: SidecarSettings) {
  if (compat !== undefined) return { Parameters: {}, Conditions: {}, statements: [] };
  const [parameter, condition] = [`${prefix}LaunchType`, `${prefix}RunsOnEc2`];
  return {
    Parameters: { [parameter]: launchType(family) },
    Conditions: { [condition]: { 'Fn::Equals': [{ Ref: parameter }, 'EC2'] } },
    statements: [{ 'Fn::If': [condition, INSTANCES, { Ref: 'AWS::NoValue' }] }],
  };
}

/** Source: IAM, PutRolePolicy. */
const MAX_POLICY_NAME = 128;

const INSTANCES: Statement = {
  Sid: 'DescribeInstances',
  Effect: 'Allow',
  Action: ['ec2:DescribeInstances'],
  Resource: '*',
};

/** What ECS does to start the sidecars. */
function startStatements(family: Family, { documents, logGroup }: SidecarSettings): Statement[] {
  const names = family.scrapes ? [documents.agent, documents.prometheus] : [documents.agent];
  return [
    {
      Sid: 'ReadDocuments',
      Effect: 'Allow',
      Action: ['ssm:GetParameter*'],
      Resource: names.map((name) => arn('ssm', `parameter/${name.replace(/^\//, '')}`)),
    },
    {
      Sid: 'WriteOwnLogs',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: arn('logs', `log-group:${logGroup}:*`),
    },
  ];
}

/** What the agent does itself. */
function runStatements(family: Family, { cluster }: SidecarSettings): Statement[] {
  // Applications name the log groups of their EMF themselves.
  const logGroup = `log-group:${family.collectsEmf ? '*' : defaultLogGroupName(cluster)}`;
  return [
    {
      Sid: 'WriteMetrics',
      Effect: 'Allow',
      Action: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:GetLogEvents',
        'logs:PutLogEvents',
        'logs:PutRetentionPolicy',
      ],
      Resource: [arn('logs', logGroup), arn('logs', `${logGroup}:*`)],
    },
    { Sid: 'ReadTaskDefinitions', Effect: 'Allow', Action: ['ecs:DescribeTaskDefinition'], Resource: '*' },
    {
      Sid: 'DiscoverTasks',
      Effect: 'Allow',
      Action: [
        'ecs:DescribeContainerInstances',
        'ecs:DescribeServices',
        'ecs:DescribeTasks',
        'ecs:ListServices',
        'ecs:ListTasks',
      ],
      Resource: '*',
      Condition: { ArnEquals: { 'ecs:cluster': arn('ecs', `cluster/${cluster}`) } },
    },
  ];
}

/** Of this account and region, in any partition. */
function arn(service: string, resource: string) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}` };
}

function policy(name: string, role: string, statements: readonly unknown[]): Resource {
  const PolicyDocument = { Version: '2012-10-17', Statement: statements };
  const Properties = { PolicyName: boundedName(name, MAX_POLICY_NAME), PolicyDocument, Roles: [{ Ref: role }] };
  return { Type: 'AWS::IAM::Policy', Properties };
}

function roleName(description: string) {
  return { Type: 'String', Description: description, AllowedPattern: '[\\w+=,.@-]{1,64}' };
}

/** Bridge and host networks exist on EC2 alone. */
function launchType(family: Family) {
  const isOnEc2 = isBridged(family) || family.services.some(({ networkMode }) => networkMode === 'host');
  return {
    Type: 'String',
    Description: `Launch type of ${family.name}; on EC2 its agent describes instances`,
    AllowedValues: ['FARGATE', 'EC2'],
    Default: isOnEc2 ? 'EC2' : 'FARGATE',
  };
}
