// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ComposeText } from '../../../../lib/compose/file/compose-file.ts';
import { formatProblem } from '../../../../lib/document/problem.ts';
import { type RenderSettings, renderFamilies } from '../../../../lib/render.ts';
import { rulePacks } from '../extensions/rule-packs.ts';
import { warningsOf } from './lint-problems.ts';

const EXAMPLES = new URL('../../../../examples/compose/', import.meta.url);
const examples = readdirSync(EXAMPLES).map((name) => ({
  file: name,
  text: readFileSync(new URL(name, EXAMPLES), 'utf8'),
}));

const ARTICLE: readonly string[] = ['connect.yaml', 'kafdrop.yaml', 'nginx.yaml'];

function exampleWarnings(example: ComposeText, settings: Partial<RenderSettings>): string[] {
  const { warnings } = renderFamilies([example], { cluster: 'prod', rulePacks, environment: {}, ...settings });
  return warnings.map(formatProblem);
}

test.each(examples)('the example $file has no warning', (example) => {
  expect(exampleWarnings(example, {})).toEqual([]);
  expect(exampleWarnings(example, { engine: 'agent' })).toEqual([]);
});

test.each(examples.filter(({ file }) => ARTICLE.includes(file)))(
  "the article's $file has no warning as Compose-X renders it",
  (example) => {
    expect(exampleWarnings(example, { compat: 'compose-x' })).toEqual([]);
    expect(exampleWarnings(example, { compat: 'compose-x', engine: 'agent' })).toEqual([]);
  },
);

/** A processor for metric `a` that compares these labels with a pattern. */
function processor(labels: string, matcher: string, dimensions = '[ClusterName]', selectors = 'a'): string {
  return `{source_labels: [${labels}], label_matcher: '${matcher}', dimensions: [${dimensions}], metric_selectors: [${selectors}]}`;
}

const rule = (port: number, ...processors: string[]) =>
  `{ExporterPort: ${port}, EmfProcessors: [${processors.join(', ')}]}`;

/** The service `app`, whose ContainersInsights has these keys, and more keys of the service. */
function service(insights: string, more = ''): string {
  return `services:\n app:\n  ports: [80, 9113, 9404]\n  x-prometheus: {ContainersInsights: {${insights}}}\n${more}`;
}

const custom = (labels: string, matcher: string, more = '', dimensions = '[ClusterName]') =>
  service(`CustomRules: [${rule(80, processor(labels, matcher, dimensions))}]`, more);

const [javajmx] = rulePacks.filter(({ name }) => name === 'javajmx');
const RENAMED = {
  rulePacks: rulePacks.map((pack) =>
    pack === javajmx ? { ...pack, renamed: [{ from: 'old_name', to: 'new_name', note: 'since 1.0' }] } : pack,
  ),
};
/** A rule at the port of NGINX, or at another. */
const selecting = (selectors: string, port = 80) =>
  service(`CollectForNginx: true, CustomRules: [${rule(port, processor('job', '.', '[ClusterName]', selectors))}]`);

type Case = readonly [name: string, compose: string, settings?: Partial<RenderSettings>];

type Warned = readonly [name: string, compose: string, settings: Partial<RenderSettings>, message: string];

