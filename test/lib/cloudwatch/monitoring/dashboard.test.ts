import { describe, expect, it } from 'vitest';
import { renderDashboardResources, renderDashboards } from '../../../../lib/cloudwatch/monitoring/dashboard.ts';
import type { MonitoredFamily } from '../../../../lib/cloudwatch/monitoring/monitored-family.ts';
import { dashboardFaults } from './dashboard-validator.ts';
import { connectFamily, familyOf, kafdropFamily, nginxFamily } from './monitored-families.ts';

const REGION = 'eu-west-1';
const NAMESPACE = 'ECS/ContainerInsights/Prometheus';

function metricsByTitle(family: MonitoredFamily): Readonly<Record<string, unknown>> {
  const widgets = renderDashboards(family, REGION).flatMap(({ body }) => body.widgets);
  return Object.fromEntries(
    widgets.flatMap((widget) =>
      widget.type === 'metric' ? [[widget.properties.title, widget.properties.metrics] as const] : [],
    ),
  );
}

const search = (query: string, stat: string) => [[{ expression: `SEARCH('${query}', '${stat}', 60)` }]];

describe('renderDashboards', () => {
  it('asks for metrics whose dimensions are known, and searches for others', () => {
    const schema = `{"${NAMESPACE}",ClusterName,TaskDefinitionFamily,area}`;
    const values = 'TaskDefinitionFamily="kafdrop" ClusterName="prod"';
    const direct = (metric: string, stat: string) => [
      [NAMESPACE, metric, 'ClusterName', 'prod', 'TaskDefinitionFamily', 'kafdrop', { stat }],
    ];
    expect(metricsByTitle(kafdropFamily)).toEqual({
      Threads: direct('jvm_threads_current', 'Average'),
      Memory: search(`${schema} MetricName="jvm_memory_bytes_used" ${values}`, 'Maximum'),
      Pause: direct('jvm_gc_collection_seconds_sum', 'p99.9'),
    });
  });

  it('searches where the name of the service is a dimension', () => {
    const schema = `{"${NAMESPACE}",ClusterName,TaskDefinitionFamily,ServiceName}`;
    const values = 'TaskDefinitionFamily="nginx" ClusterName="prod"';
    expect(metricsByTitle(nginxFamily).Requests).toEqual(
      search(`${schema} MetricName="nginx_http_requests_total" ${values}`, 'Sum'),
    );
  });

  it('shows each metric that custom rules can name, counters as sums', () => {
    const titles = Object.keys(metricsByTitle(connectFamily)).slice(3);
    const taskCount = (state: string) =>
      `kafka_connect_connect_worker_metrics_connector_${state}_task_count by connector`;
    expect(titles).toEqual([
      'kafka_connect_connector_task_metrics_batch_size_avg by connector, task',
      'kafka_connect_sink_task_metrics_offset_commit_completion_total by connector, task',
      ...['total', 'failed', 'unassigned', 'paused', 'running'].map(taskCount),
    ]);
    const values = 'TaskDefinitionFamily="connect" ClusterName="prod"';
    expect(metricsByTitle(connectFamily)[titles[1] ?? '']).toEqual(
      search(
        `{"${NAMESPACE}",ClusterName,TaskDefinitionFamily,connector,task} MetricName="kafka_connect_sink_task_metrics_offset_commit_completion_total" ${values}`,
        'Sum',
      ),
    );
  });

  it('shows a dimension set by one search where selectors have no end', () => {
    const declaration = { source_labels: ['job'], dimensions: [['ClusterName', 'a-b'], []] };
    const customDeclarations = [
      { ...declaration, metric_selectors: ['^a_.*$', 'b'] },
      { ...declaration, metric_selectors: ['^a_.*$'] },
    ];
    expect(metricsByTitle(familyOf('app', { customDeclarations }))).toEqual({
      'All metrics by a-b': search(`{"${NAMESPACE}",ClusterName,"a-b"} ClusterName="prod"`, 'Average'),
      'All metrics': search(`{"${NAMESPACE}"}`, 'Average'),
    });
  });

  it('shows a pack without widgets by its declarations', () => {
    const [exporter] = nginxFamily.exporters;
    const family = familyOf('nginx', { exporters: [{ ...exporter!, widgets: [] }] });
    expect(Object.keys(metricsByTitle(family))).toEqual(['All metrics']);
  });

  it('searches in all dimensions for a metric that no declaration selects as the widget has it', () => {
    const [exporter] = kafdropFamily.exporters;
    const widgets = [{ title: 'Lost', metrics: [{ metric: 'up', stat: 'Average' as const, dimensions: ['x'] }] }];
    const family = familyOf('app', { exporters: [{ ...exporter!, widgets }] });
    const query = `Namespace="${NAMESPACE}" MetricName="up" TaskDefinitionFamily="app" ClusterName="prod"`;
    expect(metricsByTitle(family)).toEqual({ Lost: search(query, 'Average') });
  });

  const hostile = familyOf(`a"b\\c(d)\${AWS::Region}'`, {
    cluster: `"region":"\${AWS::Region}"`,
    namespace: 'it is (a) "test"',
    customDeclarations: [
      { dimensions: [['ClusterName', 'TaskDefinitionFamily'], ["d'"]], metric_selectors: ['^a$', '.*'] },
    ],
  });
  const long = 'x'.repeat(255);
  const many = Array.from({ length: 40 }, (_, index) => `^m${index}_(?:a|b|c|d|e|f)$`);
  const families: readonly { name: string; family: MonitoredFamily; dashboards: number }[] = [
    { name: 'nothing', family: familyOf('empty'), dashboards: 0 },
    { name: 'NGINX', family: nginxFamily, dashboards: 1 },
    { name: 'JMX', family: kafdropFamily, dashboards: 1 },
    { name: 'Kafka Connect', family: connectFamily, dashboards: 1 },
    { name: 'names with quotes and references', family: hostile, dashboards: 1 },
    {
      name: 'the longest names',
      family: { ...connectFamily, family: long, cluster: long, namespace: long },
      dashboards: 1,
    },
    {
      name: '240 metrics and a pack with a widget of 250 lines',
      family: {
        ...connectFamily,
        exporters: [
          {
            ...connectFamily.exporters[0]!,
            widgets: [
              {
                title: 'Wide',
                metrics: Array.from({ length: 250 }, (_, index) => ({ metric: `w${index}`, stat: 'Sum' as const })),
              },
            ],
          },
        ],
        customDeclarations: [{ dimensions: [['ClusterName']], metric_selectors: many }],
      },
      dashboards: 3,
    },
  ];
  it.each(families)('keeps the rules of CloudWatch for $name', ({ family, dashboards }) => {
    const rendered = renderDashboards(family, REGION);
    expect(rendered).toHaveLength(dashboards);
    for (const { name, body } of rendered) {
      expect(dashboardFaults(body)).toEqual([]);
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
    }
    expect(new Set(rendered.map(({ name }) => name)).size).toBe(dashboards);
  });

  it('loses no metric between dashboards', () => {
    const { family } = families.at(-1)!;
    const shown = new Set(JSON.stringify(renderDashboards(family, REGION)).match(/\b(m[0-9]+_[a-f]|w[0-9]+)\b/g));
    expect(shown.size).toBe(40 * 6 + 250);
  });

  it('gives Fn::Sub the region and no other reference', () => {
    const { Resources } = renderDashboardResources(hostile);
    const body = Resources.Dashboard?.Properties.DashboardBody as { readonly 'Fn::Sub': string };
    const substituted = body['Fn::Sub']
      .replaceAll(/\$\{(?!!)([^}]*)\}/g, (_, name) => (name === 'AWS::Region' ? REGION : `unexpected ${name}`))
      .replaceAll('${!', '${');
    expect(JSON.parse(substituted)).toEqual(renderDashboards(hostile, REGION)[0]?.body);
  });
});

