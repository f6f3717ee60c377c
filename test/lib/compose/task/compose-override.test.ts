import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderComposeOverride } from '../../../../lib/compose/task/compose-override.ts';
import { familiesOf, settings } from './families.ts';

const exporter = (family: string, services: readonly string[]) => ({
  image: 'public.ecr.aws/nginx/nginx-prometheus-exporter:latest',
  deploy: { labels: { 'ecs.task.family': family }, resources: { limits: { cpus: 0.1, memory: '64M' } } },
  depends_on: services,
  ports: [{ target: 9113, protocol: 'tcp' }],
  environment: { SCRAPE_URI: 'http://127.0.0.1:8080/stub_status' },
  labels: {
    container_name: 'nginx-prometheus-exporter',
    ECS_PROMETHEUS_EXPORTER_PORT: '9113',
    job: 'nginx-prometheus-exporter',
  },
});
const ingress = (...ports: number[]) => ({
  'x-network': { Ingress: { AwsSources: [{ Type: 'SecurityGroup', Id: '${SCRAPER_SECURITY_GROUP}', Ports: ports }] } },
});

const ADDED = 'x-prom-emf: {ContainersInsights: {CollectForNginx: true, AutoAddNginxPrometheusExporter: true}}';
const JMX = 'x-prom-emf: {ContainersInsights: {CollectForJavaJmx: true}}';
const shared = 'deploy: {labels: {ecs.task.family: "a,b"}}';

/** ECS Compose-X 1.1.9 rendered each of them: docs/overlay.md. */
const cases = [
  {
    name: 'adds the exporter and lets the scraper in',
    text: `services:\n  nginx: {ports: ["443:443"], ${ADDED}}\n`,
    expected: { nginx: { 'nginx-prometheus-exporter': { ...exporter('nginx', ['nginx']), ...ingress(9113) } } },
  },
  {
    name: 'gives the exporters of two families two names',
    text: `services:\n  one: {${ADDED}}\n  two: {${ADDED}}\n`,
    expected: {
      one: { 'one-nginx-prometheus-exporter': { ...exporter('one', ['one']), ...ingress(9113) } },
      two: { 'two-nginx-prometheus-exporter': { ...exporter('two', ['two']), ...ingress(9113) } },
    },
  },
  {
    name: 'maps a port that only one service can mean',
    text: `services:\n  app: {${JMX}}\n`,
    expected: { app: { app: { ports: [{ target: 9404, protocol: 'tcp' }], ...ingress(9404) } } },
  },
  {
    name: 'maps a port at the service that exposes it',
    text: `services:\n  app: {expose: ["9404"], deploy: {labels: {ecs.task.family: f}}, ${JMX}}\n  log: {deploy: {labels: {ecs.task.family: f}}}\n`,
    expected: { f: { app: { ports: [{ target: 9404, protocol: 'tcp' }], ...ingress(9404) } } },
  },
  {
    name: 'maps no port that is mapped',
    text: `services:\n  app: {ports: ["9404:9404"], ${JMX}}\n`,
    expected: { app: { app: ingress(9404) } },
  },
  {
    name: 'maps no port that several services may mean',
    text: `services:\n  app: {deploy: {labels: {ecs.task.family: f}}, ${JMX}}\n  log: {deploy: {labels: {ecs.task.family: f}}}\n`,
    expected: { f: { app: ingress(9404) } },
  },
  {
    name: 'lets the scraper in once for a service of two families',
    text: `services:\n  app: {ports: ["9404"], ${shared}, ${JMX}}\n`,
    expected: { a: { app: ingress(9404) }, b: undefined },
  },
  {
    name: 'lets the scraper in at a service of this family alone',
    text: `services:\n  app: {ports: ["9404"], ${shared}, ${JMX}}\n  more: {deploy: {labels: {ecs.task.family: b}}}\n`,
    expected: { a: { app: ingress(9404) }, b: { more: ingress(9404) } },
  },
];

it.each(cases)('$name', ({ text, expected }) => {
  const families = familiesOf(text);
  const rendered = [...families].map(([name, family]) => {
    const override = renderComposeOverride(family, settings, [...families.values()]);
    return [name, override && parse(override).services];
  });
  expect(Object.fromEntries(rendered)).toEqual(expected);
});

it('names the security group where it is known', () => {
  const [family] = familiesOf(`services:\n  app: {ports: ["9404"], ${JMX}}\n`).values();
  const known = { ...settings, scraperSecurityGroup: 'sg-0a1b2c3d4e5f60718' };
  expect(family && renderComposeOverride(family, known, [family])).toContain('Id: sg-0a1b2c3d4e5f60718\n');
});

it('leaves the ingress of agents to the user', () => {
  const [family] = familiesOf(`services:\n  app: {ports: ["9404"], ${JMX}}\n`, undefined, 'agent').values();
  expect(family && renderComposeOverride(family, { ...settings, engine: 'agent' }, [family])).toBeUndefined();
});

it('is not there under compat', () => {
  const text = `services:\n  nginx: {${ADDED.replace('x-prom-emf', 'x-prometheus')}}\n`;
  const [family] = familiesOf(text, 'compose-x').values();
  expect(family && renderComposeOverride(family, { ...settings, compat: 'compose-x' }, [family])).toBeUndefined();
});