const silent: readonly Case[] = [
  [
    'a JMX matcher beside a custom rule',
    service(`CollectForJavaJmx: {ExporterPort: 80}, CustomRules: [${rule(80, processor('container_name', '^app$'))}]`),
  ],
  ["a label that may be a metric's", custom('connector', '^sink$')],
  ['a label that only a task has', custom('LaunchType, TaskId', '^EC2;')],
  ['the name of the family', custom('TaskDefinitionFamily', '^app$')],
  ['the name of the cluster', custom('ClusterName, TaskClusterName', '^prod;prod$')],
  ['a docker label', custom('team', '^data$', '  labels: {team: data}\n')],
  ['a docker label that a deployment decides', custom('team', '^data$', '  labels: {team: "${AWS::Region}"}\n')],
  ['a container name', custom('container_name', '^other$', '  container_name: other\n')],
  [
    'the container of another service of the family',
    custom('container_name', '^side$', ' side: {ports: [80], deploy: {labels: {ecs.task.family: app}}}\n'),
  ],
  [
    'a job after relabelling',
    custom('job', '^x$', '  x-prom-emf: {ScrapeConfigs: [{relabel_configs: [{target_label: job, replacement: x}]}]}\n'),
  ],
  [
    'a name after relabelling',
    custom(
      'my-job',
      '^x$',
      '  x-prom-emf: {ScrapeConfigs: [{metric_relabel_configs: [{action: labelmap, regex: x}]}]}\n',
    ),
  ],
  ["a metric's own job", custom('job', '^x$', '  x-prom-emf: {ScrapeConfigs: [{honor_labels: true}]}\n')],
  [
    "a job of the user's own scraping file",
    service(
      `CustomRules: [${rule(80, processor('job', '^x$'))}], ScrapingConfiguration: {ScrapingConfigurationFile: s.yaml}`,
    ),
    { files: [{ file: 's.yaml', text: 'scrape_configs: [{job_name: x}]' }] },
  ],
  [
    'an envoy that App Mesh adds',
    service(`CollectForAppMesh: true, CustomRules: [${rule(80, processor('container_name', '^envoy$'))}]`),
  ],
  [
    'an exporter that is added',
    `services:\n app:\n  ports: [80]\n  x-prometheus: {ContainersInsights: {CollectForNginx: {source_labels: [container_name], label_matcher: ^nginx-prometheus-exporter$}, AutoAddNginxPrometheusExporter: true}}\n`,
  ],
  [
    'an added exporter at another port',
    service('CollectForNginx: {ExporterPort: 9999}, AutoAddNginxPrometheusExporter: true'),
  ],
  ['ServiceName on tasks of a service', service('CollectForNginx: true')],
  ['ServiceName for an agent that finds the service', service('CollectForNginx: true'), { engine: 'agent' }],
  [
    'ServiceName in Compose-X, where NGINX is found by service',
    service('CollectForNginx: true'),
    { compat: 'compose-x' },
  ],
  [
    'tasks without a service, with a set of their own',
    service(
      `EnableTasksDiscovery: true, CustomRules: [${rule(80, processor('job', 'app', '[ServiceName], [ClusterName]'))}]`,
    ),
  ],
  [
    'two rules at one port',
    service(`CustomRules: [${rule(80, processor('job', 'app'))}, ${rule(80, processor('job', 'app'))}]`),
  ],
  [
    'families that are named alike',
    ' connect: &c {ports: [9404], x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}}\n connect2: *c\n'.replace(
      /^/,
      'services:\n',
    ),
  ],
  [
    'families named alike at other ports',
    'services:\n connect: {ports: [9404], x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}}\n connect2: {ports: [80], x-prometheus: {ContainersInsights: {CollectForJavaJmx: {ExporterPort: 80}}}}\n',
    { compat: 'compose-x' },
  ],
  ['both names of a metric', selecting('^(old_name|new_name)$'), RENAMED],
  ['both names in two selectors', selecting('^old_name$, ^new_name$'), RENAMED],
  ['a histogram by its name, sum and count', selecting('"^a$", "^a_(sum|count)$"')],
  ['buckets beside their histogram', selecting('"^a_bucket$", "^a$"')],
  ['buckets or something else', selecting('"^a_(bucket|sum)$", "^(a|a_bucket)$", "a|.*_bucket$", _bucket')],
  ['a name that goes on after _bucket', selecting('"^a_bucket_size$", "_buckets$", "^a_bucket"')],
  ['a renamed metric of another exporter', selecting('^old_name$', 9113), RENAMED],
  [
    'settings of a service over those of all',
    `${service('CollectForNginx: true')}  x-prom-emf: {ScrapeConfigs: [{scheme: http}]}\nx-prom-emf: {ScrapeConfigs: [{scheme: https}]}\n`,
  ],
  [
    'settings for one exporter after those for all',
    `${service('CollectForNginx: true')}  x-prom-emf: {ScrapeConfigs: [{scheme: http}, {ExporterPort: 9113, scheme: https}]}\n`,
  ],
];

const quiet = silent.map(([name, compose, settings = {}]) => ({ name, compose, settings }));

test.each(quiet)('says nothing about $name', ({ compose, settings }) => {
  expect(warningsOf(compose, settings)).toEqual([]);
});

const CI = 'services.app.x-prometheus.ContainersInsights';
const JOB = 'match that, or the container with source_labels: [container_name]';

