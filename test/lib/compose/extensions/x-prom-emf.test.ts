import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { AgentConfig } from '../../../../lib/cloudwatch/agent-config.ts';
import { parseDocument } from '../../../../lib/document/document.ts';
import { ConfigError, formatProblem } from '../../../../lib/document/problem.ts';
import { parsePrometheusConfig } from '../../../../lib/prometheus/scrape-config.ts';
import { type RenderSettings, renderFamilies } from '../../../../lib/render.ts';
import { rulePacks } from './rule-packs.ts';

const JMX = 'x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}';

function render(text: string, settings: Partial<RenderSettings> = {}) {
  return renderFamilies([{ file: 'c.yaml', text }], { cluster: 'prod', rulePacks, environment: {}, ...settings });
}

/** The only family of a service `app` with port 9404 and this body. */
function renderApp(body: string, topLevel = '', settings: Partial<RenderSettings> = {}) {
  const { families, warnings } = render(`${topLevel}\nservices:\n app:\n  ports: [9404, 9121]\n  ${body}\n`, settings);
  const [family] = families;
  if (family === undefined) throw new Error('expected a family');
  return { ...family, warnings: warnings.map(formatProblem) };
}

function errorsOf(body: string, topLevel = ''): string[] {
  try {
    return renderApp(body, topLevel).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}

function jobsOf(prometheus: string | undefined): Record<string, unknown>[] {
  return parse(prometheus ?? '').scrape_configs;
}

describe('Options', () => {
  test('of a service lie over those of the top level', () => {
    const { options, warnings } = renderApp(
      `${JMX}\n  x-prom-emf: {Options: {untyped: drop}}`,
      'x-prom-emf: {Options: {untyped: gauge, unselected: log}}',
    );
    expect(JSON.parse(options)).toEqual({ version: 1, profile: 'prom-emf', untyped: 'drop', unselected: 'log' });
    expect(warnings).toEqual([]);
  });

  test('of two services of a family are told apart with a warning', () => {
    const service = (name: string, untyped: string) =>
      ` ${name}: {ports: [9404], deploy: {labels: {ecs.task.family: fam}}, x-prom-emf: {Options: {untyped: ${untyped}}}, ${JMX}}`;
    const { families, warnings } = render(`services:\n${service('one', 'drop')}\n${service('two', 'gauge')}\n`);
    expect(JSON.parse(families[0]?.options ?? '')).toMatchObject({ untyped: 'gauge' });
    expect(warnings.map(({ text }) => text)).toEqual([
      'replaces "drop" of service one; one value holds for the whole family',
    ]);
  });

  test('are left alone with compat compose-x', () => {
    const compat = { compat: 'compose-x' } as const;
    const { options } = renderApp(`${JMX}\n  x-prom-emf: {Options: {untyped: drop}}`, '', compat);
    expect(JSON.parse(options)).toEqual({ version: 1, profile: 'prom-emf' });
  });
});

describe('Exporters', () => {
  test('switch on a rule pack', () => {
    const { agent } = renderApp('x-prom-emf: {Exporters: {javajmx: {ExporterPort: 9121, ExporterPath: /m}}}');
    const { ecs_service_discovery: discovery, emf_processor } = (JSON.parse(agent) as AgentConfig).logs
      .metrics_collected.prometheus;
    expect(discovery?.task_definition_list).toEqual([
      {
        sd_job_name: 'prod-javajmx-prometheus-exporter',
        sd_metrics_path: '/m',
        sd_metrics_ports: '9121',
        sd_task_definition_arn_pattern: '.*:task-definition/app:[0-9]+$',
      },
    ]);
    expect(emf_processor?.metric_declaration?.length).toBeGreaterThanOrEqual(3);
  });

  test('that are not known are refused with those that are', () => {
    expect(errorsOf('x-prom-emf: {Exporters: {nope: true}}')).toEqual([
      expect.stringMatching(
        /^c\.yaml:5:34: error: services\.app\.x-prom-emf\.Exporters\.nope: expected a rule pack \(appmesh, .*javajmx, .*nginx.*, or one of your own with --rules FILE\), found "nope"$/,
      ),
    ]);
  });

  test('may be off', () => {
    const { families } = render('services: {app: {x-prom-emf: {Exporters: {javajmx: false}}}}');
    expect(families).toEqual([]);
  });
});

describe('ScrapeConfigs', () => {
  const rules = (ports: readonly number[]) =>
    `x-prometheus: {ContainersInsights: {CustomRules: [${ports
      .map(
        (port) =>
          `{ExporterPort: ${port}, EmfProcessors: [{source_labels: [job], label_matcher: a, dimensions: [[a]], metric_selectors: [a]}]}`,
      )
      .join(', ')}]}}`;

  test('without a port hold for every job', () => {
    const { prometheus, warnings } = renderApp(
      `${rules([9404, 9121])}\n  x-prom-emf: {ScrapeConfigs: [{scheme: https, params: {format: [prometheus]}, sample_limit: 500}]}`,
    );
    expect(jobsOf(prometheus)).toEqual([
      {
        job_name: 'prod-cwagent-ecs-file-sd-config',
        sample_limit: 500,
        scheme: 'https',
        params: { format: ['prometheus'] },
        file_sd_configs: [{ files: ['/tmp/cwagent_ecs_auto_sd.yaml'] }],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test('with a port give that exporter a job of its own, which the first job leaves to it', () => {
    const { prometheus } = renderApp(
      `${rules([9404, 9121])}\n  x-prom-emf:\n   ScrapeConfigs:\n    - {ExporterPort: 9121, scrape_interval: 15s, relabel_configs: [{action: labeldrop, regex: "010"}], metric_relabel_configs: [{source_labels: [a], modulus: 8, target_label: b, action: hashmod}]}`,
      'x-prom-emf: {ScrapeConfigs: [{honor_labels: true}]}',
    );
    expect(jobsOf(prometheus)).toEqual([
      {
        job_name: 'prod-cwagent-ecs-file-sd-config',
        sample_limit: 10000,
        honor_labels: true,
        file_sd_configs: [{ files: ['/tmp/cwagent_ecs_auto_sd.yaml'] }],
        relabel_configs: [{ source_labels: ['job'], regex: 'prod-app-custom-sd-1', action: 'drop' }],
      },
      {
        job_name: 'prod-app-custom-sd-1',
        sample_limit: 10000,
        honor_labels: true,
        scrape_interval: '15s',
        file_sd_configs: [{ files: ['/tmp/cwagent_ecs_auto_sd.yaml'] }],
        relabel_configs: [
          { source_labels: ['job'], regex: 'prod-app-custom-sd-1', action: 'keep' },
          { action: 'labeldrop', regex: '010' },
        ],
        metric_relabel_configs: [{ source_labels: ['a'], modulus: 8, target_label: 'b', action: 'hashmod' }],
      },
    ]);
    expect(parsePrometheusConfig(parseDocument(prometheus ?? '', 'p.yaml', 'text')).scrape_configs).toHaveLength(2);
  });

  test('name secrets by reference', () => {
    const { prometheus } = renderApp(
      `${JMX}\n  x-prom-emf: {ScrapeConfigs: [{basic_auth: {username: me, password_file: "ssm:/app/password"}, tls_config: {insecure_skip_verify: true, ca_file: "secretsmanager:tls#ca"}}]}`,
    );
    expect(jobsOf(prometheus)[0]).toMatchObject({
      basic_auth: { username: 'me', password_file: 'ssm:/app/password' },
      tls_config: { insecure_skip_verify: true, ca_file: 'secretsmanager:tls#ca' },
    });
  });

  const path = 'services.app.x-prom-emf.ScrapeConfigs[0]';
  test.each([
    [
      'a password',
      '{basic_auth: {username: me, password: hunter2, password_file: "ssm:/a"}}',
      `${path}.basic_auth.password: password would put the secret into documents; keep it in SSM or Secrets Manager and write password_file: ssm:/NAME`,
    ],
    [
      'a file of a machine',
      '{authorization: {credentials_file: /run/secret}}',
      `${path}.authorization.credentials_file: expected a reference to a secret, such as ssm:/path/of/parameter or secretsmanager:NAME#KEY, found "/run/secret"`,
    ],
    ['an unknown key', '{schema: https}', `${path}.schema: unknown key "schema"; known keys: ExporterPort, `],
    ['a path without a port', '{ExporterPath: /m}', `${path}.ExporterPath: expected ExporterPort beside ExporterPath`],
    [
      'a timeout above the interval',
      '{scrape_interval: 10s, scrape_timeout: 1m}',
      `${path}.scrape_timeout: expected at most the interval 10s, found 1m`,
    ],
    [
      'an action that is none',
      '{relabel_configs: [{action: kep}]}',
      `${path}.relabel_configs[0].action: expected one of`,
    ],
  ])('refuse %s', (_, entry, message) => {
    const problems = errorsOf(`${JMX}\n  x-prom-emf: {ScrapeConfigs: [${entry}]}`);
    expect(problems).toEqual([expect.stringContaining(`: error: ${message}`)]);
    expect(problems.join()).not.toContain('hunter2');
  });
});

test.each([
  ['x-prom-emf: []', 'c.yaml:5:15: error: services.app.x-prom-emf: expected a mapping, found a list'],
  ['x-prom-emf: {}', 'c.yaml:5:15: warning: services.app.x-prom-emf: an empty section configures nothing; remove it'],
  [
    'x-prom-emf: {Option: {}}',
    'c.yaml:5:16: error: services.app.x-prom-emf.Option: unknown key "Option"; known keys: Options, ScrapeConfigs, ContainersInsights, Exporters, Alarms, Scaling',
  ],
])('reports %s', (body, message) => {
  expect(errorsOf(`${body}\n  ${JMX}`)).toEqual([message]);
});

test('refuses at the top level what belongs to a service', () => {
  expect(errorsOf(JMX, 'x-prom-emf: {Exporters: {redis: true}}')).toEqual([
    'c.yaml:1:14: error: x-prom-emf.Exporters: unknown key "Exporters"; known keys: Options, ScrapeConfigs',
  ]);
});

test('leaves documents to an agent with --engine agent', () => {
  const { options, agent } = renderApp('x-prometheus: {ContainersInsights: {CollectEmf: true}}', '', {
    engine: 'agent',
  });
  expect(JSON.parse(options)).toEqual({ version: 1, engine: 'agent', profile: 'prom-emf' });
  expect(JSON.parse(agent).logs).toEqual({ force_flush_interval: 15, metrics_collected: { emf: {} } });
});

test('leaves out the task definitions of a family whose tasks are not to be discovered', () => {
  const { agent } = renderApp(
    'x-prometheus: {ContainersInsights: {CollectForJavaJmx: true, EnableTasksDiscovery: false}}',
  );
  const discovery = (JSON.parse(agent) as AgentConfig).logs.metrics_collected.prometheus.ecs_service_discovery;
  expect(discovery?.task_definition_list).toEqual([]);
  expect(discovery?.service_name_list_for_tasks).toHaveLength(1);
});
