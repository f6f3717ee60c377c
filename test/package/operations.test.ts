import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { SELF_METRICS, SELF_NAMESPACE, SELF_SCOPES } from '../../lib/cloudwatch/self-metrics.ts';
import { dashboardFaults } from '../lib/cloudwatch/monitoring/dashboard-validator.ts';
import { type PackagedService, packageService, type Resource } from './packaged-service.ts';

const PACKAGING_MS = 120_000;
const DOCUMENT = readFileSync('docs/operate.md', 'utf8');

type Parameter = { readonly Default: string; readonly AllowedValues?: readonly string[] };
type Conditional = Resource & { readonly Condition?: string };

let service: PackagedService;
let given: PackagedService;
beforeAll(async () => {
  service = await packageService();
  const topic = 'arn:aws:sns:eu-west-1:000000000000:on-call';
  const values = { alarmTopic: topic, alarms: 'off', selfMetrics: 'off', dashboard: 'on', heartbeatMinutes: '90' };
  const params = Object.entries(values).map(([name, value]) => `--param=${name}=${value}`);
  given = await packageService(['--stage', 'prod', ...params]);
}, PACKAGING_MS);

function parametersOf({ template }: PackagedService): Readonly<Record<string, Parameter>> {
  return (template as unknown as { readonly Parameters: Readonly<Record<string, Parameter>> }).Parameters;
}

function ofType({ template }: PackagedService, type: string): (Conditional & { readonly id: string })[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) =>
    resource.Type === type ? [{ id, ...resource }] : [],
  );
}

type Metric = { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: readonly Dimension[] };
type Dimension = { readonly Name: string; readonly Value: unknown };
type Query = { readonly MetricStat?: { readonly Metric: Metric; readonly Stat: string } };

/** The metrics that an alarm reads, and with what statistic. */
function metricsOf({ Properties }: Resource): (Metric & { readonly stat: string })[] {
  const { Metrics, Namespace, MetricName, Dimensions, Statistic } = Properties;
  if (Metrics === undefined) return [{ Namespace, MetricName, Dimensions, stat: Statistic }];
  return (Metrics as readonly Query[]).flatMap(({ MetricStat }) =>
    MetricStat === undefined ? [] : [{ ...MetricStat.Metric, stat: MetricStat.Stat }],
  );
}