const warned: readonly Warned[] = [
  [
    'a job of another cluster',
    custom('job', '^dev-'),
    {},
    `c.yaml:4:126: warning: ${CI}.CustomRules[0].EmfProcessors[0].label_matcher: expected a pattern that a target matches, found "^dev-": job of the targets is "prod-app-custom-sd-0", so nothing is selected; ${JOB}`,
  ],
  [
    'a joined value',
    custom('job, container_name', 'sd-0,app', '').replace('label_matcher', 'label_separator: "/", label_matcher'),
    {},
    `c.yaml:4:164: warning: ${CI}.CustomRules[0].EmfProcessors[0].label_matcher: expected a pattern that a target matches, found "sd-0,app": job/container_name of the targets is "prod-app-custom-sd-0/app", so nothing is selected; match that, or choose other source_labels`,
  ],
  [
    'a separator that an agent ignores',
    custom('job, container_name', 'sd-0/app', '').replace('label_matcher', 'label_separator: "/", label_matcher'),
    { engine: 'agent' },
    `c.yaml:4:164: warning: ${CI}.CustomRules[0].EmfProcessors[0].label_matcher: expected a pattern that a target matches, found "sd-0/app": job;container_name of the targets is "prod-app-custom-sd-0;app", so nothing is selected; match that, or choose other source_labels`,
  ],
  [
    'an empty section for all families',
    `${service('CollectForNginx: true')}x-prom-emf: {}\n`,
    {},
    'c.yaml:5:13: warning: x-prom-emf: an empty section configures nothing; remove it',
  ],
  [
    'a port that nobody maps, whose container is not known',
    service(`CustomRules: [${rule(81, processor('container_name', '^envoy$'))}]`),
    {},
    `c.yaml:4:68: warning: ${CI}.CustomRules[0].ExporterPort: the exporter port 81 has no port mapping, which discovery needs; add "- target: 81" to ports`,
  ],
  [
    'a reserved name',
    custom('__address__', '.'),
    {},
    `c.yaml:4:105: warning: ${CI}.CustomRules[0].EmfProcessors[0].source_labels[0]: expected a label name such as address__ ([a-zA-Z_][a-zA-Z0-9_]*, not starting "__"), found "__address__": no label of a target has another name`,
  ],
  [
    'a renamed metric at a port that no pack speaks for',
    selecting('^old_name$'),
    RENAMED,
    `c.yaml:4:202: warning: ${CI}.CustomRules[0].EmfProcessors[0].metric_selectors[0]: selects old_name, renamed to new_name (since 1.0); select both: "^(old_name|new_name)$"`,
  ],
  [
    'buckets of several histograms',
    selecting('"^(a|b)_bucket$"'),
    {},
    `c.yaml:4:202: warning: ${CI}.CustomRules[0].EmfProcessors[0].metric_selectors[0]: selects buckets alone, which are no metrics, so it finds nothing; select the histograms: "^(a|b)$"`,
  ],
  [
    'buckets of which one histogram is selected',
    selecting('"^a$", "^(a|b)_bucket$"'),
    {},
    `c.yaml:4:209: warning: ${CI}.CustomRules[0].EmfProcessors[0].metric_selectors[1]: selects buckets alone, which are no metrics, so it finds nothing; select the histograms: "^(a|b)$"`,
  ],
  [
    'buckets of any histogram',
    selecting('"(^a|^b).*_bucket$"'),
    {},
    `c.yaml:4:202: warning: ${CI}.CustomRules[0].EmfProcessors[0].metric_selectors[0]: selects buckets alone, which are no metrics, so it finds nothing; select histograms by their own names, without _bucket`,
  ],
  [
    'buckets, for an agent',
    selecting('"^a_bucket$"'),
    { engine: 'agent' },
    `c.yaml:4:202: warning: ${CI}.CustomRules[0].EmfProcessors[0].metric_selectors[0]: selects buckets alone, which are no metrics, so it finds nothing; remove it: an agent publishes no histograms`,
  ],
  [
    'ServiceName on JMX targets of Compose-X',
    service(`CollectForJavaJmx: true, CustomRules: [${rule(80, processor('job', 'jmx', '[ServiceName]'))}]`),
    { compat: 'compose-x' },
    `c.yaml:4:171: warning: ${CI}.CustomRules[0].EmfProcessors[0].dimensions[0]: expected dimensions that the targets have, found ServiceName, which an agent gives only to what service_name_list_for_tasks finds: nothing is published with this set; leave ServiceName out`,
  ],
  [
    'ServiceName on targets of a docker label under the profile of the agent',
    service(
      `CustomRules: [${rule(80, processor('job', '^x$', '[ServiceName]'))}]`,
      '  labels: {ECS_PROMETHEUS_EXPORTER_PORT: 9113, job: x}\n  x-prom-emf: {Options: {profile: cloudwatch-agent}}\n',
    ),
    {},
    `c.yaml:4:146: warning: ${CI}.CustomRules[0].EmfProcessors[0].dimensions[0]: expected dimensions that the targets have, found ServiceName, which an agent gives only to what service_name_list_for_tasks finds: nothing is published with this set; leave ServiceName out`,
  ],
  [
    'settings of all families for an exporter of none',
    `${service('CollectForNginx: true')}x-prom-emf: {ScrapeConfigs: [{ExporterPort: 80, scheme: https}]}\n`,
    {},
    'c.yaml:5:45: warning: x-prom-emf.ScrapeConfigs[0].ExporterPort: expected the ExporterPort of an exporter (9113), found 80, which changes nothing; correct it, or remove the entry',
  ],
  [
    'top-level settings that Compose-X does not know',
    `${service('CollectForNginx: true')}x-prom-emf: {ScrapeConfigs: [{ExporterPort: 80, scheme: https}]}\n`,
    { compat: 'compose-x' },
    'c.yaml:5:13: warning: x-prom-emf: has no effect with --compat: ECS Compose-X knows no x-prom-emf; render without --compat',
  ],
  [
    'rules that another service replaces in Compose-X, and nothing else of them',
    `${custom('job', '^never$')} two: {ports: [80], deploy: {labels: {ecs.task.family: app}}, x-prometheus: {ContainersInsights: {CustomRules: [${rule(80, processor('job', 'app'))}]}}}\n`,
    { compat: 'compose-x' },
    `c.yaml:4:52: warning: ${CI}.CustomRules: is lost: ECS Compose-X takes that of service two for the whole family; write both there, or render without --compat`,
  ],
];

test.each(warned)('warns of %s', (_, compose, settings, message) => {
  expect(warningsOf(compose, settings)).toEqual([message]);
});
