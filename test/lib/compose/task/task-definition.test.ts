import { describe, expect, it } from 'vitest';
import { checkTaskDefinition, renderTaskDefinition } from '../../../../lib/compose/task/task-definition.ts';
import { formatProblem } from '../../../../lib/document/problem.ts';
import { familyOf, settings } from './families.ts';

const NGINX = `services:
  nginx:
    ports: [{target: 9113}]
    x-prometheus: {ContainersInsights: {CollectForNginx: true, AutoAddNginxPrometheusExporter: true}}
`;
const JMX = 'services:\n  app: {x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}}\n';
const agent = { ...settings, engine: 'agent' } as const;
const scraperSecurityGroup = 'sg-0a1b2c3d4e5f60718';

describe('the overlay', () => {
  const names = (text: string, its = settings) =>
    renderTaskDefinition(familyOf(text, its.compat, its.engine), its)?.containerDefinitions.map(({ name }) => name);

  it.each([
    { name: 'is not there without sidecars', text: JMX, its: settings, expected: undefined },
    { name: 'adds the exporter for Lambda', text: NGINX, its: settings, expected: ['nginx-prometheus-exporter'] },
    { name: 'adds the agent and changes its neighbours', text: JMX, its: agent, expected: ['cloudwatch-agent', 'app'] },
    {
      name: 'adds both for the agent',
      text: NGINX,
      its: agent,
      expected: ['nginx-prometheus-exporter', 'cloudwatch-agent', 'nginx'],
    },
    {
      name: 'has the agent of Compose-X whatever the engine',
      text: JMX,
      its: { ...settings, compat: 'compose-x' } as const,
      expected: ['cloudwatch-agent', 'app'],
    },
  ])('$name', ({ text, its, expected }) => {
    expect(names(text, its)).toEqual(expected);
  });

  it('lets the scraper in, known or not', () => {
    const groupOf = (text: string, its = settings) =>
      renderTaskDefinition(familyOf(text), its)?.securityGroupIngress?.map((rule) => rule.sourceSecurityGroupId);
    expect(groupOf(JMX, { ...settings, scraperSecurityGroup })).toEqual([scraperSecurityGroup]);
    expect(groupOf(NGINX)).toEqual(['${SCRAPER_SECURITY_GROUP}']);
  });

  it('lets nobody in for an agent', () => {
    const overlay = renderTaskDefinition(familyOf(JMX, undefined, 'agent'), { ...agent, scraperSecurityGroup });
    expect(overlay).not.toHaveProperty('securityGroupIngress');
  });

  it('leaves the region to envsubst where it is not known', () => {
    const { region: _, ...elsewhere } = settings;
    expect(JSON.stringify(renderTaskDefinition(familyOf(NGINX), elsewhere))).toContain(
      '"awslogs-region":"${AWS_REGION}"',
    );
  });
});

describe('the check', () => {
  const check = (text: string, its = settings) =>
    checkTaskDefinition(familyOf(text, its.compat, its.engine), its).map(formatProblem);

  it('warns of a port that is mapped twice', () => {
    expect(check(NGINX)).toEqual([
      'compose.yaml:3:13: warning: services.nginx.ports: port 9113 belongs to the added container nginx-prometheus-exporter, and ECS takes a mapping once; remove it here',
    ]);
  });

  it('refuses a service with the name of a sidecar', () => {
    expect(check(JMX.replace('app:', 'cloudwatch-agent:'), agent)).toEqual([
      'compose.yaml:2:21: error: services.cloudwatch-agent: expected a container name that is free, found cloudwatch-agent, which is added to this family; rename the service, or leave the container to it',
    ]);
  });

  it('takes a service with the name of a sidecar that is not added', () => {
    expect(check(JMX.replace('app:', 'cloudwatch-agent:'))).toEqual([]);
  });

  it('warns that the exporter does not reach NGINX in bridge mode', () => {
    const text = NGINX.replace('ports: [{target: 9113}]', 'network_mode: bridge');
    expect(check(text)).toEqual([
      "compose.yaml:3:5: warning: services.nginx.network_mode: in bridge mode 127.0.0.1 is each container's own; link nginx-prometheus-exporter to NGINX and set its SCRAPE_URI",
    ]);
  });
});
