import { expect, it } from 'vitest';
import { exporterPorts, ingressRules, renderIngress } from '../../../../lib/compose/task/security-group-ingress.ts';
import { familyOf, settings } from './families.ts';

const RULES = 'CustomRules: [{ExporterPort: 8080, EmfProcessors: []}, {ExporterPort: 9404, EmfProcessors: []}]';
const app = (rest: string) =>
  familyOf(`services:\n  my-app: {${rest}, x-prometheus: {ContainersInsights: {CollectForJavaJmx: true, ${RULES}}}}\n`);

it('takes every port once, those of docker labels too', () => {
  const labels = 'labels: {ECS_PROMETHEUS_EXPORTER_PORT: "9200"}';
  expect(exporterPorts(app(labels))).toEqual([8080, 9200, 9404]);
  expect(exporterPorts(app('labels: {ECS_PROMETHEUS_EXPORTER_PORT: none}'))).toEqual([8080, 9404]);
});

const ranges = (rest: string) => ingressRules(app(rest), 'sg-1').map(({ fromPort, toPort }) => [fromPort, toPort]);

it.each([
  {
    name: 'opens the ports of the containers',
    rest: 'ports: ["18080:8080"]',
    expected: [
      [8080, 8080],
      [9404, 9404],
    ],
  },
  {
    name: 'opens the published port in bridge mode, and what Docker may choose for others',
    rest: 'network_mode: bridge, ports: ["18080:8080", "9404"]',
    expected: [
      [18080, 18080],
      [32768, 65535],
    ],
  },
])('$name', ({ rest, expected }) => {
  expect(ranges(rest)).toEqual(expected);
});

it('is CloudFormation with the groups as parameters', () => {
  const part = renderIngress(app('image: example/app:1'), { ...settings, scraperSecurityGroup: 'sg-1' });
  const group = { Type: 'String', AllowedPattern: '(sg-[0-9a-f]+)?' };
  expect(part?.Parameters).toEqual({
    myappSecurityGroup: {
      ...group,
      Description: 'Security group of the tasks of my-app; empty: the scraper is let in elsewhere',
      Default: '',
    },
    ScraperSecurityGroup: { ...group, Description: 'Security group of scrape', Default: 'sg-1' },
  });
  expect(Object.keys(part?.Resources ?? {})).toEqual(['myappIngressOn8080', 'myappIngressOn9404']);
  expect(part?.Resources.myappIngressOn8080?.Properties).toEqual({
    GroupId: { Ref: 'myappSecurityGroup' },
    SourceSecurityGroupId: { Ref: 'ScraperSecurityGroup' },
    IpProtocol: 'tcp',
    FromPort: 8080,
    ToPort: 8080,
    Description: 'scrape of my-app',
  });
});

it('is left out by the stack where a group is not given', () => {
  const part = renderIngress(app('image: example/app:1'), settings);
  const isThere = (Ref: string) => ({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref }, ''] }] });
  expect(part?.Conditions).toEqual({
    myappLetsScraperIn: { 'Fn::And': [isThere('ScraperSecurityGroup'), isThere('myappSecurityGroup')] },
  });
  expect(Object.values(part?.Resources ?? {}).map(({ Condition }) => Condition)).toEqual([
    'myappLetsScraperIn',
    'myappLetsScraperIn',
  ]);
});

it('lets the tasks in among themselves for an agent', () => {
  const part = renderIngress(app('image: example/app:1'), { ...settings, engine: 'agent' });
  expect(Object.keys(part?.Parameters ?? {})).toEqual(['myappSecurityGroup']);
  expect(part?.Resources.myappIngressOn8080?.Properties.SourceSecurityGroupId).toEqual({ Ref: 'myappSecurityGroup' });
});

it('is not there where nothing is scraped', () => {
  const family = familyOf('services:\n  app: {x-monitoring: {CWAgentCollectEmf: true}}\n', 'compose-x');
  expect(renderIngress(family, settings)).toBeUndefined();
});
