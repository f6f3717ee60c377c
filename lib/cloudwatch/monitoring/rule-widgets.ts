import * as v from 'valibot';
import { closed, foundOf, list, oneOf, text, wholeNumber } from '../../document/schema.ts';
import { isPercentile, STATISTICS } from './setting-values.ts';

export type Statistic = (typeof STATISTICS)[number] | `p${number}`;

function isStatistic(input: unknown): input is Statistic {
  if (typeof input !== 'string') return false;
  return STATISTICS.some((name) => name === input) || isPercentile(input);
}

const statistic = v.custom<Statistic>(
  isStatistic,
  (issue) => `expected one of ${STATISTICS.join(', ')} or a percentile such as p99, found ${foundOf(issue.input)}`,
);

/** Names of dimensions beside ClusterName, TaskDefinitionFamily and ServiceName. */
const extraDimensions = v.optional(list(text));

/** A widget of a dashboard: one line for each of its metrics and values of `dimensions`. */
export const widgetSchema = closed({
  title: text,
  metrics: v.pipe(
    list(closed({ metric: text, stat: statistic, dimensions: extraDimensions })),
    v.minLength(1, 'expected at least one metric, found an empty list'),
  ),
});
export type Widget = v.InferOutput<typeof widgetSchema>;

/** CloudWatch's comparisons with a fixed threshold. Source: PutMetricAlarm reference. */
export const COMPARISON_OPERATORS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const;
export const MISSING_DATA_TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;

/** Seconds. Source: PutMetricAlarm reference. */
const period = v.custom<number>(
  (input) => Number.isSafeInteger(input) && ([10, 20, 30].includes(input as number) || isMinutes(input as number)),
  (issue) => `expected 10, 20, 30 or a multiple of 60 seconds up to 86400, found ${foundOf(issue.input)}`,
);

function isMinutes(seconds: number): boolean {
  return seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0;
}

const threshold = v.custom<number>(
  (input) => typeof input === 'number' && Number.isFinite(input),
  (issue) => `expected a number, found ${foundOf(issue.input)}`,
);

const alarmName = v.pipe(
  text,
  v.regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, (issue) => {
    return `expected at most 64 letters, digits and hyphens that start with a letter, found ${issue.received}`;
  }),
);

/** An alarm that who knows the exporter suggests; a user asks for it by its name. */
export const suggestedAlarmSchema = v.pipe(
  closed({
    name: alarmName,
    description: text,
    metric: text,
    dimensions: extraDimensions,
    statistic,
    comparison: oneOf(COMPARISON_OPERATORS),
    threshold,
    period,
    evaluation_periods: wholeNumber(1, 1440),
    datapoints_to_alarm: v.optional(wholeNumber(1, 1440)),
    treat_missing_data: oneOf(MISSING_DATA_TREATMENTS),
  }),
  v.check(
    ({ datapoints_to_alarm = 1, evaluation_periods }) => datapoints_to_alarm <= evaluation_periods,
    'expected datapoints_to_alarm of at most evaluation_periods, found more',
  ),
);
export type SuggestedAlarm = v.InferOutput<typeof suggestedAlarmSchema>;
