// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of CloudFormation.
import { describe, expect, it } from 'vitest';
import type { WantedAlarm } from '../../../../lib/cloudwatch/monitoring/alarm-settings.ts';
import { lintAlarms, renderAlarms } from '../../../../lib/cloudwatch/monitoring/alarms.ts';
import type { MonitoredFamily } from '../../../../lib/cloudwatch/monitoring/monitored-family.ts';
import { kafdropFamily, nginxFamily } from './monitored-families.ts';

const withAlarms = (family: MonitoredFamily, ...alarms: readonly WantedAlarm[]) => ({ ...family, alarms });
const own: Omit<WantedAlarm, 'name'> = {
  MetricName: 'jvm_threads_current',
  Statistic: 'Average',
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 100,
};

describe('renderAlarms', () => {
  it('gives a suggested alarm with what the user replaces', () => {
    const wanted: WantedAlarm = {
      name: 'Heap',
      Suggested: 'HighHeap',
      Dimensions: { area: 'heap' },
      Threshold: 2e9,
      Topics: [{ 'x-sns': 'connect-alarms' }, 'arn:aws:sns:eu-west-1:123456789012:ops'],
      OkTopics: [{ 'x-sns': 'connect-alarms' }, 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:ops'],
    };
    expect(renderAlarms(withAlarms(kafdropFamily, wanted))).toEqual({
      Parameters: { ConnectAlarmsTopicArn: { Type: 'String', Description: 'ARN of the SNS topic connect-alarms' } },
      Resources: {
        AlarmHeap: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: {
            AlarmName: 'prod-kafdrop-Heap',
            AlarmDescription: 'The heap is nearly full',
            Namespace: 'ECS/ContainerInsights/Prometheus',
            MetricName: 'jvm_memory_bytes_used',
            Dimensions: [
              { Name: 'ClusterName', Value: 'prod' },
              { Name: 'TaskDefinitionFamily', Value: 'kafdrop' },
              { Name: 'area', Value: 'heap' },
            ],
            Period: 60,
            ExtendedStatistic: 'p90',
            ComparisonOperator: 'GreaterThanThreshold',
            Threshold: 2e9,
            EvaluationPeriods: 5,
            TreatMissingData: 'notBreaching',
            AlarmActions: [{ Ref: 'ConnectAlarmsTopicArn' }, 'arn:aws:sns:eu-west-1:123456789012:ops'],
            OKActions: [
              { Ref: 'ConnectAlarmsTopicArn' },
              { 'Fn::Sub': 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:ops' },
            ],
          },
        },
      },
    });
  });

  it('asks for the name of the service where it is a dimension', () => {
    const { Parameters, Resources } = renderAlarms(
      withAlarms(nginxFamily, { name: 'Down', Suggested: 'nginx/NginxDown' }),
    );
    expect(Object.keys(Parameters ?? {})).toEqual(['ServiceName']);
    expect(Resources.AlarmDown?.Properties).toMatchObject({
      Dimensions: [{}, {}, { Name: 'ServiceName', Value: { Ref: 'ServiceName' } }],
      Statistic: 'Minimum',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    });
  });

  it('watches a metric of another account with the dimensions that are written alone', () => {
    const wanted = { ...own, name: 'Other', AccountId: '000000000000', Dimensions: { ClusterName: 'shared' } };
    const { Properties } = renderAlarms(withAlarms(kafdropFamily, wanted)).Resources.AlarmOther!;
    expect(lintAlarms(withAlarms(kafdropFamily, wanted))).toEqual([]);
    expect(Properties).toMatchObject({
      Metrics: [
        {
          Id: 'm1',
          AccountId: '000000000000',
          MetricStat: {
            Metric: {
              Namespace: 'ECS/ContainerInsights/Prometheus',
              MetricName: 'jvm_threads_current',
              Dimensions: [{ Name: 'ClusterName', Value: 'shared' }],
            },
            Period: 60,
            Stat: 'Average',
          },
          ReturnData: true,
        },
      ],
    });
    expect(Object.keys(Properties)).not.toContain('MetricName');
  });

  it('tells alarms apart whose names differ in what CloudFormation refuses', () => {
    const names = ['a-b', 'a_b', 'ab', 'x'.repeat(300)];
    const { Resources } = renderAlarms(withAlarms(kafdropFamily, ...names.map((name) => ({ ...own, name }))));
    expect(Object.keys(Resources)).toHaveLength(4);
    for (const [id, { Properties }] of Object.entries(Resources)) {
      expect(id).toMatch(/^[A-Za-z0-9]{1,255}$/);
      expect(String(Properties.AlarmName).length).toBeLessThanOrEqual(255);
    }
  });

  it('drops the suggested datapoints when the periods are replaced', () => {
    const wanted = { name: 'Down', Suggested: 'NginxDown', EvaluationPeriods: 1 };
    expect(lintAlarms(withAlarms(nginxFamily, wanted))).toEqual([]);
    expect(renderAlarms(withAlarms(nginxFamily, wanted)).Resources.AlarmDown?.Properties).not.toHaveProperty(
      'DatapointsToAlarm',
    );
  });

  it('refuses settings that were not checked', () => {
    expect(() => renderAlarms(withAlarms(kafdropFamily, { name: 'A', Suggested: 'B' }))).toThrow(
      'Alarms.A.Suggested: expected one of javajmx/HighHeap, found B',
    );
  });
});

describe('lintAlarms', () => {
  const [jmx] = kafdropFamily.exporters;
  const twice: MonitoredFamily = { ...kafdropFamily, exporters: [jmx!, { ...jmx!, name: 'other' }, jmx!] };
  const rows: readonly {
    name: string;
    family?: MonitoredFamily;
    alarm: Omit<WantedAlarm, 'name'>;
    expected: string;
  }[] = [
    {
      name: 'a suggestion of packs that suggest nothing',
      family: { ...kafdropFamily, exporters: [] },
      alarm: { Suggested: 'X' },
      expected: 'error Alarms.A.Suggested: no rule pack of the family suggests alarms; write MetricName instead of X',
    },
    {
      name: 'a suggestion of two packs',
      family: twice,
      alarm: { Suggested: 'HighHeap' },
      expected: 'error Alarms.A.Suggested: expected one of javajmx/HighHeap, other/HighHeap, found HighHeap',
    },
    {
      name: 'a suggestion without the values it needs',
      alarm: { Suggested: 'HighHeap' },
      expected:
        'error Alarms.A.Dimensions: expected values of area, by which jvm_memory_bytes_used is published; write Dimensions: {area: VALUE}',
    },
    {
      name: 'a metric that nothing selects',
      alarm: { ...own, MetricName: 'jvm_threads_peak' },
      expected:
        'warning Alarms.A.MetricName: no declaration of family kafdrop selects jvm_threads_peak; add one, or correct the name',
    },
    {
      name: 'more datapoints than periods',
      alarm: { ...own, EvaluationPeriods: 2, DatapointsToAlarm: 3 },
      expected: 'error Alarms.A: expected DatapointsToAlarm of at most EvaluationPeriods (2), found 3',
    },
    {
      name: 'minutes of more than a day',
      alarm: { ...own, Period: 60, EvaluationPeriods: 1441 },
      expected:
        'error Alarms.A: expected Period times EvaluationPeriods of at most 86400 seconds, found 86460; periods below an hour cover a day at most',
    },
    {
      name: 'hours of more than a week',
      alarm: { ...own, Period: 3600, EvaluationPeriods: 169 },
      expected:
        'error Alarms.A: expected Period times EvaluationPeriods of at most 604800 seconds, found 608400; an alarm covers a week at most',
    },
    {
      name: 'two topics with one parameter',
      alarm: { ...own, Topics: [{ 'x-sns': 'a-b' }], OkTopics: [{ 'x-sns': 'A_B' }] },
      expected: 'error Alarms.A: topics a-b and A_B have one parameter, ABTopicArn; write the ARN of one of them',
    },
  ];
  it.each(rows)('finds $name', ({ family = kafdropFamily, alarm, expected }) => {
    const problems = lintAlarms(withAlarms(family, { ...alarm, name: 'A' }));
    expect(problems.map(({ severity, path, text }) => `${severity} ${path.join('.')}: ${text}`)).toEqual([expected]);
  });

  it('finds nothing where everything fits', () => {
    const full = { ...own, Period: 3600, EvaluationPeriods: 168, DatapointsToAlarm: 168 };
    expect(lintAlarms(withAlarms(kafdropFamily, { ...full, name: 'A' }, { ...own, name: 'B' }))).toEqual([]);
    expect(
      lintAlarms(withAlarms(twice, { name: 'A', Suggested: 'other/HighHeap', Dimensions: { area: 'x' } })),
    ).toEqual([]);
  });
});
