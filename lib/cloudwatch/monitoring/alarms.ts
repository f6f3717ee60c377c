import type { Topic, WantedAlarm } from './alarm-settings.ts';
import { type MonitoredFamily, refuseErrors, type SettingProblem } from './monitored-family.ts';
import { type Dimension, dimensionParameters, resolveDimensions } from './published-metric.ts';
import type { SuggestedAlarm } from './rule-widgets.ts';
import { boundedName, logicalId, type Resource, type TemplatePart } from './template-part.ts';

/** Seconds. Source: PutMetricAlarm, Period: a day of periods below an hour, a week of longer ones. */
const DAY = 86_400;
const WEEK = 7 * DAY;
const HOUR = 3600;

/** An alarm with all its values. */
type Alarm = {
  readonly wanted: WantedAlarm;
  readonly metric: string;
  readonly statistic: string;
  readonly comparison: string;
  readonly threshold: number;
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapoints: number | undefined;
  readonly missingData: string | undefined;
  readonly description: string | undefined;
  readonly dimensions: readonly Dimension[];
};

type Resolved = { readonly alarms: readonly Alarm[]; readonly problems: readonly SettingProblem[] };

/** What is wrong with the alarms of a family, beyond what their schema says. */
export function lintAlarms(family: MonitoredFamily): readonly SettingProblem[] {
  return resolveAlarms(family).problems;
}

/**
 * The alarms of a family as AWS::CloudWatch::Alarm resources, with a parameter for each topic of the compose file.
 * @throws {Error} with the errors that lintAlarms finds.
 */
export function renderAlarms(family: MonitoredFamily): TemplatePart {
  const { alarms, problems } = resolveAlarms(family);
  refuseErrors(problems);
  const resources = alarms.map((alarm) => [logicalId('Alarm', alarm.wanted.name), alarmResource(family, alarm)]);
  const topics = alarms.flatMap(({ wanted }) => topicsOf(wanted)).flatMap(parameterOf);
  const dimensions = alarms.flatMap((alarm) => alarm.dimensions);
  return {
    Parameters: { ...dimensionParameters(dimensions), ...Object.fromEntries(topics) },
    Resources: Object.fromEntries(resources),
  };
}

function resolveAlarms(family: MonitoredFamily): Resolved {
  const resolved = family.alarms.map((wanted) => resolveAlarm(family, wanted));
  return {
    alarms: resolved.flatMap(({ alarms }) => alarms),
    problems: [...resolved.flatMap(({ problems }) => problems), ...topicProblems(family.alarms)],
  };
}

function resolveAlarm(family: MonitoredFamily, wanted: WantedAlarm): Resolved {
  const problem = (severity: SettingProblem['severity'], text: string, ...keys: string[]): SettingProblem => ({
    severity,
    path: ['Alarms', wanted.name, ...keys],
    text,
  });
  const suggestion = suggestionOf(family, wanted.Suggested);
  if (typeof suggestion === 'string') return { alarms: [], problems: [problem('error', suggestion, 'Suggested')] };
  const missing = (suggestion?.dimensions ?? []).filter((name) => wanted.Dimensions?.[name] === undefined);
  if (missing.length > 0) {
    const text = `expected values of ${missing.join(', ')}, by which ${suggestion?.metric} is published; write Dimensions: {${missing[0]}: VALUE}`;
    return { alarms: [], problems: [problem('error', text, 'Dimensions')] };
  }
  const metric = wanted.MetricName ?? suggestion?.metric ?? '';
  const { dimensions, doubt } = dimensionsOf(family, wanted, metric);
  const alarm = alarmOf(wanted, suggestion, metric, dimensions);
  const doubts = doubt === undefined ? [] : [problem('warning', doubt, suggestion ? 'Suggested' : 'MetricName')];
  return { alarms: [alarm], problems: [...doubts, ...windowFaults(alarm).map((text) => problem('error', text))] };
}

/** A metric of another account has the dimensions that are written, no others. */
function dimensionsOf(family: MonitoredFamily, { AccountId, Dimensions = {} }: WantedAlarm, metric: string) {
  if (AccountId === undefined) return resolveDimensions(family, metric, Dimensions);
  return { dimensions: Object.entries(Dimensions).map(([Name, Value]) => ({ Name, Value })), doubt: undefined };
}

/** The suggestion of that name; what is wrong as text. */
function suggestionOf({ exporters }: MonitoredFamily, name: string | undefined): SuggestedAlarm | string | undefined {
  if (name === undefined) return undefined;
  const known = new Map(
    exporters.flatMap((exporter) => exporter.alarms.map((alarm) => [`${exporter.name}/${alarm.name}`, alarm])),
  );
  const found = [...known].filter(([full, alarm]) => full === name || alarm.name === name);
  if (found.length === 1) return found[0]?.[1];
  if (found.length > 1) return `expected one of ${found.map(([full]) => full).join(', ')}, found ${name}`;
  if (known.size === 0) return `no rule pack of the family suggests alarms; write MetricName instead of ${name}`;
  return `expected one of ${[...known.keys()].join(', ')}, found ${name}`;
}

