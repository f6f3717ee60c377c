import * as v from 'valibot';
import { expect, it } from 'vitest';
import { suggestedAlarmSchema, widgetSchema } from '../../../../lib/cloudwatch/monitoring/rule-widgets.ts';

const ALARM = {
  name: 'queue-deep',
  description: 'Too much to do.',
  metric: 'queue_depth',
  statistic: 'Maximum',
  comparison: 'GreaterThanThreshold',
  threshold: -0.5,
  period: 60,
  evaluation_periods: 3,
  treat_missing_data: 'missing',
};

it.each(['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p0', 'p50', 'p99', 'p99.95', 'p100'])(
  'takes the statistic %s',
  (stat) => {
    expect(v.is(widgetSchema, { title: 'Depth', metrics: [{ metric: 'queue_depth', stat }] })).toBe(true);
    expect(v.is(suggestedAlarmSchema, { ...ALARM, statistic: stat })).toBe(true);
  },
);

it.each(['average', 'p101', 'p99.', 'P99', 'tm99', 99])('refuses the statistic %s', (stat) => {
  expect(v.is(widgetSchema, { title: 'Depth', metrics: [{ metric: 'queue_depth', stat }] })).toBe(false);
  expect(v.is(suggestedAlarmSchema, { ...ALARM, statistic: stat })).toBe(false);
});

it.each([10, 20, 30, 60, 86_400])('takes a period of %d seconds', (period) => {
  expect(v.is(suggestedAlarmSchema, { ...ALARM, period })).toBe(true);
});

const faults: [string, Record<string, unknown>, string][] = [
  ['a period', { period: 90 }, 'expected 10, 20, 30 or a multiple of 60 seconds up to 86400, found 90'],
  [
    'a period over a day',
    { period: 90_000 },
    'expected 10, 20, 30 or a multiple of 60 seconds up to 86400, found 90000',
  ],
  ['a threshold', { threshold: '5' }, 'expected a number, found "5"'],
  ['an endless threshold', { threshold: Number.POSITIVE_INFINITY }, 'expected a number, found Infinity'],
  [
    'a name',
    { name: 'queue deep' },
    'expected at most 64 letters, digits and hyphens that start with a letter, found "queue deep"',
  ],
  [
    'datapoints_to_alarm',
    { datapoints_to_alarm: 4 },
    'expected datapoints_to_alarm of at most evaluation_periods, found more',
  ],
  [
    'a comparison',
    { comparison: '>' },
    'expected one of GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold, found ">"',
  ],
];
it.each(faults)('refuses an alarm for %s', (_, change, message) => {
  const { issues = [] } = v.safeParse(suggestedAlarmSchema, { ...ALARM, ...change });
  expect(issues.map((issue) => issue.message)).toEqual([message]);
});

it('refuses a widget without metrics', () => {
  const { issues = [] } = v.safeParse(widgetSchema, { title: 'Nothing', metrics: [] });
  expect(issues.map(({ message }) => message)).toEqual(['expected at least one metric, found an empty list']);
});
