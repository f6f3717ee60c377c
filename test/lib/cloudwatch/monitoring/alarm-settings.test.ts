import { describe, expect, it } from 'vitest';
import { alarmsSchema } from '../../../../lib/cloudwatch/monitoring/alarm-settings.ts';
import { parseDocument } from '../../../../lib/document/document.ts';
import { readDocument } from '../../../../lib/document/schema.ts';

const read = (text: string) => readDocument(alarmsSchema, parseDocument(text, 'alarms.yaml'));

describe('alarmsSchema', () => {
  it('reads alarms of both kinds, numbers also as interpolation leaves them', () => {
    const text = `
      HighHeap: {Suggested: HighHeap, Dimensions: {area: heap}, Topics: [{x-sns: alarms}]}
      Own:
        MetricName: m
        ExtendedStatistic: p99.9
        ComparisonOperator: LessThanThreshold
        Threshold: "-1.5e3"
        Period: "30"
        EvaluationPeriods: 3
        ActionsEnabled: "false"
        OkTopics: ["arn:aws-cn:sns:cn-north-1:123456789012:a.fifo"]
    `;
    expect(read(text)).toEqual({
      HighHeap: { Suggested: 'HighHeap', Dimensions: { area: 'heap' }, Topics: [{ 'x-sns': 'alarms' }] },
      Own: {
        MetricName: 'm',
        ExtendedStatistic: 'p99.9',
        ComparisonOperator: 'LessThanThreshold',
        Threshold: -1500,
        Period: 30,
        EvaluationPeriods: 3,
        ActionsEnabled: false,
        OkTopics: ['arn:aws-cn:sns:cn-north-1:123456789012:a.fifo'],
      },
    });
  });

  const own = 'MetricName: m, Statistic: Sum, ComparisonOperator: LessThanThreshold, Threshold: 1';
  const errors: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'an alarm on nothing',
      input: 'A: {Threshold: 1}',
      expected: 'alarms.yaml:1:4: error: A: expected either Suggested or MetricName; an alarm watches one metric',
    },
    {
      name: 'an alarm on two metrics',
      input: `A: {Suggested: B, ${own}}`,
      expected: 'alarms.yaml:1:4: error: A: expected either Suggested or MetricName; an alarm watches one metric',
    },
    {
      name: 'an alarm without what it compares',
      input: 'A: {MetricName: m}',
      expected: [
        'alarms.yaml:1:4: error: A: missing key Statistic (or ExtendedStatistic)',
        'alarms.yaml:1:4: error: A: missing key ComparisonOperator',
        'alarms.yaml:1:4: error: A: missing key Threshold',
      ].join('\n'),
    },
    {
      name: 'two statistics',
      input: `A: {ExtendedStatistic: p50, ${own}}`,
      expected: 'alarms.yaml:1:4: error: A: expected either Statistic or ExtendedStatistic, found both',
    },
    {
      name: 'no percentile',
      input: 'A: {Suggested: B, ExtendedStatistic: p101}',
      expected:
        'alarms.yaml:1:38: error: A.ExtendedStatistic: expected a percentile such as p99 or p99.9, found "p101"',
    },
    {
      name: 'a period between minutes',
      input: 'A: {Suggested: B, Period: 90}',
      expected: 'alarms.yaml:1:27: error: A.Period: expected 10, 30 or a multiple of 60 seconds, found 90',
    },
    {
      name: 'a period over a week',
      input: 'A: {Suggested: B, Period: 604860}',
      expected: 'alarms.yaml:1:27: error: A.Period: expected a whole number from 10 to 604800, found 604860',
    },
    {
      name: 'no number',
      input: 'A: {Suggested: B, Threshold: 80%}',
      expected: 'alarms.yaml:1:30: error: A.Threshold: expected a number, found "80%"',
    },
    {
      name: 'a topic by name alone',
      input: 'A: {Suggested: B, Topics: [alarms]}',
      expected:
        'alarms.yaml:1:28: error: A.Topics[0]: expected the ARN of an SNS topic or {"x-sns": "NAME"}, found "alarms"',
    },
    {
      name: 'a sixth topic',
      input: `A: {Suggested: B, Topics: [${Array(6).fill('{x-sns: a}').join(', ')}]}`,
      expected: 'alarms.yaml:1:27: error: A.Topics: expected at most 5 topics, found 6',
    },
    {
      name: 'an empty dimension value',
      input: 'A: {Suggested: B, Dimensions: {area: ""}}',
      expected:
        'alarms.yaml:1:38: error: A.Dimensions.area: expected 1 to 1024 characters of printable ASCII, found ""',
    },
    {
      name: 'an account that is none',
      input: `A: {AccountId: "12", ${own}}`,
      expected: 'alarms.yaml:1:16: error: A.AccountId: expected an account id of 12 digits, found "12"',
    },
    {
      name: 'a flag that is none',
      input: 'A: {Suggested: B, ActionsEnabled: yes}',
      expected: 'alarms.yaml:1:35: error: A.ActionsEnabled: expected true or false, found "yes"',
    },
    {
      name: 'a spelling of its own',
      input: 'A: {Suggested: B, Metric: m}',
      expected:
        'alarms.yaml:1:27: error: A.Metric: unknown key "Metric"; known keys: Suggested, MetricName, AccountId, ' +
        'Dimensions, Statistic, ExtendedStatistic, ComparisonOperator, Threshold, Period, EvaluationPeriods, ' +
        'DatapointsToAlarm, TreatMissingData, AlarmDescription, ActionsEnabled, Topics, OkTopics, InsufficientDataTopics',
    },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(() => read(input)).toThrow(expected);
  });
});