describe('the validator', () => {
  const place = { x: 0, y: 0, width: 8, height: 6 };
  const graph = (properties: object, at: object = {}) => ({ type: 'metric', ...place, ...at, properties });
  const shown = { region: REGION, metrics: [['A', 'b']] };
  const rows: readonly { name: string; widgets: readonly unknown[]; expected: readonly string[] }[] = [
    { name: 'no region', widgets: [graph({ metrics: [['A', 'b']] })], expected: ['widgets[0]: no region: undefined'] },
    {
      name: 'a value without a name',
      widgets: [graph({ ...shown, metrics: [['A', 'b', 'c']] })],
      expected: ['widgets[0]: a metric has a name and pairs: A b c'],
    },
    {
      name: 'two widgets in one place',
      widgets: [graph(shown), graph(shown, { x: 7 })],
      expected: ['widgets[1]: overlaps another'],
    },
    {
      name: 'a widget beyond the grid',
      widgets: [graph(shown, { x: 20 })],
      expected: ['widgets[0]: beyond 24 columns: 20 + 8'],
    },
    {
      name: 'a quote that is not escaped',
      widgets: [graph({ ...shown, metrics: [[{ expression: `SEARCH('{A} B="c"d"', 'Sum', 60)` }]] })],
      expected: [`widgets[0]: no search: SEARCH('{A} B="c"d"', 'Sum', 60)`],
    },
    {
      name: 'a statistic and a key of its own',
      widgets: [graph({ ...shown, metrics: [['A', 'b', { stat: 'Mean', statistics: 1 }]] })],
      expected: ['widgets[0]: unknown key statistics', 'widgets[0]: no statistic: Mean'],
    },
  ];
  it.each(rows)('finds $name', ({ widgets, expected }) => {
    expect(dashboardFaults({ widgets })).toEqual(expected);
  });
});
