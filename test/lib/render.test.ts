import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type AgentConfig, agentConfigSchema } from '../../lib/cloudwatch/agent-config.ts';
import { optionsSchema } from '../../lib/cloudwatch/options.ts';
import { parseDocument } from '../../lib/document/document.ts';
import { formatProblem } from '../../lib/document/problem.ts';
import { readDocument } from '../../lib/document/schema.ts';
import { compileRegex } from '../../lib/prometheus/regex.ts';
import { type RenderSettings, renderFamilies } from '../../lib/render.ts';
import { rulePacks } from './compose/extensions/rule-packs.ts';

const ARTICLE = ['connect', 'kafdrop', 'nginx'].map((name) => {
  const file = `examples/compose/${name}.yaml`;
  return { file, text: readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8') };
});

function render(text: string, settings: Partial<RenderSettings> = {}) {
  return renderFamilies([{ file: 'c.yaml', text }], { cluster: 'prod', rulePacks, environment: {}, ...settings });
}

/** The Prometheus part of the agent document of the only family, or of the one named. */
function agentOf(text: string, settings: Partial<RenderSettings> = {}, family?: string) {
  const { families } = render(text, settings);
  const found = families.find((candidate) => family === undefined || candidate.family === family);
  return (JSON.parse(found?.agent ?? '{}') as AgentConfig).logs.metrics_collected.prometheus;
}

function jobsOf(agent: ReturnType<typeof agentOf>, list: 'task_definition_list' | 'service_name_list_for_tasks') {
  return agent.ecs_service_discovery?.[list]?.map((entry) => `${entry.sd_job_name} ${entry.sd_metrics_ports}`);
}

describe("the article's three services", () => {
  const { families, warnings } = renderFamilies(ARTICLE, { cluster: 'prod', rulePacks, environment: {} });

  test('render without a warning', () => {
    expect(warnings.map(formatProblem)).toEqual([]);
    expect(families.map(({ family }) => family)).toEqual(['connect', 'kafdrop', 'nginx']);
  });

  test.each(families)('give $family documents that their schemas accept', ({ agent, options, sizes, ...texts }) => {
    const { prometheus = '' } = texts;
    expect(readDocument(agentConfigSchema, parseDocument(agent, 'agent.json'))).toBeDefined();
    expect(readDocument(optionsSchema, parseDocument(options, 'options.json'))).toMatchObject({ profile: 'prom-emf' });
    expect(parse(prometheus)).toEqual({
      global: { scrape_interval: '1m', scrape_timeout: '10s' },
      scrape_configs: [
        {
          job_name: 'prod-cwagent-ecs-file-sd-config',
          sample_limit: 10000,
          file_sd_configs: [{ files: ['/tmp/cwagent_ecs_auto_sd.yaml'] }],
        },
      ],
    });
    expect(sizes).toEqual({ prometheus: prometheus.length, agent: agent.length, options: options.length });
  });

  test('give connect one target with both rules, whatever finds it', () => {
    const { logs } = JSON.parse(families[0]?.agent ?? '{}') as AgentConfig;
    const { ecs_service_discovery, emf_processor, ...names } = logs.metrics_collected.prometheus;
    expect(names).toEqual({
      cluster_name: 'prod',
      log_group_name: '/aws/ecs/containerinsights/prod/prometheus',
      prometheus_config_path: 'env:PROMETHEUS_CONFIG_CONTENT',
    });
    const entry = {
      sd_job_name: 'prod-javajmx-prometheus-exporter-connect-custom-sd-0',
      sd_metrics_path: '/metrics',
      sd_metrics_ports: '1234',
    };
    expect(ecs_service_discovery).toEqual({
      sd_frequency: '1m',
      sd_result_file: '/tmp/cwagent_ecs_auto_sd.yaml',
      docker_label: {},
      task_definition_list: [{ ...entry, sd_task_definition_arn_pattern: '.*:task-definition/connect:[0-9]+$' }],
      service_name_list_for_tasks: [
        { ...entry, sd_service_name_pattern: '^(connect|(.+-)?connect-[0-9A-Z]{12,13}-.*)$' },
      ],
    });
    expect(emf_processor?.metric_namespace).toBe('ECS/ContainerInsights/Prometheus');
    expect(
      emf_processor?.metric_declaration?.map(({ label_matcher, dimensions }) => [label_matcher, dimensions]),
    ).toEqual([
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily']]],
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily', 'area']]],
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily', 'pool']]],
      // What the rule pack adds for newer exporters.
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily']]],
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily', 'area']]],
      ['^connect.*$', [['ClusterName', 'TaskDefinitionFamily', 'pool']]],
      ['^connect$', [['ClusterName', 'TaskDefinitionFamily', 'connector', 'task']]],
      ['^connect$', [['ClusterName', 'TaskDefinitionFamily', 'connector']]],
    ]);
  });
});

describe('rendered patterns', () => {
  const family = 'my-app.v1';
  const agent = agentOf(
    `services: {${family}: {ports: [9113], x-prometheus: {ContainersInsights: {CollectForNginx: true}}}}`,
  );
  const discovery = agent.ecs_service_discovery;
  const arn = (name: string) => `arn:aws:ecs:eu-west-1:111122223333:task-definition/${name}`;

  test.each([
    [arn('my-app.v1:12'), true],
    [arn('my-app.v12:1'), false],
    [arn('other-my-app.v1:1'), false],
    [arn('my-appxv1:1'), false],
  ])('find by task definition %s: %s', (text, expected) => {
    const pattern = discovery?.task_definition_list?.[0]?.sd_task_definition_arn_pattern ?? '';
    expect(compileRegex(pattern).search(text)).toBe(expected);
  });

  test.each([
    ['my-app.v1', true],
    ['root-stack-myappv1-1A2B3C4D5E6F7-EcsServiceDefinition-AbCdEf', true],
    ['my-app.v1-proxy', false],
    ['other-my-app.v1', false],
    ['root-othermyappv1-1A2B3C4D5E6F7-EcsServiceDefinition-AbCdEf', false],
  ])('find by service name %s: %s', (text, expected) => {
    const pattern = discovery?.service_name_list_for_tasks?.[0]?.sd_service_name_pattern ?? '';
    expect(compileRegex(pattern).search(text)).toBe(expected);
  });
});

/** Two services of one family, in one line each. */
function pair(first: string, second: string): string {
  const service = (insights: string, rest: string) =>
    `{deploy: {labels: [ecs.task.family=fam]}, ports: [1, 2, 9404], x-prometheus: {ContainersInsights: ${insights}}, ${rest}}`;
  return `services:\n  one: ${service(first, 'depends_on: [two]')}\n  two: ${service(second, 'image: two')}\n`;
}

const rule = (port: number, selector: string) =>
  `{ExporterPort: ${port}, EmfProcessors: [{source_labels: [job], label_matcher: a, dimensions: [[ClusterName]], metric_selectors: [${selector}]}]}`;

describe('services of one family', () => {
  test('have their rules concatenated, dependencies first, and equal declarations written once', () => {
    const agent = agentOf(
      pair(`{CustomRules: [${rule(1, 'x')}, ${rule(2, 'y')}]}`, `{CustomRules: [${rule(2, 'x')}]}`),
    );
    expect(jobsOf(agent, 'task_definition_list')).toEqual(['prod-fam-custom-sd-0 2', 'prod-fam-custom-sd-1 1']);
    expect(agent.emf_processor?.metric_declaration?.map((declaration) => declaration.metric_selectors)).toEqual([
      ['x'],
      ['y'],
    ]);
  });

  test('have their exporters merged', () => {
    const agent = agentOf(pair('{CollectForJavaJmx: {ExporterPort: 1}}', '{CollectForJavaJmx: {}}'));
    expect(jobsOf(agent, 'task_definition_list')).toEqual([
      'prod-javajmx-prometheus-exporter 9404',
      'prod-javajmx-prometheus-exporter 1',
    ]);
    const javajmx = rulePacks.find(({ name }) => name === 'javajmx');
    const { metric_declaration = [], added_metric_declaration = [] } = javajmx ?? {};
    expect(agent.emf_processor?.metric_declaration).toEqual([...metric_declaration, ...added_metric_declaration]);
  });

  test('share one scraping configuration, with a warning where they differ', () => {
    const scraping = (interval: string) => `{CollectForJavaJmx: true, ScrapingConfiguration: {Interval: ${interval}}}`;
    const { families, warnings } = render(pair(scraping('5s'), scraping('30s')));
    expect(parse(families[0]?.prometheus ?? '').global).toEqual({ scrape_interval: '5s', scrape_timeout: '5s' });
    expect(warnings.map(formatProblem)).toEqual([
      'c.yaml:2:166: warning: services.one.x-prometheus.ContainersInsights.ScrapingConfiguration.Interval: replaces "30s" of service two; one value holds for the whole family',
    ]);
  });

  test('have each key of a scraping configuration told at the service that gives it', () => {
    const file = '{CollectForJavaJmx: true, ScrapingConfiguration: {Interval: 5s, ScrapingConfigurationFile: p.yaml}}';
    const timeout = '{CollectForJavaJmx: true, ScrapingConfiguration: {Timeout: 3s}}';
    const path = 'ContainersInsights.ScrapingConfiguration';
    // Of the pair, two is read first: it is what one depends on.
    expect(() => render(pair(timeout, file))).toThrow(
      `services.two.x-prometheus.${path}.ScrapingConfigurationFile: expected a file that was given too`,
    );
    const files = [{ file: 'p.yaml', text: 'scrape_configs: []' }];
    expect(render(pair(timeout, file), { files }).warnings.map(({ path }) => path)).toEqual([
      `services.one.x-prometheus.${path}.Timeout`,
      `services.two.x-prometheus.${path}.Interval`,
    ]);
  });

  test('find a scraping file beside the compose file that names it', () => {
    const insights = (scraping: string) =>
      `deploy: {labels: {ecs.task.family: fam}}, ports: [9404], x-prometheus: {ContainersInsights: {CollectForJavaJmx: true, ScrapingConfiguration: {${scraping}}}}`;
    const files = [
      { file: 'a/c.yaml', text: `services: {one: {${insights('ScrapingConfigurationFile: p.yaml')}}}` },
      { file: 'a/p.yaml', text: 'scrape_configs: [{job_name: mine}]' },
    ];
    const text = `include: [a/c.yaml]\nservices: {two: {${insights('Interval: 30s')}}}`;
    expect(render(text, { files }).families[0]?.prometheus).toContain('job_name: mine');
  });

  test('have the last one win as a whole with compat compose-x, and {} is off', () => {
    const compat = { compat: 'compose-x', stackId: '0a1b2c3d', stackName: 'test-{family}-X' } as const;
    const agent = agentOf(
      pair('{CollectForJavaJmx: {ExporterPort: 1}}', '{CollectForJavaJmx: {}, CustomRules: []}'),
      compat,
    );
    expect(agent.ecs_service_discovery?.task_definition_list).toEqual([
      {
        sd_job_name: '0a1b2c3d-javajmx-prometheus-exporter',
        sd_metrics_path: '/metrics',
        sd_metrics_ports: '1',
        sd_task_definition_arn_pattern: '.*:task-definition/.*fam',
      },
    ]);
    expect(agent.ecs_service_discovery?.service_name_list_for_tasks).toEqual([]);
  });

  test('come in the order of how many of the family they depend on with compat compose-x, not of a chain', () => {
    const service = (name: string, port: number, on: string) =>
      `  ${name}: {deploy: {labels: {ecs.task.family: fam}}, depends_on: [${on}], x-prometheus: {ContainersInsights: {CustomRules: [${rule(port, name)}]}}}
`;
    const chain = `services:
${service('c', 1, 'b')}${service('b', 2, 'a')}${service('a', 3, '')}`;
    expect(jobsOf(agentOf(chain, { compat: 'compose-x' }), 'task_definition_list')).toEqual([
      expect.stringMatching(/-task-def-fam-custom-sd-0 2$/),
    ]);
  });

  test('have a missing label_matcher left out with compat compose-x', () => {
    const bare = '{source_labels: [job], dimensions: [[ClusterName]], metric_selectors: [x]}';
    const text = `services: {a: {ports: [1], x-prometheus: {ContainersInsights: {CustomRules: [{ExporterPort: 1, EmfProcessors: [${bare}]}]}}}}`;
    expect(agentOf(text, { compat: 'compose-x' }).emf_processor?.metric_declaration).toEqual([
      { source_labels: ['job'], dimensions: [['ClusterName']], metric_selectors: ['x'] },
    ]);
  });
});

test('renders a service of two families in both', () => {
  const text = `services: {a: {ports: [9113], deploy: {labels: {ecs.task.family: "x, y"}}, x-prometheus: {ContainersInsights: {CollectForNginx: true}}}}`;
  expect(render(text).families.map(({ family }) => family)).toEqual(['x', 'y']);
  expect(jobsOf(agentOf(text, {}, 'y'), 'service_name_list_for_tasks')).toEqual([
    'prod-nginx-prometheus-exporter 9113',
  ]);
});

test('leaves App Mesh to its docker labels', () => {
  const agent = agentOf('services: {a: {x-prometheus: {ContainersInsights: {CollectForAppMesh: {}}}}}');
  expect(agent.ecs_service_discovery).toMatchObject({
    docker_label: {},
    task_definition_list: [],
    service_name_list_for_tasks: [],
  });
  expect(agent.emf_processor?.metric_declaration).toHaveLength(2);
});

describe('a scraping file', () => {
  const text =
    'services: {a: {ports: [9113], x-prometheus: {ContainersInsights: {CollectForNginx: true, ScrapingConfiguration: {ScrapingConfigurationFile: ./scrape.yaml}}}}}';
  const path = 'services.a.x-prometheus.ContainersInsights.ScrapingConfiguration.ScrapingConfigurationFile';

  test('becomes the Prometheus document', () => {
    const files = [{ file: 'scrape.yaml', text: 'scrape_configs: [{job_name: mine}]' }];
    expect(parse(render(text, { files }).families[0]?.prometheus ?? '')).toEqual({
      scrape_configs: [{ job_name: 'mine' }],
    });
  });

  test('is refused when it is missing', () => {
    expect(() => render(text)).toThrow(
      `c.yaml:1:141: error: ${path}: expected a file that was given too, found "./scrape.yaml"; give it, relative to the compose file`,
    );
  });

  test('is refused at the place of its own error', () => {
    const files = [{ file: 'scrape.yaml', text: 'scrape_configs:\n- file_sd_configs:\n    files: []\n' }];
    expect(() => render(text, { files })).toThrow(
      'scrape.yaml:3:5: error: scrape_configs[0].file_sd_configs: expected a list, found a mapping',
    );
  });
});

test('tells what is wrong with a scrape configuration where it is written, also at the top level', () => {
  const text =
    'x-prom-emf: {ScrapeConfigs: [{scrape_timeout: 2m}]}\nservices: {a: {ports: [9113], x-prom-emf: {Exporters: {nginx: true}}}}';
  expect(() => render(text)).toThrow(
    'c.yaml:1:29: error: x-prom-emf.ScrapeConfigs: scrape_configs[0].scrape_timeout: scrape_timeout 2m is above scrape_interval 1m',
  );
});

test('warns of a template that CloudFormation refuses', () => {
  const alarm = '{MetricName: nginx_up, Statistic: Sum, ComparisonOperator: LessThanThreshold, Threshold: 1}';
  const alarms = Array.from({ length: 501 }, (_, index) => `a${index}: ${alarm}`).join(', ');
  const text = `services: {a: {ports: [9113], x-prom-emf: {Exporters: {nginx: true}, Alarms: {${alarms}}}}}`;
  const warnings = render(text).warnings.map(formatProblem);
  expect(warnings).toContainEqual(
    expect.stringMatching(
      /^c\.yaml:1:15: warning: services\.a: cloudformation\.json: the template has \d+ resources, CloudFormation takes 500; write fewer alarms$/,
    ),
  );
});

test('refuses a document that SSM cannot hold', () => {
  const rule = '{source_labels: [a], label_matcher: "x{{y", dimensions: [[a]], metric_selectors: [b]}';
  const rules = `[{ExporterPort: 9113, EmfProcessors: [${rule}]}]`;
  const text = `services: {a: {ports: [9113], x-prometheus: {ContainersInsights: {CustomRules: ${rules}}}}}`;
  expect(() => render(text)).toThrow(
    'EmfProcessors[0].label_matcher: expected no "{{", found "x{{y"; SSM parameters cannot hold it, in a regular expression write {[{]',
  );
});

test('refuses a cluster whose name would break parameter names', () => {
  const text = 'services: {a: {ports: [9113], x-prometheus: {ContainersInsights: {CollectForNginx: true}}}}';
  expect(() => render(text, { cluster: 'a/b' })).toThrow(
    'c.yaml:1:1: error: cluster: expected the name of an ECS cluster (letters, digits, hyphens, underscores), found "a/b"',
  );
});

test('reports the errors of all files at once, and renders nothing', () => {
  const files = [
    { file: 'a.yaml', text: 'services: {a: {x-prometheus: 1}}' },
    { file: 'b.yaml', text: 'services: [' },
    { file: 'c.yaml', text: 'services: {c: {x-prometheus: {ContainersInsights: {Foo: 1}}}}' },
  ];
  const run = () => renderFamilies(files, { cluster: 'prod', rulePacks, environment: {} });
  expect(run).toThrow(/^a\.yaml:1:30: error: .*\nb\.yaml:1:12: error: .*\nc\.yaml:1:52: error: .*unknown key "Foo"/);
});

test.each([
  [
    'services: {a: {}}',
    'c.yaml:1:1: warning: nothing is collected, so nothing is rendered; switch something on under x-prometheus.ContainersInsights or x-prom-emf of a service',
  ],
  [
    'x-prometheus: {}',
    'c.yaml:1:1: warning: x-prometheus: x-prometheus is read from services only; move it under a service',
  ],
])('renders nothing from %s, and says why', (text, warning) => {
  const { families, warnings } = render(text);
  expect(families).toEqual([]);
  expect(warnings.map(formatProblem)).toEqual([warning]);
});
