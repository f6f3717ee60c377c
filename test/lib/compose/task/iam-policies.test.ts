import { describe, expect, it } from 'vitest';
import type { Compat } from '../../../../lib/compose/family/family.ts';
import { renderAgentPolicies } from '../../../../lib/compose/task/iam-policies.ts';
import { familyOf, settings } from './families.ts';

type Statement = { Sid: string; Action: string[]; Resource: unknown; Condition?: unknown };

const JMX = 'x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}';

function render(service: string, compat?: Compat) {
  const family = familyOf(`services:\n  web: {${service}}\n`, compat, 'agent');
  const part = renderAgentPolicies(family, { ...settings, engine: 'agent', compat });
  const statements = (id: string) =>
    (part!.Resources[id]!.Properties.PolicyDocument as { Statement: Statement[] }).Statement;
  return { part, start: statements('webAgentDocuments'), run: statements('webAgentAccess') };
}

const arn = (rest: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${rest}` });
const here = '${AWS::Region}:${AWS::AccountId}';

describe('the policies of an agent', () => {
  it('let the execution role read the two documents and write the sidecar logs', () => {
    const { part, start } = render(JMX);
    expect(part?.Resources.webAgentDocuments?.Properties.Roles).toEqual([{ Ref: 'webExecutionRole' }]);
    expect(start.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [
        ['ssm:GetParameter*'],
        [
          arn(`ssm:${here}:parameter/prom-emf/dev/prod/web/agent`),
          arn(`ssm:${here}:parameter/prom-emf/dev/prod/web/prometheus`),
        ],
      ],
      [['logs:CreateLogStream', 'logs:PutLogEvents'], arn(`logs:${here}:log-group:/ecs/web:*`)],
    ]);
  });

  it('let the task role discover in its own cluster and write to its own log group', () => {
    const { part, run } = render(JMX);
    expect(part?.Resources.webAgentAccess?.Properties.Roles).toEqual([{ Ref: 'webTaskRole' }]);
    const logGroup = `logs:${here}:log-group:/aws/ecs/containerinsights/prod/prometheus`;
    expect(run[0]?.Resource).toEqual([arn(logGroup), arn(`${logGroup}:*`)]);
    expect(run.find(({ Sid }) => Sid === 'DiscoverTasks')?.Condition).toEqual({
      ArnEquals: { 'ecs:cluster': arn(`ecs:${here}:cluster/prod`) },
    });
  });

  it('let it describe instances on EC2 alone', () => {
    const { part, run } = render(JMX);
    expect(run.at(-1)).toEqual({
      'Fn::If': [
        'webRunsOnEc2',
        { Sid: 'DescribeInstances', Effect: 'Allow', Action: ['ec2:DescribeInstances'], Resource: '*' },
        { Ref: 'AWS::NoValue' },
      ],
    });
    expect(part?.Parameters?.webLaunchType?.Default).toBe('FARGATE');
    expect(render(`network_mode: host, ${JMX}`).part?.Parameters?.webLaunchType?.Default).toBe('EC2');
  });

  it('let EMF go to any log group, and read no second document where nothing is scraped', () => {
    const { start, run } = render('x-monitoring: {CWAgentCollectEmf: true}', 'compose-x');
    expect(run[0]?.Resource).toEqual([arn(`logs:${here}:log-group:*`), arn(`logs:${here}:log-group:*:*`)]);
    expect(start[0]?.Resource).toEqual([arn(`ssm:${here}:parameter/prom-emf/dev/prod/web/agent`)]);
  });

  it('have the actions of Compose-X under compat, and no condition', () => {
    const { part, run } = render(JMX, 'compose-x');
    expect(JSON.stringify(run)).not.toContain('ec2:');
    expect(part?.Conditions).toEqual({});
  });

  it('are not there without an agent', () => {
    expect(renderAgentPolicies(familyOf(`services:\n  web: {${JMX}}\n`), settings)).toBeUndefined();
  });
});