/** What is written wins over what is suggested; the schema asks for statistic, comparison and threshold without. */
function alarmOf(
  wanted: WantedAlarm,
  suggestion: SuggestedAlarm | undefined,
  metric: string,
  dimensions: readonly Dimension[],
): Alarm {
  return {
    wanted,
    metric,
    dimensions,
    statistic: wanted.Statistic ?? wanted.ExtendedStatistic ?? suggestion?.statistic ?? 'Average',
    comparison: wanted.ComparisonOperator ?? suggestion?.comparison ?? 'GreaterThanThreshold',
    threshold: wanted.Threshold ?? suggestion?.threshold ?? 0,
    period: wanted.Period ?? suggestion?.period ?? 60,
    evaluationPeriods: wanted.EvaluationPeriods ?? suggestion?.evaluation_periods ?? 1,
    // Periods of one's own make the suggestion's datapoints meaningless.
    datapoints: wanted.DatapointsToAlarm ?? (wanted.EvaluationPeriods ? undefined : suggestion?.datapoints_to_alarm),
    missingData: wanted.TreatMissingData ?? suggestion?.treat_missing_data,
    description: wanted.AlarmDescription ?? suggestion?.description,
  };
}

function windowFaults({ period, evaluationPeriods, datapoints }: Alarm): string[] {
  const faults: string[] = [];
  if (datapoints !== undefined && datapoints > evaluationPeriods)
    faults.push(`expected DatapointsToAlarm of at most EvaluationPeriods (${evaluationPeriods}), found ${datapoints}`);
  const limit = period < HOUR ? DAY : WEEK;
  if (period * evaluationPeriods > limit)
    faults.push(
      `expected Period times EvaluationPeriods of at most ${limit} seconds, found ${period * evaluationPeriods}; ${period < HOUR ? 'periods below an hour cover a day' : 'an alarm covers a week'} at most`,
    );
  return faults;
}

function topicsOf({ Topics = [], OkTopics = [], InsufficientDataTopics = [] }: WantedAlarm): readonly Topic[] {
  return [...Topics, ...OkTopics, ...InsufficientDataTopics];
}

function topicParameter(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}TopicArn`;
}

function parameterOf(topic: Topic): [string, Readonly<Record<string, unknown>>][] {
  if (typeof topic === 'string') return [];
  return [[topicParameter(topic['x-sns']), { Type: 'String', Description: `ARN of the SNS topic ${topic['x-sns']}` }]];
}

/** Two topics that would share a parameter. */
function topicProblems(alarms: readonly WantedAlarm[]): SettingProblem[] {
  const taken = new Map<string, string>();
  const names = alarms.flatMap((alarm) =>
    topicsOf(alarm).flatMap((topic) => (typeof topic === 'string' ? [] : [[alarm.name, topic['x-sns']] as const])),
  );
  return names.flatMap(([alarm, name]) => {
    const other = taken.get(topicParameter(name)) ?? name;
    taken.set(topicParameter(name), other);
    const text = `topics ${other} and ${name} have one parameter, ${topicParameter(name)}; write the ARN of one of them`;
    return other === name ? [] : [{ severity: 'error', path: ['Alarms', alarm], text } as const];
  });
}

function alarmResource({ cluster, family, namespace }: MonitoredFamily, alarm: Alarm): Resource {
  const { wanted } = alarm;
  const actions = (topics: readonly Topic[] | undefined) =>
    topics?.map((topic) => (typeof topic === 'string' ? arnOf(topic) : { Ref: topicParameter(topic['x-sns']) }));
  const Properties = {
    AlarmName: boundedName(`${cluster}-${family}-${wanted.name}`),
    AlarmDescription: alarm.description,
    ActionsEnabled: wanted.ActionsEnabled,
    ...metricProperties(namespace, alarm),
    ComparisonOperator: alarm.comparison,
    Threshold: alarm.threshold,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapoints,
    TreatMissingData: alarm.missingData,
    AlarmActions: actions(wanted.Topics),
    OKActions: actions(wanted.OkTopics),
    InsufficientDataActions: actions(wanted.InsufficientDataTopics),
  };
  return { Type: 'AWS::CloudWatch::Alarm', Properties: defined(Properties) };
}

/** References to the stack's own account and region are CloudFormation's to fill in. */
function arnOf(topic: string): unknown {
  return topic.includes('${') ? { 'Fn::Sub': topic } : topic;
}

/** Only a metric query can name an account. */
function metricProperties(Namespace: string, { wanted, metric, statistic, period, dimensions }: Alarm) {
  const Metric = { Namespace, MetricName: metric, Dimensions: dimensions };
  const { AccountId } = wanted;
  if (AccountId !== undefined)
    return {
      Metrics: [{ Id: 'm1', AccountId, MetricStat: { Metric, Period: period, Stat: statistic }, ReturnData: true }],
    };
  return { ...Metric, Period: period, [statistic.startsWith('p') ? 'ExtendedStatistic' : 'Statistic']: statistic };
}

function defined(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
