import type { TemplatePart } from './template-part.ts';

/** What a source account shares. Source: CloudWatch Observability Access Manager. */
const RESOURCE_TYPES = ['AWS::CloudWatch::Metric', 'AWS::Logs::LogGroup'] as const;

const SINK_PARAMETER = 'MonitoringSinkArn';

/**
 * The source account's side: shares the metrics of one namespace and the log group of their documents with the
 * monitoring account, once the ARN of its sink is given. An account has one link to a sink.
 */
export function renderObservabilityLink(shared: {
  readonly namespace: string;
  readonly logGroupName: string;
}): TemplatePart {
  const Properties = {
    SinkIdentifier: { Ref: SINK_PARAMETER },
    LabelTemplate: '$AccountName',
    ResourceTypes: RESOURCE_TYPES,
    LinkConfiguration: {
      MetricConfiguration: { Filter: `Namespace IN (${quoted(shared.namespace)})` },
      LogGroupConfiguration: { Filter: `LogGroupName IN (${quoted(shared.logGroupName)})` },
    },
  };
  return {
    Parameters: {
      [SINK_PARAMETER]: {
        Type: 'String',
        Default: '',
        Description: 'ARN of the sink in the monitoring account; empty: metrics are not shared',
      },
    },
    Conditions: { SharesMetrics: isGiven(SINK_PARAMETER) },
    Resources: { ObservabilityLink: { Type: 'AWS::Oam::Link', Condition: 'SharesMetrics', Properties } },
  };
}

/** @throws {Error} for a name that no filter can hold. */
function quoted(name: string): string {
  if (name.includes("'"))
    throw new Error(`expected a name without ', which an observability link cannot filter, found ${name}`);
  return `'${name}'`;
}

/** The monitoring account's side: a sink that the given accounts, or those of an organization, may link to. */
export function renderObservabilitySink(): TemplatePart {
  return {
    Parameters: {
      SourceAccountIds: {
        Type: 'String',
        Default: '',
        AllowedPattern: '([0-9]{12}(,[0-9]{12})*)?',
        Description: 'Accounts that may share their metrics, separated by commas',
      },
      OrganizationId: {
        Type: 'String',
        Default: '',
        AllowedPattern: '(o-[a-z0-9]{10,32})?',
        Description: 'Organization whose accounts may share their metrics, such as o-a1b2c3d4e5',
      },
    },
    Rules: {
      SomebodyMayLink: {
        Assertions: [
          {
            Assert: { 'Fn::Or': [isGiven('SourceAccountIds'), isGiven('OrganizationId')] },
            AssertDescription: 'Give SourceAccountIds or OrganizationId; without them nobody may link to the sink',
          },
        ],
      },
    },
    Conditions: {
      TrustsAccounts: isGiven('SourceAccountIds'),
      TrustsOrganization: isGiven('OrganizationId'),
    },
    Resources: { ObservabilitySink: { Type: 'AWS::Oam::Sink', Properties: sinkProperties() } },
    Outputs: {
      SinkArn: {
        Description: `The ${SINK_PARAMETER} of source accounts`,
        Value: { 'Fn::GetAtt': ['ObservabilitySink', 'Arn'] },
      },
    },
  };
}

function sinkProperties() {
  const allow = (Principal: unknown, condition: Readonly<Record<string, unknown>>) => ({
    Effect: 'Allow',
    Principal,
    Action: ['oam:CreateLink', 'oam:UpdateLink'],
    Resource: '*',
    Condition: { 'ForAllValues:StringEquals': { 'oam:ResourceTypes': RESOURCE_TYPES }, ...condition },
  });
  const organization = { 'ForAnyValue:StringEquals': { 'aws:PrincipalOrgID': { Ref: 'OrganizationId' } } };
  const statement = (condition: string, value: unknown) => ({ 'Fn::If': [condition, value, { Ref: 'AWS::NoValue' }] });
  return {
    Name: 'prom-emf',
    Policy: {
      Version: '2012-10-17',
      Statement: [
        statement('TrustsAccounts', allow({ AWS: { 'Fn::Split': [',', { Ref: 'SourceAccountIds' }] } }, {})),
        statement('TrustsOrganization', allow('*', organization)),
      ],
    },
  };
}

function isGiven(parameter: string) {
  return { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, ''] }] };
}
