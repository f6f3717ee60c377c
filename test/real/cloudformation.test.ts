import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WantedAlarm } from '../../lib/cloudwatch/monitoring/alarm-settings.ts';
import type { MonitoredFamily } from '../../lib/cloudwatch/monitoring/monitored-family.ts';
import {
  renderClusterTemplate,
  renderFamilyTemplate,
  renderMonitoringAccountTemplate,
} from '../../lib/cloudwatch/monitoring/template.ts';
import { type Template, templateFaults } from '../../lib/cloudwatch/monitoring/template-part.ts';
import {
  connectFamily,
  familyOf,
  kafdropFamily,
  nginxFamily,
} from '../lib/cloudwatch/monitoring/monitored-families.ts';
import { cached } from './parts/program.ts';

const run = promisify(execFile);
const region = 'eu-west-1';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prom-emf-cloudformation-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything cfn-lint says of a template, down to remarks; empty when it says nothing. */
async function lint(template: Template): Promise<string> {
  const file = join(folder, 'template.json');
  writeFileSync(file, JSON.stringify(template));
  const args = ['--regions', region, '--format', 'parseable', '--include-checks', 'I', '--', file];
  return run(cached('venv', 'bin', 'cfn-lint'), args).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string }) => error.stdout || String(error),
  );
}

const longest = 'x'.repeat(255);
const alarm: Omit<WantedAlarm, 'name'> = {
  MetricName: 'jvm_threads_current',
  Statistic: 'Average',
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 100,
  Topics: [{ 'x-sns': 'ops-alarms' }, `arn:aws:sns:${region}:123456789012:ops`],
};
const everything: MonitoredFamily = {
  ...connectFamily,
  alarms: [
    { name: 'High heap', Suggested: 'HighHeap', Dimensions: { area: 'heap' }, OkTopics: [{ 'x-sns': 'ops-alarms' }] },
    { ...alarm, name: 'threads', EvaluationPeriods: 5, DatapointsToAlarm: 3, TreatMissingData: 'ignore' },
    { ...alarm, name: 'shared', AccountId: '000000000000', Dimensions: { ClusterName: 'shared' } },
  ],
  scaling: [
    { name: 'threads', MetricName: 'jvm_threads_current', Statistic: 'Average', TargetValue: 40, Range: '3-6' },
    {
      name: 'lag',
      MetricName: 'kafka_connect_connector_task_metrics_batch_size_avg',
      Dimensions: { connector: 'sink.a', task: '0' },
      Statistic: 'Maximum',
      TargetValue: 0.5,
      ServiceName: 'connect',
      ScaleInCooldown: 300,
      ScaleOutCooldown: 60,
      DisableScaleIn: true,
      Unit: 'Count',
    },
  ],
};

describe('templates', () => {
  const rows: readonly { name: string; template: () => Template }[] = [
    { name: 'nothing to show', template: () => renderFamilyTemplate(familyOf('empty')) },
    { name: 'NGINX', template: () => renderFamilyTemplate(nginxFamily) },
    {
      name: 'an alarm and scaling that both ask for the service',
      template: () =>
        renderFamilyTemplate({
          ...nginxFamily,
          alarms: [{ name: 'Down', Suggested: 'NginxDown' }],
          scaling: [
            { name: 'c', MetricName: 'nginx_connections_active', Statistic: 'Average', TargetValue: 9, Range: '1-2' },
          ],
        }),
    },
    { name: 'JMX', template: () => renderFamilyTemplate(kafdropFamily) },
    { name: 'Kafka Connect with alarms and scaling', template: () => renderFamilyTemplate(everything) },
    {
      name: 'a family named with - and _',
      template: () => renderFamilyTemplate({ ...everything, family: '_a-b_c', cluster: 'x_y-z' }),
    },
    {
      name: 'the longest names',
      template: () => renderFamilyTemplate({ ...everything, family: longest, cluster: longest, namespace: longest }),
    },
    { name: 'a cluster', template: () => renderClusterTemplate(connectFamily) },
    {
      name: 'a cluster of the longest name',
      template: () => renderClusterTemplate({ ...connectFamily, cluster: longest }),
    },
    { name: 'the monitoring account', template: () => renderMonitoringAccountTemplate() },
  ];
  it.each(rows)('leave cfn-lint nothing to say: $name', async ({ template }) => {
    expect(await lint(template())).toBe('');
  });

  it('stay within 500 resources and 1 MB for 300 alarms and 1000 metrics', async () => {
    const names = Array.from(
      { length: 20 },
      (_, group) => `^m${group}_(?:${Array.from({ length: 50 }, (_, index) => `n${index}`).join('|')})$`,
    );
    const family: MonitoredFamily = {
      ...everything,
      customDeclarations: [
        { dimensions: [['ClusterName', 'TaskDefinitionFamily', 'a_label']], metric_selectors: names },
      ],
      alarms: Array.from({ length: 300 }, (_, index) => ({ ...alarm, name: `alarm-${index}` })),
    };
    const template = renderFamilyTemplate(family);
    expect(templateFaults(template)).toEqual([]);
    expect(await lint(template)).toBe('');
  });
});

describe('the check', () => {
  it('finds what CloudFormation would refuse', async () => {
    const { Resources, ...rest } = renderFamilyTemplate(everything);
    const { Alarmthreads, ...others } = Resources;
    const Properties = { ...Alarmthreads?.Properties, Period: 'often', Statistic: 'Mean' };
    const said = await lint({ ...rest, Resources: { ...others, Alarmthreads: { ...Alarmthreads!, Properties } } });
    expect(said).toContain(":E3012:'often' is not of type 'integer'");
    expect(said).toContain(":E3030:'Mean' is not one of");
  });
});