describe("the stack's own alarms", () => {
  const reads = (namespace: string, metrics: readonly string[], dimension: string, values: readonly unknown[]) =>
    metrics.flatMap((metric) => values.map((value) => [namespace, metric, dimension, value]));
  const stage = (metric: string) => reads(SELF_NAMESPACE, [metric], 'Stage', ['dev']);
  const queue = (id: string) => [{ 'Fn::GetAtt': [id, 'QueueName'] }];
  const ref = (...ids: readonly string[]) => ids.map((Ref) => ({ Ref }));
  const rows: Readonly<Record<string, { stat: string; reads: unknown; missing: string }>> = {
    heartbeat: { stat: 'Sum', reads: stage('SamplesEmitted'), missing: 'breaching' },
    'targets-down': { stat: 'Sum', reads: stage('TargetsDown'), missing: 'notBreaching' },
    'discovery-failures': { stat: 'Sum', reads: stage('DiscoveryFailures'), missing: 'notBreaching' },
    'emf-errors': {
      stat: 'Sum',
      reads: reads('AWS/Logs', ['EMFParsingErrors', 'EMFValidationErrors'], 'LogGroupName', [
        { 'Fn::If': ['HasLogGroup', { Ref: 'LogGroup' }, { Ref: 'ScrapeLogGroup' }] },
      ]),
      missing: 'notBreaching',
    },
    'dead-letters': {
      stat: 'Maximum',
      reads: reads('AWS/SQS', ['ApproximateNumberOfMessagesVisible'], 'QueueName', queue('DeadLetterQueue')),
      missing: 'notBreaching',
    },
    'message-age': {
      stat: 'Maximum',
      reads: reads('AWS/SQS', ['ApproximateAgeOfOldestMessage'], 'QueueName', queue('ShardQueue')),
      missing: 'notBreaching',
    },
    'discover-errors': {
      stat: 'Sum',
      reads: reads('AWS/Lambda', ['Errors'], 'FunctionName', ref('DiscoverLambdaFunction')),
      missing: 'notBreaching',
    },
    'scrape-errors': {
      stat: 'Sum',
      reads: reads('AWS/Lambda', ['Errors'], 'FunctionName', ref('ScrapeLambdaFunction')),
      missing: 'notBreaching',
    },
    throttles: {
      stat: 'Sum',
      reads: reads('AWS/Lambda', ['Throttles'], 'FunctionName', ref('DiscoverLambdaFunction', 'ScrapeLambdaFunction')),
      missing: 'notBreaching',
    },
  };
  const alarms = () => ofType(service, 'AWS::CloudWatch::Alarm');

  test('read these metrics, and treat what is missing as this', () => {
    const found = alarms().map((alarm) => {
      const metrics = metricsOf(alarm);
      const dimensions = metrics.map(({ Namespace, MetricName, Dimensions }) => {
        expect(Dimensions).toHaveLength(1);
        return [Namespace, MetricName, Dimensions[0]?.Name, Dimensions[0]?.Value];
      });
      const [stat] = new Set(metrics.map((metric) => metric.stat));
      const name = String(alarm.Properties.AlarmName).replace('prom-emf-dev-', '');
      return [name, { stat, reads: dimensions, missing: alarm.Properties.TreatMissingData }];
    });
    expect(Object.fromEntries(found)).toEqual(rows);
  });

  test('say what is wrong and what to do, and tell the topic of both turns', () => {
    for (const { id, Properties } of alarms()) {
      expect(Properties.AlarmDescription.length, id).toBeGreaterThan(150);
      expect(Properties.AlarmDescription.length, id).toBeLessThanOrEqual(1024);
      const actions = { 'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopic' }], { Ref: 'AWS::NoValue' }] };
      expect([Properties.AlarmActions, Properties.OKActions]).toEqual([actions, actions]);
    }
    expect(parametersOf(service).AlarmTopic?.Default).toBe('');
    expect(parametersOf(given).AlarmTopic?.Default).toBe('arn:aws:sns:eu-west-1:000000000000:on-call');
  });

  test('read self-metrics that discover and scrape write by stage, and depend on their being written', () => {
    for (const alarm of alarms()) {
      const own = metricsOf(alarm).filter(({ Namespace }) => Namespace === SELF_NAMESPACE);
      const needsDiscover = JSON.stringify(metricsOf(alarm)).includes('Discover');
      const conditions =
        own.length > 0 ? ['HasSelfMetricAlarms', 'HasDiscoverySelfMetricAlarms'] : ['HasAlarms', 'HasDiscoverAlarms'];
      expect(alarm.Condition).toBe(conditions[needsDiscover ? 1 : 0]);
      for (const { MetricName, Dimensions } of own) {
        const metric = (SELF_METRICS as Readonly<Record<string, { readonly scopes: readonly string[] }>>)[MetricName];
        expect(metric?.scopes).toContain('stage');
        expect(Dimensions.map(({ Name }) => Name)).toEqual(SELF_SCOPES.stage);
        for (const name of ['Discover', 'Scrape'])
          expect(service.template.Resources[`${name}LambdaFunction`]?.Properties.Environment.Variables.STAGE).toBe(
            Dimensions[0]?.Value,
          );
      }
    }
    // A rare metric is missing in a good month.
    expect(SELF_METRICS.SamplesEmitted).not.toHaveProperty('rare');
  });

  test('can be off, and the heartbeat slower', () => {
    const switches = (packaged: PackagedService) => {
      const { Alarms, SelfMetrics, Dashboard, HeartbeatMinutes } = parametersOf(packaged);
      return [Alarms, SelfMetrics, Dashboard, HeartbeatMinutes].map((parameter) => String(parameter?.Default));
    };
    expect(switches(service)).toEqual(['on', 'stage', 'off', '15']);
    expect(switches(given)).toEqual(['off', 'off', 'on', '90']);
    const heartbeat = alarms().find(({ id }) => id === 'HeartbeatAlarm');
    expect(heartbeat?.Properties).toMatchObject({ Period: 60, EvaluationPeriods: { Ref: 'HeartbeatMinutes' } });
  });

  test('stand in docs/operate.md with their prices', () => {
    const dollars = (metrics: number) => `$${(metrics / 10).toFixed(2)}`;
    const told = [...DOCUMENT.matchAll(/^\| `([a-z-]+)` \| .+ \| (\$[0-9]\.[0-9]{2}) \|$/gm)].map(([, name, price]) => [
      name,
      price,
    ]);
    const found = alarms().map((alarm) => [
      String(alarm.Properties.AlarmName).replace('prom-emf-dev-', ''),
      dollars(metricsOf(alarm).length),
    ]);
    expect(told).toEqual(found);
    const total = alarms().flatMap(metricsOf).length;
    expect(DOCUMENT).toContain(`together ${dollars(total)} a month`);
  });
});

describe("the stack's own dashboard", () => {
  const dashboards = () => ofType(service, 'AWS::CloudWatch::Dashboard');
  const bodyOf = (dashboard: Resource | undefined): string => String(dashboard?.Properties.DashboardBody['Fn::Sub'][0]);

  test('is one that CloudWatch takes', () => {
    const [dashboard, ...others] = dashboards();
    expect(others).toEqual([]);
    expect(dashboard).toMatchObject({ Condition: 'HasDashboard', Properties: { DashboardName: 'prom-emf-dev' } });
    const body = bodyOf(dashboard)
      .replaceAll('${AWS::Region}', 'eu-west-1')
      .replaceAll(/\$\{[^}]+\}/g, 'name');
    expect(dashboardFaults(JSON.parse(body))).toEqual([]);
  });

  test('shows every self-metric, of the dimensions that it has', () => {
    const body = bodyOf(dashboards()[0]).replaceAll('\\"', '"');
    const shown = [...body.matchAll(/SEARCH\('\{PromEmf,([A-Za-z,]+)\} MetricName="(\w+)"/g)].map(
      ([, dimensions, name]) => `${name} by ${dimensions}`,
    );
    const known = Object.entries(SELF_METRICS).flatMap(([name, { scopes }]) =>
      scopes.map((scope) => `${name} by ${SELF_SCOPES[scope].join(',')}`),
    );
    expect(shown.filter((each) => !known.includes(each))).toEqual([]);
    const ofClusters = known.filter((each) => each.endsWith(' by ClusterName'));
    expect(ofClusters.filter((each) => !shown.includes(each))).toEqual([]);
  });

  test('names only resources of the stack', () => {
    const names = [...bodyOf(dashboards()[0]).matchAll(/\$\{([A-Za-z]+)[.}]/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    const ScrapeLog = { 'Fn::If': ['HasLogGroup', { Ref: 'LogGroup' }, { Ref: 'ScrapeLogGroup' }] };
    expect(dashboards()[0]?.Properties.DashboardBody['Fn::Sub'][1]).toEqual({ ScrapeLog });
    for (const name of names.filter((each) => each !== 'ScrapeLog'))
      expect(service.template.Resources).toHaveProperty(name);
  });
});
