// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../../../lib/document/problem.ts';
import { renderFamilies } from '../../../../lib/render.ts';
import { rulePacks } from './rule-packs.ts';

const RULE = 'source_labels: [job], label_matcher: app, dimensions: [[ClusterName]], metric_selectors: [^a$]';

/** The problems of a service whose ContainersInsights is this flow text, without file and common path. */
function problemsOf(insights: string, environment: Record<string, string> = {}): string[] {
  return problemsOfService(`x-prometheus: {ContainersInsights: ${insights}}`, environment).map((text) =>
    text.replace('services.app.x-prometheus.ContainersInsights', 'CI').replace('CI.', ''),
  );
}

function problemsOfService(body: string, environment: Record<string, string> = {}): string[] {
  const text = `services:\n app:\n  ports: [80, 443, 9404, 9113]\n  ${body}\n`;
  try {
    return renderFamilies([{ file: 'c.yaml', text }], { cluster: 'prod', rulePacks, environment }).warnings.map(
      formatProblem,
    );
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}

const accepted = [
  ['true', 'CollectForJavaJmx: true'],
  ['an empty mapping', 'CollectForNginx: {}'],
  ['false beside something else', 'CollectForNginx: true, CollectForAppMesh: false, CollectEmf: false'],
  ['a port as text', 'CollectForNginx: {ExporterPort: "9113"}'],
  ['an interpolated port', 'CollectForNginx: {ExporterPort: "${PORT:-9113}"}'],
  ['an interpolated flag', 'CollectForNginx: true, EnableCWAgentDebug: "${DEBUG:-false}"'],
  ['source labels for App Mesh', 'CollectForAppMesh: {source_labels: [container_name], label_matcher: ^envoy.*$}'],
  [
    'a rule with everything',
    `CustomRules: [{ExporterPort: 80, ExporterPath: /m, EmfProcessors: [{${RULE}, label_separator: ","}]}]`,
  ],
  [
    'an empty dimension set',
    `CustomRules: [{ExporterPort: 80, EmfProcessors: [{source_labels: [job], label_matcher: a, dimensions: [[]], metric_selectors: [a]}]}]`,
  ],
  ['an interval below the default timeout', 'CollectForNginx: true, ScrapingConfiguration: {Interval: 5s}'],
];

test.each(accepted)('accepts %s', (_, insights) => {
  expect(problemsOf(`{${insights}}`)).toEqual([]);
});

const refused: [string, string, ...string[]][] = [
  [
    'a flag in quotes',
    'CollectForNginx: "true"',
    'c.yaml:4:56: error: CollectForNginx: expected true, false or a mapping, found "true"',
  ],
  [
    'a list for a mapping',
    'ScrapingConfiguration: []',
    'c.yaml:4:62: error: ScrapingConfiguration: expected a mapping, found a list',
  ],
  [
    'a port of nothing',
    'CollectForNginx: {ExporterPort: 0}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPort: expected a port from 1 to 65535, found 0',
  ],
  [
    'a port too high',
    'CollectForNginx: {ExporterPort: 65536}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPort: expected a port from 1 to 65535, found 65536',
  ],
  [
    'half a port',
    'CollectForNginx: {ExporterPort: 80.5}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPort: expected a port from 1 to 65535, found 80.5',
  ],
  [
    'a port with a word in it',
    'CollectForNginx: {ExporterPort: "80 "}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPort: expected a port from 1 to 65535, found "80 "',
  ],
  [
    'a path without a slash',
    'CollectForNginx: {ExporterPath: metrics}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPath: expected a path that begins with /, found "metrics"; write "/metrics"',
  ],
  [
    'a path with a space',
    'CollectForNginx: {ExporterPath: "/a b"}',
    'c.yaml:4:71: error: CollectForNginx.ExporterPath: expected a path of printable ASCII, found "/a b"; percent-encode it',
  ],
  [
    'a word for a duration',
    'ScrapingConfiguration: {Interval: soon}',
    'c.yaml:4:73: error: ScrapingConfiguration.Interval: expected a duration such as 15s, 1m or 1h30m, found "soon"',
  ],
  [
    'no duration at all',
    'ScrapingConfiguration: {Timeout: 0s}',
    'c.yaml:4:72: error: ScrapingConfiguration.Timeout: expected a duration above 0, found "0s"',
  ],
  [
    'a timeout above the interval',
    'CollectForNginx: true, ScrapingConfiguration: {Timeout: 2m}',
    'c.yaml:4:95: error: ScrapingConfiguration.Timeout: expected a timeout of at most the interval 1m, found "2m"; raise Interval too',
  ],
  [
    'flat dimensions',
    'CustomRules: [{ExporterPort: 80, EmfProcessors: [{source_labels: [job], label_matcher: a, dimensions: [ClusterName], metric_selectors: [a]}]}]',
    'c.yaml:4:142: error: CustomRules[0].EmfProcessors[0].dimensions[0]: expected a list of dimensions, found "ClusterName"; dimensions is a list of lists, such as [[ClusterName, TaskDefinitionFamily]]',
  ],
  [
    'a look-ahead',
    'CollectForNginx: {label_matcher: "a(?=b)"}',
    'c.yaml:4:72: error: CollectForNginx.label_matcher: expected an RE2 regular expression, found "a(?=b)": error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
  ],
  [
    'a reference to another parameter',
    'CollectForNginx: {label_matcher: "a{{b"}',
    'c.yaml:4:72: error: CollectForNginx.label_matcher: expected no "{{", found "a{{b"; SSM parameters cannot hold it, in a regular expression write {[{]',
  ],
  [
    'a missing variable',
    'CollectForNginx: {label_matcher: "${M:?name it}"}',
    'c.yaml:4:72: error: CollectForNginx.label_matcher: expected the variable M to be set (name it), found nothing; set it and render again',
  ],
  [
    'a rule without anything',
    'CustomRules: [{}]',
    'c.yaml:4:53: error: CustomRules[0].ExporterPort: missing key "ExporterPort"',
    'c.yaml:4:53: error: CustomRules[0].EmfProcessors: missing key "EmfProcessors"',
  ],
  [
    'every error at once',
    'Foo: 1, CollectForNginx: 1, EnableCWAgentDebug: "no"',
    'c.yaml:4:39: error: Foo: unknown key "Foo"; known keys: CollectForAppMesh, CollectForJavaJmx, CollectForNginx, CollectForNginxPlus, CollectEmf, AutoAddNginxPrometheusExporter, EnableCWAgentDebug, EnableTasksDiscovery, ScrapingConfiguration, CustomRules',
    'c.yaml:4:64: error: CollectForNginx: expected true, false or a mapping, found 1',
    'c.yaml:4:87: error: EnableCWAgentDebug: expected true or false, found "no"; write true or false without quotes',
  ],
];

test.each(refused)('refuses %s', (_, insights, ...messages) => {
  expect(problemsOf(`{${insights}}`)).toEqual(messages);
});

const warned: [string, string, ...string[]][] = [
  [
    'a key without a value',
    'CollectForNginx: , CollectForJavaJmx: true',
    'c.yaml:4:39: warning: CollectForNginx: an empty value configures nothing; write true for the defaults, or remove the key',
  ],
  [
    'an empty list of processors',
    'CustomRules: [{ExporterPort: 80, EmfProcessors: []}]',
    'c.yaml:4:87: warning: CustomRules[0].EmfProcessors: an empty list configures nothing; add a rule, or remove the key',
  ],
  [
    'a missing matcher',
    'CustomRules: [{ExporterPort: 80, EmfProcessors: [{source_labels: [job], dimensions: [[a]], metric_selectors: [a]}]}]',
    'c.yaml:4:88: warning: CustomRules[0].EmfProcessors[0]: label_matcher is missing: ".*" is taken, which every target matches; write the pattern you mean',
  ],
  [
    'a port without a mapping',
    'CollectForNginx: {ExporterPort: 9999}',
    'c.yaml:4:71: warning: CollectForNginx.ExporterPort: the exporter port 9999 has no port mapping, which discovery needs; add "- target: 9999" to ports',
  ],
  [
    'debug alone',
    'EnableCWAgentDebug: true',
    'c.yaml:4:38: warning: CI: nothing is collected, so nothing is rendered; add a CollectFor key, CustomRules or Exporters',
  ],
  [
    'an exporter to add where no NGINX metrics are collected',
    'CollectForJavaJmx: true, AutoAddNginxPrometheusExporter: true',
    'c.yaml:4:96: warning: AutoAddNginxPrometheusExporter: no NGINX metrics are collected, so no exporter is added; add CollectForNginx: true',
  ],
  [
    'EMF without an agent to take it',
    'CollectForNginx: true, CollectEmf: true',
    'c.yaml:4:74: warning: CollectEmf: no agent runs beside the tasks to receive EMF; let the application write it on stdout, or render with --engine agent',
  ],
];

test.each(warned)('warns of %s', (_, insights, ...messages) => {
  expect(problemsOf(`{${insights}}`)).toEqual(messages);
});

const services: [string, string, ...string[]][] = [
  [
    'an empty extension',
    'x-prometheus: {}',
    'c.yaml:4:17: warning: services.app.x-prometheus: an empty section configures nothing; remove it',
  ],
  [
    'an empty section',
    'x-prometheus: {ContainersInsights: }',
    'c.yaml:4:38: warning: services.app.x-prometheus.ContainersInsights: an empty section configures nothing; remove it',
  ],
  [
    'a list of sections',
    'x-prom-emf: {ContainersInsights: [a]}',
    'c.yaml:4:36: error: services.app.x-prom-emf.ContainersInsights: expected a mapping, found a list',
  ],
  [
    'two sections',
    'x-prometheus: {ContainersInsights: {CollectForNginx: true}}\n  x-prom-emf: {ContainersInsights: {CollectForNginx: true}}',
    'c.yaml:5:36: error: services.app.x-prom-emf: expected one section, found ContainersInsights under x-prometheus and x-prom-emf too; keep one of them',
  ],
  [
    'a family that is no name',
    'x-prom-emf: {ContainersInsights: {CollectForNginx: true}}\n  deploy: {labels: {ecs.task.family: ../up}}',
    'c.yaml:5:38: error: services.app.deploy.labels.ecs.task.family: expected a task family of at most 255 letters, digits, - and _, found "../up"',
  ],
];

test.each(services)('reports %s', (_, body, ...messages) => {
  expect(problemsOfService(body)).toEqual(messages);
});
