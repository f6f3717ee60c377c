import { expect, it } from 'vitest';
import { nginxExporterOf, nginxExporterSidecar } from '../../../../lib/compose/task/nginx-exporter.ts';
import { familyOf, settings } from './families.ts';

const nginx = (insights: string, compat?: 'compose-x') =>
  familyOf(`services:\n  nginx:\n    x-prometheus:\n      ContainersInsights: {${insights}}\n`, compat);

const SCRAPE_URI = 'http://127.0.0.1:8080/stub_status';
const LABELS = { container_name: 'nginx-prometheus-exporter', job: 'nginx-prometheus-exporter' };

it.each([
  {
    name: 'has its defaults',
    insights: 'CollectForNginx: true, AutoAddNginxPrometheusExporter: true',
    expected: {
      port: 9113,
      dockerLabels: { ...LABELS, ECS_PROMETHEUS_EXPORTER_PORT: '9113' },
      environment: { SCRAPE_URI },
    },
  },
  {
    name: 'listens where it is expected',
    insights: 'CollectForNginx: {ExporterPort: 9999, ExporterPath: /m}, AutoAddNginxPrometheusExporter: true',
    expected: {
      port: 9999,
      dockerLabels: { ...LABELS, ECS_PROMETHEUS_EXPORTER_PORT: '9999', ECS_PROMETHEUS_METRICS_PATH: '/m' },
      environment: { SCRAPE_URI, LISTEN_ADDRESS: ':9999', TELEMETRY_PATH: '/m' },
    },
  },
  { name: 'is not added unasked', insights: 'CollectForNginx: true', expected: undefined },
  {
    name: 'is not added where no NGINX metrics are collected',
    insights: 'CollectForJavaJmx: true, AutoAddNginxPrometheusExporter: true',
    expected: undefined,
  },
])('$name', ({ insights, expected }) => {
  expect(nginxExporterOf(nginx(insights), undefined)).toEqual(expected);
});

it('has the port of Compose-X and no variables under compat', () => {
  const insights = 'CollectForNginx: {ExporterPort: 9999}, AutoAddNginxPrometheusExporter: true';
  expect(nginxExporterOf(nginx(insights, 'compose-x'), 'compose-x')).toEqual({
    port: 9113,
    dockerLabels: { ...LABELS, ECS_PROMETHEUS_EXPORTER_PORT: '9113' },
    environment: {},
  });
});

it('asks NGINX Plus for its API', () => {
  const { exporters, ...family } = nginx('CollectForNginx: true, AutoAddNginxPrometheusExporter: true');
  const plus = exporters.map((exporter) => ({ ...exporter, pack: { ...exporter.pack, name: 'nginxplus' } }));
  expect(nginxExporterOf({ ...family, exporters: plus }, undefined)?.environment).toEqual({
    SCRAPE_URI: 'http://127.0.0.1:8080/api',
    NGINX_PLUS: 'true',
  });
});

it('is a container that waits for the family and does not end the task', () => {
  const family = nginx('CollectForNginx: true, AutoAddNginxPrometheusExporter: true');
  const exporter = nginxExporterOf(family, undefined);
  expect(exporter && nginxExporterSidecar(family, exporter, settings)).toEqual({
    name: 'nginx-prometheus-exporter',
    image: 'public.ecr.aws/nginx/nginx-prometheus-exporter:latest',
    cpu: 102,
    memory: 64,
    essential: false,
    portMappings: [{ containerPort: 9113, protocol: 'tcp', name: 'tcp_9113' }],
    dependsOn: [{ containerName: 'nginx', condition: 'START' }],
    environment: [{ name: 'SCRAPE_URI', value: SCRAPE_URI }],
    dockerLabels: { ...LABELS, ECS_PROMETHEUS_EXPORTER_PORT: '9113' },
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/ecs/web',
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': 'nginx-prometheus-exporter',
      },
    },
  });
});

it('is told where EMF goes, as every container of a family of Compose-X', () => {
  const monitored = `services:
  nginx:
    x-monitoring: {CWAgentCollectEmf: true}
    x-prometheus: {ContainersInsights: {CollectForNginx: true, AutoAddNginxPrometheusExporter: true}}
`;
  const family = familyOf(monitored, 'compose-x');
  const exporter = nginxExporterOf(family, 'compose-x');
  expect(exporter && nginxExporterSidecar(family, exporter, { ...settings, compat: 'compose-x' }).environment).toEqual([
    { name: 'AWS_EMF_AGENT_ENDPOINT', value: 'tcp://127.0.0.1:25888' },
  ]);
});
