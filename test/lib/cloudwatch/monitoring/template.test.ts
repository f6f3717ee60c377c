import { describe, expect, it } from 'vitest';
import {
  renderClusterTemplate,
  renderFamilyTemplate,
  renderMonitoringAccountTemplate,
} from '../../../../lib/cloudwatch/monitoring/template.ts';
import { logicalId, renderTemplate, templateFaults } from '../../../../lib/cloudwatch/monitoring/template-part.ts';
import { connectFamily, nginxFamily } from './monitored-families.ts';

describe('renderFamilyTemplate', () => {
  it('needs no parameter unless something refers to one', () => {
    const template = renderFamilyTemplate(connectFamily);
    expect(template).not.toHaveProperty('Parameters');
    expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual([
      'AWS::CloudWatch::Dashboard',
      ...Array(6).fill('AWS::Logs::QueryDefinition'),
    ]);
  });

  it('takes on the parts of others, and parameters that several parts share', () => {
    const scaling = [
      { name: 'a', MetricName: 'nginx_connections_active', Statistic: 'Average' as const, TargetValue: 1 },
    ];
    const family = { ...nginxFamily, scaling, alarms: [{ name: 'Down', Suggested: 'NginxDown' }] };
    const other = { Resources: { Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties: {} } } };
    const template = renderFamilyTemplate(family, [other]);
    expect(Object.keys(template.Parameters ?? {})).toEqual(['ServiceName']);
    expect(Object.keys(template.Resources)).toContain('Policy');
    expect(() => renderFamilyTemplate(family, [other, { Resources: { Dashboard: other.Resources.Policy } }])).toThrow(
      'two parts of a template both define Resources.Dashboard',
    );
  });
});

describe('renderClusterTemplate', () => {
  it('makes nothing but queries unless a sink or a bucket is given', () => {
    const { Parameters = {}, Resources } = renderClusterTemplate(connectFamily);
    expect(Object.entries(Parameters).map(([name, { Default }]) => [name, Default])).toEqual([
      ['MonitoringSinkArn', ''],
      ['ArchiveBucketName', ''],
      ['ArchivePrefix', 'prom-emf'],
    ]);
    const unconditional = Object.values(Resources).filter(({ Condition }) => Condition === undefined);
    expect(new Set(unconditional.map(({ Type }) => Type))).toEqual(new Set(['AWS::Logs::QueryDefinition']));
  });

  it('shares one namespace and one log group with the monitoring account', () => {
    expect(renderClusterTemplate(connectFamily).Resources.ObservabilityLink?.Properties).toMatchObject({
      ResourceTypes: ['AWS::CloudWatch::Metric', 'AWS::Logs::LogGroup'],
      LinkConfiguration: {
        MetricConfiguration: { Filter: "Namespace IN ('ECS/ContainerInsights/Prometheus')" },
        LogGroupConfiguration: { Filter: "LogGroupName IN ('/aws/lambda/prom-emf-dev-scrape')" },
      },
    });
    expect(() => renderClusterTemplate({ ...connectFamily, namespace: "it's" })).toThrow('expected a name without');
  });

  it('archives where Athena looks, and only what is EMF', () => {
    const { ArchiveStream, ArchiveSubscription, ArchiveTable } = renderClusterTemplate(connectFamily).Resources;
    expect(ArchiveSubscription?.Properties.FilterPattern).toBe('{ $._aws.Timestamp > 0 }');
    const { Prefix } = ArchiveStream!.Properties.ExtendedS3DestinationConfiguration as { readonly Prefix: unknown };
    expect(Prefix).toEqual({ 'Fn::Sub': '${ArchivePrefix}/day=!{timestamp:yyyy-MM-dd}/' });
    expect(JSON.stringify(ArchiveTable)).toContain('s3://${ArchiveBucketName}/${ArchivePrefix}/day=${!day}/');
  });
});

describe('renderMonitoringAccountTemplate', () => {
  it('lets given accounts or an organization link, for what is shared and nothing else', () => {
    const { Rules, Resources } = renderMonitoringAccountTemplate();
    expect(Object.keys(Rules ?? {})).toEqual(['SomebodyMayLink']);
    const { Policy } = Resources.ObservabilitySink!.Properties as {
      readonly Policy: { readonly Statement: unknown[] };
    };
    const types = { 'oam:ResourceTypes': ['AWS::CloudWatch::Metric', 'AWS::Logs::LogGroup'] };
    expect(Policy.Statement).toMatchObject([
      {
        'Fn::If': [
          'TrustsAccounts',
          {
            Principal: { AWS: { 'Fn::Split': [',', { Ref: 'SourceAccountIds' }] } },
            Condition: { 'ForAllValues:StringEquals': types },
          },
          { Ref: 'AWS::NoValue' },
        ],
      },
      {
        'Fn::If': [
          'TrustsOrganization',
          {
            Principal: '*',
            Condition: {
              'ForAllValues:StringEquals': types,
              'ForAnyValue:StringEquals': { 'aws:PrincipalOrgID': { Ref: 'OrganizationId' } },
            },
          },
          { Ref: 'AWS::NoValue' },
        ],
      },
    ]);
  });
});

describe('renderTemplate', () => {
  it('keeps an entry that parts share once, and names the id of two that differ', () => {
    const part = (value: string) => ({ Parameters: { A: { Default: value } }, Resources: {} });
    expect(renderTemplate('d', [part('a'), part('a')]).Parameters).toEqual({ A: { Default: 'a' } });
    expect(() => renderTemplate('d', [part('a'), part('b')])).toThrow(
      'two parts of a template both define Parameters.A',
    );
  });

  it('cuts a description that CloudFormation would refuse', () => {
    expect(renderTemplate('d'.repeat(2000), []).Description).toHaveLength(1024);
  });
});

describe('templateFaults', () => {
  const withResources = (count: number, text = '') => {
    const resource = { Type: 'T', Properties: { text } };
    return renderTemplate('d', [
      { Resources: Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, resource])) },
    ]);
  };

  it('finds too many resources and too many bytes', () => {
    expect(templateFaults(withResources(500))).toEqual([]);
    expect(templateFaults(withResources(501))).toEqual([
      'the template has 501 resources, CloudFormation takes 500; write fewer alarms',
    ]);
    expect(templateFaults(withResources(1, 'x'.repeat(1_000_000)))).toEqual([
      expect.stringMatching(/^the template has 1000[0-9]{3} bytes, CloudFormation takes 1000000; /),
    ]);
  });
});

describe('logicalId', () => {
  it.each([
    { name: 'HighHeap', expected: /^AlarmHighHeap$/ },
    { name: 'high-heap', expected: /^Alarmhighheap[0-9a-f]{8}$/ },
    { name: '-', expected: /^Alarm[0-9a-f]{8}$/ },
    { name: 'x'.repeat(1000), expected: /^Alarmx{200}[0-9a-f]{8}$/ },
  ])('is made of $name', ({ name, expected }) => {
    expect(logicalId('Alarm', name)).toMatch(expected);
  });
});
