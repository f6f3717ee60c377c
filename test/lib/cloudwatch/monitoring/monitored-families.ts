import type { MonitoredExporter, MonitoredFamily } from '../../../../lib/cloudwatch/monitoring/monitored-family.ts';

const base = ['ClusterName', 'TaskDefinitionFamily'];

const nginx: MonitoredExporter = {
  name: 'nginx',
  title: 'NGINX',
  widgets: [
    {
      title: 'Connections',
      metrics: [
        { metric: 'nginx_connections_active', stat: 'Average' },
        { metric: 'nginx_connections_waiting', stat: 'Average' },
      ],
    },
    { title: 'Requests', metrics: [{ metric: 'nginx_http_requests_total', stat: 'Sum' }] },
  ],
  alarms: [
    {
      name: 'NginxDown',
      description: 'The exporter does not reach NGINX',
      metric: 'nginx_up',
      statistic: 'Minimum',
      comparison: 'LessThanThreshold',
      threshold: 1,
      period: 60,
      evaluation_periods: 3,
      datapoints_to_alarm: 2,
      treat_missing_data: 'breaching',
    },
  ],
  declarations: [
    {
      source_labels: ['job'],
      label_matcher: '^.*nginx.*$',
      dimensions: [[...base, 'ServiceName']],
      metric_selectors: ['^nginx_.*$'],
    },
  ],
};

const javajmx: MonitoredExporter = {
  name: 'javajmx',
  title: 'Java',
  widgets: [
    { title: 'Threads', metrics: [{ metric: 'jvm_threads_current', stat: 'Average' }] },
    { title: 'Memory', metrics: [{ metric: 'jvm_memory_bytes_used', stat: 'Maximum', dimensions: ['area'] }] },
    { title: 'Pause', metrics: [{ metric: 'jvm_gc_collection_seconds_sum', stat: 'p99.9' }] },
  ],
  alarms: [
    {
      name: 'HighHeap',
      description: 'The heap is nearly full',
      metric: 'jvm_memory_bytes_used',
      dimensions: ['area'],
      statistic: 'p90',
      comparison: 'GreaterThanThreshold',
      threshold: 1e9,
      period: 60,
      evaluation_periods: 5,
      treat_missing_data: 'notBreaching',
    },
  ],
  declarations: [
    {
      source_labels: ['job'],
      label_matcher: '^.*jmx.*$',
      dimensions: [base],
      metric_selectors: ['^jvm_threads_(current|daemon)$', '^jvm_gc_collection_seconds_(count|sum)$'],
    },
    {
      source_labels: ['job'],
      label_matcher: '^.*jmx.*$',
      dimensions: [[...base, 'area']],
      metric_selectors: ['^jvm_memory_bytes_used$'],
    },
  ],
};

/** A family of cluster prod that shows nothing yet. */
export function familyOf(family: string, settings: Partial<MonitoredFamily> = {}): MonitoredFamily {
  return {
    family,
    logicalName: family.replace(/[^A-Za-z0-9]/g, ''),
    cluster: 'prod',
    namespace: 'ECS/ContainerInsights/Prometheus',
    logGroupName: '/aws/lambda/prom-emf-dev-scrape',
    exporters: [],
    customDeclarations: [],
    alarms: [],
    scaling: [],
    ...settings,
  };
}

/** The article's families: NGINX, JMX, and Kafka Connect with rules of its own. */
export const nginxFamily = familyOf('nginx', { exporters: [nginx] });
export const kafdropFamily = familyOf('kafdrop', { exporters: [javajmx] });
export const connectFamily = familyOf('connect', {
  exporters: [javajmx],
  customDeclarations: [
    {
      source_labels: ['container_name'],
      label_matcher: '^connect$',
      dimensions: [[...base, 'connector', 'task']],
      metric_selectors: [
        '^kafka_connect_connector_task_metrics_batch_size_avg$',
        '^kafka_connect_sink_task_metrics_offset_commit_completion_total$',
      ],
    },
    {
      source_labels: ['container_name'],
      label_matcher: '^connect$',
      dimensions: [[...base, 'connector']],
      metric_selectors: [
        '^kafka_connect_connect_worker_metrics_connector_(?:total|failed|unassigned|paused|running)_task_count$',
      ],
    },
  ],
});
