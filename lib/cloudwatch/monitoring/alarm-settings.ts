import * as v from 'valibot';
import { closed, dictionary, foundOf, list, oneOf, parsedText, text } from '../../document/schema.ts';
import { COMPARISON_OPERATORS, MISSING_DATA_TREATMENTS } from './rule-widgets.ts';
import { choice, decimal, dimensionValues, isPercentile, statistic, whole } from './setting-values.ts';

const extendedStatistic = parsedText((value) => {
  if (!isPercentile(value)) throw new Error(`expected a percentile such as p99 or p99.9, found ${foundOf(value)}`);
});

/** Seconds. Source: AWS::CloudWatch::Alarm, Period. */
const period = v.pipe(
  whole(10, 604_800),
  v.check(
    (seconds) => seconds === 10 || seconds === 30 || seconds % 60 === 0,
    (issue) => `expected 10, 30 or a multiple of 60 seconds, found ${issue.input}`,
  ),
);

/** `${AWS::Partition}`, `${AWS::Region}` and `${AWS::AccountId}` are those of the stack. */
const topicArn = parsedText((value) => {
  const filled = value.replace(/\$\{AWS::(Partition|Region)\}/g, 'aws').replace('${AWS::AccountId}', '0'.repeat(12));
  if (!/^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/.test(filled))
    throw new Error(`expected the ARN of an SNS topic or {"x-sns": "NAME"}, found ${foundOf(value)}`);
});

/** A topic of the same compose file: the template asks for its ARN. */
const composeTopic = closed({
  'x-sns': parsedText((value) => {
    if (!/[A-Za-z0-9]/.test(value)) throw new Error(`expected the name of a topic, found ${foundOf(value)}`);
  }),
});

const accountId = parsedText((value) => {
  if (!/^[0-9]{12}$/.test(value)) throw new Error(`expected an account id of 12 digits, found ${foundOf(value)}`);
});

const topic = v.lazy(
  (input): v.GenericSchema<unknown, string | v.InferOutput<typeof composeTopic>> =>
    typeof input === 'object' && input !== null ? composeTopic : topicArn,
);

/** Source: PutMetricAlarm, AlarmActions. */
const topics = v.pipe(
  list(topic),
  v.maxLength(5, (issue) => `expected at most 5 topics, found ${issue.input.length}`),
);

const settings = closed({
  /** The name of an alarm that a rule pack of the family suggests, or `PACK/NAME`. Other keys replace its values. */
  Suggested: v.optional(text),
  MetricName: v.optional(text),
  /** The account that publishes the metric, where that is another one; `Dimensions` are then all that it has. */
  AccountId: v.optional(accountId),
  Dimensions: v.optional(dimensionValues),
  Statistic: v.optional(statistic),
  ExtendedStatistic: v.optional(extendedStatistic),
  ComparisonOperator: v.optional(oneOf(COMPARISON_OPERATORS)),
  Threshold: v.optional(decimal),
  Period: v.optional(period),
  EvaluationPeriods: v.optional(whole(1, 86_400)),
  DatapointsToAlarm: v.optional(whole(1, 86_400)),
  TreatMissingData: v.optional(oneOf(MISSING_DATA_TREATMENTS)),
  AlarmDescription: v.optional(
    v.pipe(
      text,
      v.maxLength(1024, (issue) => `expected at most 1024 characters, found ${issue.input.length}`),
    ),
  ),
  ActionsEnabled: v.optional(choice),
  Topics: v.optional(topics),
  OkTopics: v.optional(topics),
  InsufficientDataTopics: v.optional(topics),
});

/** Keys that an alarm on a metric of one's own cannot do without. */
const REQUIRED = ['ComparisonOperator', 'Threshold'] as const;

const alarm = v.pipe(
  settings,
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed) for (const message of conflictsOf(dataset.value)) addIssue({ message });
  }),
);

/** What is wrong with the settings taken together. */
function conflictsOf(alarm: v.InferOutput<typeof settings>): string[] {
  const { Suggested, MetricName, Statistic, ExtendedStatistic } = alarm;
  const faults: string[] = [];
  if ((Suggested === undefined) === (MetricName === undefined))
    faults.push('expected either Suggested or MetricName; an alarm watches one metric');
  if (Statistic !== undefined && ExtendedStatistic !== undefined)
    faults.push('expected either Statistic or ExtendedStatistic, found both');
  if (MetricName === undefined) return faults;
  if (Statistic === undefined && ExtendedStatistic === undefined)
    faults.push('missing key Statistic (or ExtendedStatistic)');
  return [...faults, ...REQUIRED.filter((key) => alarm[key] === undefined).map((key) => `missing key ${key}`)];
}

/** `x-prom-emf.Alarms`: settings by the alarm's name, in CloudFormation's spelling of AWS::CloudWatch::Alarm. */
export const alarmsSchema = dictionary(alarm);

export type AlarmSettings = v.InferOutput<typeof alarm>;
export type Topic = v.InferOutput<typeof topic>;

/** An alarm that a user asks for. */
export type WantedAlarm = AlarmSettings & { readonly name: string };
