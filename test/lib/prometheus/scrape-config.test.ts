import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../lib/document/document.ts';
import { ConfigError } from '../../../lib/document/problem.ts';
import {
  parseOwnPrometheusConfig,
  parsePrometheusConfig,
  type ScrapeConfig,
} from '../../../lib/prometheus/scrape-config.ts';

const read = (text: string) => parsePrometheusConfig(parseDocument(text, 'p.yaml', 'text')).scrape_configs;

const readOwn = (text: string) => parseOwnPrometheusConfig(parseDocument(text, 'p.yaml', 'text'));

function errorOf(text: string, parse: (text: string) => unknown = read): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** A configuration of one job; its own keys begin on line 3, at column 5. */
function jobWith(...lines: readonly string[]): string {
  return ['scrape_configs:', '  - job_name: a', ...lines.map((line) => `    ${line}`), ''].join('\n');
}

describe('parsePrometheusConfig', () => {
  const rows: readonly { name: string; input: string; expected: readonly Partial<ScrapeConfig>[] }[] = [
    { name: 'an empty document', input: '# nothing yet', expected: [] },
    { name: 'nothing to scrape', input: 'global: {}', expected: [] },
    { name: 'an absent section', input: 'global:\nscrape_configs:', expected: [] },
    {
      name: 'the defaults of a job',
      input: jobWith(),
      expected: [{ job_name: 'a', scrape_interval: '1m', scrape_timeout: '10s' }],
    },
    {
      name: 'what global gives',
      input: `global: {scrape_interval: 30s, scrape_timeout: 5s, sample_limit: 9}\n${jobWith()}`,
      expected: [{ job_name: 'a', scrape_interval: '30s', scrape_timeout: '5s', sample_limit: 9 }],
    },
    {
      name: "what a job gives over global's",
      input: `global: {scrape_interval: 30s, sample_limit: 9}\n${jobWith('scrape_interval: 2m', 'sample_limit: 0')}`,
      expected: [{ job_name: 'a', scrape_interval: '2m', scrape_timeout: '10s', sample_limit: 9 }],
    },
    {
      name: 'a timeout of global that follows from its interval',
      input: `global: {scrape_interval: 5s}\n${jobWith('scrape_interval: 1m')}`,
      expected: [{ job_name: 'a', scrape_interval: '1m', scrape_timeout: '5s' }],
    },
    {
      name: 'durations and sizes of 0, which leave them to global',
      input: [
        'global: {scrape_interval: 20s, scrape_timeout: 0, body_size_limit: 1MB}',
        jobWith('scrape_interval: 0s', 'scrape_timeout: 0', 'body_size_limit: 0'),
      ].join('\n'),
      expected: [{ job_name: 'a', scrape_interval: '20s', scrape_timeout: '10s', body_size_limit: '1MB' }],
    },
    {
      name: 'nothing after a key as the zero value of Go',
      input: jobWith(
        'honor_timestamps:',
        'sample_limit: ~',
        'scrape_timeout: null',
        'params: {a: , b: [~]}',
        'scheme: ~',
      ),
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          honor_timestamps: false,
          sample_limit: 0,
          params: { a: [], b: [''] },
          scheme: '',
        },
      ],
    },
    {
      name: 'numbers as Go writes them',
      input: jobWith('sample_limit: 1_000', 'label_limit: 0x10', 'target_limit: 1e1', 'keep_dropped_targets: 010'),
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          sample_limit: 1000,
          label_limit: 16,
          target_limit: 10,
          keep_dropped_targets: 8,
        },
      ],
    },
    {
      name: 'the escaping that goes with legacy names',
      input: `global: {metric_name_escaping_scheme: dots}\n${jobWith('metric_name_validation_scheme: legacy')}`,
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          metric_name_validation_scheme: 'legacy',
          metric_name_escaping_scheme: 'underscores',
        },
      ],
    },
    {
      name: 'the escaping that goes with UTF-8 names',
      input: `global: {metric_name_escaping_scheme: dots}\n${jobWith('metric_name_validation_scheme: utf8')}`,
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          metric_name_validation_scheme: 'utf8',
          metric_name_escaping_scheme: 'allow-utf-8',
        },
      ],
    },
    {
      name: "global's escaping for names it does not choose",
      input: `global: {metric_name_escaping_scheme: dots}\n${jobWith('metric_name_validation_scheme: ""')}`,
      expected: [{ job_name: 'a', scrape_interval: '1m', scrape_timeout: '10s', metric_name_escaping_scheme: 'dots' }],
    },
    {
      name: 'keys that ask for nothing',
      input: jobWith(
        'proxy_url: ""',
        'proxy_from_environment: false',
        'http_sd_configs: []',
        'basic_auth:',
        'oauth2: ~',
      ),
      expected: [{ job_name: 'a', scrape_interval: '1m', scrape_timeout: '10s' }],
    },
    {
      name: 'settings of native histograms and of a file of failures, which do nothing',
      input: jobWith('native_histogram_bucket_limit: 160', 'native_histogram_min_bucket_factor: 1.1'),
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          native_histogram_bucket_limit: 160,
          native_histogram_min_bucket_factor: '1.1',
        },
      ],
    },
    {
      name: 'the older spelling of a bearer token',
      input: jobWith('bearer_token_file: "ssm:/token"'),
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          authorization: { credentials_file: 'ssm:/token' },
        },
      ],
    },
    {
      name: 'versions of TLS',
      input: jobWith('tls_config: {min_version: TLS13, max_version: TLS13}'),
      expected: [
        {
          job_name: 'a',
          scrape_interval: '1m',
          scrape_timeout: '10s',
          tls_config: { min_version: 'TLS13', max_version: 'TLS13' },
        },
      ],
    },
    {
      name: 'an inherited timeout cut to the interval',
      input: jobWith('scrape_interval: 5s'),
      expected: [{ job_name: 'a', scrape_interval: '5s', scrape_timeout: '5s' }],
    },
    {
      name: 'a plain scalar as the text that is written',
      input: jobWith('metrics_path: 010', 'relabel_configs:', '- {action: keep, regex: 010, source_labels: [a]}'),
      expected: [
        {
          job_name: 'a',
          metrics_path: '010',
          relabel_configs: [{ action: 'keep', regex: '010', source_labels: ['a'] }],
          scrape_interval: '1m',
          scrape_timeout: '10s',
        },
      ],
    },
    {
      name: 'switches of YAML 1.1, null as an empty regex, an action in capitals',
      input: jobWith('honor_labels: yes', 'relabel_configs:', '- {action: KEEP, regex: ~}'),
      expected: [
        {
          job_name: 'a',
          honor_labels: true,
          relabel_configs: [{ action: 'keep', regex: '' }],
          scrape_interval: '1m',
          scrape_timeout: '10s',
        },
      ],
    },
    {
      name: 'a modulus of 64 bits as its digits',
      input: jobWith('relabel_configs:', '- {action: hashmod, modulus: 18446744073709551615, target_label: a}'),
      expected: [
        {
          job_name: 'a',
          relabel_configs: [{ action: 'hashmod', modulus: '18446744073709551615', target_label: 'a' }],
          scrape_interval: '1m',
          scrape_timeout: '10s',
        },
      ],
    },
    {
      name: 'sections of other parts of a Prometheus server, which it leaves alone',
      input: 'remote_write: [{url: x}]\nalerting: {a: 1}\nrule_files: [x]\n',
      expected: [],
    },
  ];
  it.each(rows)('reads $name', ({ input, expected }) => {
    expect(read(input)).toEqual(expected);
  });

  const JOB = 'scrape_configs[0]';
  const INLINE = 'KEY would put the secret into documents; keep it in SSM or Secrets Manager and write ';
  const UNSUPPORTED = 'is not supported yet; remove it';
  const errors: readonly { name: string; input: string; expected: string }[] = [
    { name: 'a text', input: 'x', expected: 'p.yaml:1:1: error: expected a mapping, found "x"' },
    {
      name: 'an unknown section',
      input: 'scrape_config: []',
      expected:
        'p.yaml:1:16: error: scrape_config: unknown key "scrape_config"; known keys: global, scrape_configs, scrape_config_files, rule_files, alerting, remote_write, remote_read, storage, tracing, otlp, runtime',
    },
    {
      name: 'scrape_configs that are no list',
      input: 'scrape_configs: {}',
      expected: 'p.yaml:1:17: error: scrape_configs: expected a list, found a mapping',
    },
    {
      name: 'a job without a name',
      input: 'scrape_configs:\n  - scheme: http',
      expected: `p.yaml:2:5: error: ${JOB}.job_name: missing key "job_name"`,
    },
    {
      name: 'an empty job_name',
      input: 'scrape_configs:\n  - job_name: ""',
      expected: `p.yaml:2:15: error: ${JOB}.job_name: expected a job_name that is not empty`,
    },
    {
      name: 'two jobs of one name',
      input: 'scrape_configs:\n  - job_name: a\n  - job_name: a',
      expected: 'p.yaml:3:15: error: scrape_configs[1].job_name: job_name "a" stands twice; rename one',
    },
    {
      name: 'a key twice',
      input: jobWith('job_name: b'),
      expected: 'p.yaml:3:5: error: Map keys must be unique',
    },
    {
      name: 'an interval that is none',
      input: jobWith('scrape_interval: 1x'),
      expected: `p.yaml:3:22: error: ${JOB}.scrape_interval: expected a duration such as 15s, 1m or 1h30m, found "1x"`,
    },
    {
      name: "a timeout of global above global's interval",
      input: 'global: {scrape_interval: 5s, scrape_timeout: 10s}',
      expected: 'p.yaml:1:47: error: global.scrape_timeout: scrape_timeout 10s is above scrape_interval 5s',
    },
    {
      name: 'a setting of jobs in global',
      input: 'global: {fallback_scrape_protocol: PrometheusText0.0.4}',
      expected:
        'p.yaml:1:36: error: global.fallback_scrape_protocol: unknown key "fallback_scrape_protocol"; known keys: sample_limit, target_limit, label_limit, label_name_length_limit, label_value_length_limit, keep_dropped_targets, body_size_limit, scrape_protocols, metric_name_validation_scheme, metric_name_escaping_scheme, extra_scrape_metrics, scrape_native_histograms, convert_classic_histograms_to_nhcb, always_scrape_classic_histograms, scrape_interval, scrape_timeout, evaluation_interval, rule_query_offset, query_log_file, scrape_failure_log_file, external_labels',
    },
    {
      name: 'an external label without a name',
      input: 'global: {external_labels: {"": x}}',
      expected: 'p.yaml:1:27: error: global.external_labels: expected a label name, found ""',
    },
    {
      name: 'names of UTF-8 asked for and refused',
      input: jobWith('metric_name_validation_scheme: legacy', 'metric_name_escaping_scheme: allow-utf-8'),
      expected: `p.yaml:4:34: error: ${JOB}.metric_name_escaping_scheme: allow-utf-8 asks for names that metric_name_validation_scheme legacy refuses; use underscores, dots or values`,
    },
    {
      name: 'a URL as a static target',
      input: jobWith('static_configs:', '- targets: ["http://a:1/metrics"]'),
      expected: `p.yaml:4:5: error: ${JOB}.static_configs: expected host:port, found "http://a:1/metrics"; use scheme and metrics_path`,
    },
    {
      name: 'a static label without a name',
      input: jobWith('static_configs:', '- {targets: [a:1], labels: {"": x}}'),
      expected: `p.yaml:4:32: error: ${JOB}.static_configs[0].labels: expected a label name, found ""`,
    },
    {
      name: 'a file of targets of another kind',
      input: jobWith('file_sd_configs:', '- files: [a.txt]'),
      expected: `p.yaml:4:15: error: ${JOB}.file_sd_configs[0].files[0]: expected a .json, .yml or .yaml file, with * in its name alone, found "a.txt"`,
    },
    {
      name: 'no file of targets',
      input: jobWith('file_sd_configs:', '- files: []'),
      expected: `p.yaml:4:14: error: ${JOB}.file_sd_configs[0].files: expected at least one file`,
    },
    {
      name: 'a version of TLS that is too old',
      input: jobWith('tls_config: {max_version: TLS11}'),
      expected: `p.yaml:3:31: error: ${JOB}.tls_config.max_version: expected TLS12 or TLS13, found "TLS11"; older versions are not supported`,
    },
    {
      name: 'versions of TLS that none lies between',
      input: jobWith('tls_config: {min_version: TLS13, max_version: TLS12}'),
      expected: `p.yaml:3:17: error: ${JOB}.tls_config: expected a max_version of at least min_version`,
    },
    {
      name: 'two kinds of bearer tokens, and credentials beside them',
      input: jobWith('bearer_token_file: "ssm:/a"', 'authorization: {credentials_file: "ssm:/b"}'),
      expected: `p.yaml:3:24: error: ${JOB}.bearer_token_file: expected a bearer token, basic_auth or authorization, found two of them; keep one`,
    },
    {
      name: 'a bearer token that is written out',
      input: jobWith('bearer_token: secret'),
      expected: `p.yaml:3:19: error: ${JOB}.bearer_token: ${INLINE}bearer_token_file: ssm:/NAME`.replace(
        'KEY',
        'bearer_token',
      ),
    },
    {
      name: 'a user in a file',
      input: jobWith('basic_auth: {username: a, username_file: b, password_file: "ssm:/a"}'),
      expected: `p.yaml:3:46: error: ${JOB}.basic_auth.username_file: username_file ${UNSUPPORTED}`,
    },
    {
      name: 'a timeout above the interval',
      input: jobWith('scrape_interval: 5s', 'scrape_timeout: 10s'),
      expected: `p.yaml:4:21: error: ${JOB}.scrape_timeout: scrape_timeout 10s is above scrape_interval 5s`,
    },
    {
      name: 'another scheme',
      input: jobWith('scheme: ftp'),
      expected: `p.yaml:3:13: error: ${JOB}.scheme: expected http or https, found "ftp"`,
    },
    {
      name: 'a path that is a list',
      input: jobWith('metrics_path: [1]'),
      expected: `p.yaml:3:19: error: ${JOB}.metrics_path: expected a string, found a list`,
    },
    {
      name: 'a switch that is none',
      input: jobWith('honor_labels: maybe'),
      expected: `p.yaml:3:19: error: ${JOB}.honor_labels: expected true or false, found "maybe"`,
    },
    {
      name: 'a limit below zero',
      input: jobWith('sample_limit: -1'),
      expected: `p.yaml:3:19: error: ${JOB}.sample_limit: expected a whole number of at least 0, found "-1"`,
    },
    {
      name: 'a limit with a fraction',
      input: jobWith('label_limit: 1.5'),
      expected: `p.yaml:3:18: error: ${JOB}.label_limit: expected a whole number of at least 0, found "1.5"`,
    },
    {
      name: 'a size of an unknown unit',
      input: jobWith('body_size_limit: 10X'),
      expected: `p.yaml:3:22: error: ${JOB}.body_size_limit: expected a size such as 512KB or 10MB, found "10X"`,
    },
    {
      name: 'no protocol',
      input: jobWith('scrape_protocols: []'),
      expected: `p.yaml:3:23: error: ${JOB}.scrape_protocols: expected at least one protocol`,
    },
    {
      name: 'an unknown protocol',
      input: jobWith('scrape_protocols: [PrometheusText0.0.4, Foo]'),
      expected: `p.yaml:3:45: error: ${JOB}.scrape_protocols[1]: expected one of OpenMetricsText1.0.0, OpenMetricsText0.0.1, PrometheusText1.0.0, PrometheusText0.0.4, found "Foo"`,
    },
    {
      name: 'protobuf',
      input: jobWith('fallback_scrape_protocol: PrometheusProto'),
      expected: `p.yaml:3:31: error: ${JOB}.fallback_scrape_protocol: PrometheusProto is not supported yet; use OpenMetricsText1.0.0 or PrometheusText0.0.4`,
    },
    {
      name: 'another validation scheme',
      input: jobWith('metric_name_validation_scheme: ascii'),
      expected: `p.yaml:3:36: error: ${JOB}.metric_name_validation_scheme: expected utf8 or legacy, found "ascii"`,
    },
    {
      name: 'another escaping scheme',
      input: jobWith('metric_name_escaping_scheme: none'),
      expected: `p.yaml:3:34: error: ${JOB}.metric_name_escaping_scheme: expected allow-utf-8, underscores, dots or values, found "none"`,
    },
    {
      name: 'credentials that are written out',
      input: jobWith('basic_auth: {username: a, password: b}', 'authorization: {credentials: c}'),
      expected: [
        `p.yaml:3:17: error: ${JOB}.basic_auth.password_file: missing key "password_file"`,
        `p.yaml:3:41: error: ${JOB}.basic_auth.password: ${INLINE}password_file: ssm:/NAME`.replace('KEY', 'password'),
        `p.yaml:4:20: error: ${JOB}.authorization.credentials_file: missing key "credentials_file"`,
        `p.yaml:4:34: error: ${JOB}.authorization.credentials: ${INLINE}credentials_file: ssm:/NAME`.replace(
          'KEY',
          'credentials',
        ),
      ].join('\n'),
    },
    {
      name: 'two kinds of credentials',
      input: jobWith(
        'basic_auth: {username: a, password_file: "ssm:/a"}',
        'authorization: {credentials_file: "ssm:/a"}',
      ),
      expected: `p.yaml:4:20: error: ${JOB}.authorization: expected basic_auth or authorization, found both; keep one of them`,
    },
    {
      name: 'Basic as a type of authorization',
      input: jobWith('authorization: {type: " bAsic", credentials_file: "ssm:/a"}'),
      expected: `p.yaml:3:27: error: ${JOB}.authorization.type: expected another type than Basic; use basic_auth`,
    },
    {
      name: 'half a client certificate',
      input: jobWith('tls_config: {cert_file: "ssm:/a"}'),
      expected: `p.yaml:3:17: error: ${JOB}.tls_config: expected cert_file and key_file together; a client certificate needs both`,
    },
    {
      name: 'credentials as a header',
      input: jobWith('http_headers: {authorization: {values: [secret]}}'),
      expected: `p.yaml:3:19: error: ${JOB}.http_headers: expected a header of your own, found "authorization"; use basic_auth or authorization for credentials`,
    },
    {
      name: 'a secret in a header',
      input: jobWith('http_headers: {X: {values: [a], secrets: [b]}}'),
      expected: `p.yaml:3:46: error: ${JOB}.http_headers.X.secrets: secrets ${UNSUPPORTED}`,
    },
    {
      name: 'targets that are no list',
      input: jobWith('static_configs:', '- targets: a:1'),
      expected: `p.yaml:4:16: error: ${JOB}.static_configs[0].targets: expected a list, found "a:1"`,
    },
    {
      name: 'an unknown key of a target group',
      input: jobWith('static_configs:', '- target: [a:1]'),
      expected: `p.yaml:4:15: error: ${JOB}.static_configs[0].target: unknown key "target"; known keys: targets, labels`,
    },
    {
      name: 'a label that is a list',
      input: jobWith('static_configs:', '- {targets: [a:1], labels: {x: [1]}}'),
      expected: `p.yaml:4:36: error: ${JOB}.static_configs[0].labels.x: expected a string, found a list`,
    },
    {
      name: 'file_sd_configs without files',
      input: jobWith('file_sd_configs:', '- {}'),
      expected: `p.yaml:4:7: error: ${JOB}.file_sd_configs[0].files: missing key "files"`,
    },
    {
      name: 'params that are no list',
      input: jobWith('params: {a: b}'),
      expected: `p.yaml:3:17: error: ${JOB}.params.a: expected a list, found "b"`,
    },
    {
      name: 'a regex RE2 does not accept',
      input: jobWith('relabel_configs:', '- {action: keep, regex: "a(?!b)"}'),
      expected: `p.yaml:4:29: error: ${JOB}.relabel_configs[0].regex: expected an RE2 regular expression, found "a(?!b)": error parsing regexp: invalid or unsupported Perl syntax: \`(?!\``,
    },
    {
      name: 'an unknown action',
      input: jobWith('metric_relabel_configs:', '- {action: keep}', '- {action: remove}'),
      expected: `p.yaml:5:16: error: ${JOB}.metric_relabel_configs[1].action: expected one of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase, found "remove"`,
    },
    {
      name: 'an action without its target',
      input: jobWith('relabel_configs:', '- {source_labels: [a]}'),
      expected: `p.yaml:4:7: error: ${JOB}.relabel_configs[0]: action replace needs target_label`,
    },
    {
      name: 'a field that the action does not take',
      input: jobWith('relabel_configs:', '- {action: labeldrop, target_label: a, regex: b}'),
      expected: `p.yaml:4:7: error: ${JOB}.relabel_configs[0]: action labeldrop takes no target_label`,
    },
    {
      name: 'source_labels that are no list',
      input: jobWith('metric_relabel_configs:', '- {action: keep, source_labels: a}'),
      expected: `p.yaml:4:37: error: ${JOB}.metric_relabel_configs[0].source_labels: expected a list, found "a"`,
    },
    {
      name: 'a misspelt key of a relabel_config',
      input: jobWith('relabel_configs:', '- {action: keep, regx: a}'),
      expected: `p.yaml:4:28: error: ${JOB}.relabel_configs[0].regx: unknown key "regx"; known keys: source_labels, separator, regex, modulus, target_label, replacement, action`,
    },
    {
      name: 'a target_label of UTF-8 under the legacy scheme',
      input: jobWith('metric_name_validation_scheme: legacy', 'relabel_configs:', '- {target_label: "a b"}'),
      expected: `p.yaml:5:5: error: ${JOB}.relabel_configs: expected a label name as target_label, found "a b"`,
    },
    {
      name: 'a duration of global',
      input: 'global: {evaluation_interval: x}',
      expected:
        'p.yaml:1:31: error: global.evaluation_interval: expected a duration such as 15s, 1m or 1h30m, found "x"',
    },
    {
      name: 'faults of two jobs, all at once',
      input: 'scrape_configs:\n  - job_name: a\n    scheme: x\n  - job_name: b\n    sample_limit: y\n',
      expected: [
        `p.yaml:3:13: error: ${JOB}.scheme: expected http or https, found "x"`,
        'p.yaml:5:19: error: scrape_configs[1].sample_limit: expected a whole number of at least 0, found "y"',
      ].join('\n'),
    },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it.each([
    'oauth2: {client_id: a}',
    'proxy_url: http://p:1',
    'proxy_from_environment: true',
    'no_proxy: a',
    'proxy_connect_header: {a: [b]}',
    'http_sd_configs: [{url: "http://a"}]',
    'dns_sd_configs: [{names: [a]}]',
    'ecs_sd_configs: [{}]',
    'kuma_sd_configs: [{}]',
  ])('refuses %s as not supported yet', (line) => {
    const [key = ''] = line.split(':');
    expect(errorOf(jobWith(line))).toMatch(
      new RegExp(`^p\\.yaml:3:[0-9]+: error: scrape_configs\\[0\\]\\.${key}: ${key} ${UNSUPPORTED}$`),
    );
  });

  it('refuses files of scrape configurations', () => {
    expect(errorOf('scrape_config_files: [a.yml]')).toBe(
      `p.yaml:1:22: error: scrape_config_files: scrape_config_files ${UNSUPPORTED}`,
    );
  });

  it('keeps a key called __proto__ out', () => {
    expect(errorOf(jobWith('__proto__: {scheme: https}'))).toMatch(
      /^p\.yaml:3:16: error: scrape_configs\[0\]\.__proto__: unknown key "__proto__"; known keys: /,
    );
  });

  it.each(['constructor', 'prototype', '__proto__'])('keeps a target label called %s', (name) => {
    const [job] = read(jobWith('static_configs:', `- {targets: [a:1], labels: {${name}: x}}`));
    expect(Object.entries(job?.static_configs?.[0]?.labels ?? {})).toEqual([[name, 'x']]);
  });

  it('keeps params called constructor', () => {
    expect(read(jobWith('params: {constructor: [x]}'))[0]?.params).toEqual({ constructor: ['x'] });
  });

  it('refuses labels that are a list', () => {
    expect(errorOf(jobWith('static_configs:', '- {targets: [a:1], labels: [x]}'))).toBe(
      `p.yaml:4:32: error: ${JOB}.static_configs[0].labels: expected a mapping, found a list`,
    );
  });

  it('refuses a modulus that is none', () => {
    expect(errorOf(jobWith('relabel_configs:', '- {action: hashmod, target_label: a, modulus: x}'))).toBe(
      `p.yaml:4:51: error: ${JOB}.relabel_configs[0].modulus: expected a whole number of at least 0, found "x"`,
    );
  });

  it('refuses a protocol that stands twice', () => {
    expect(errorOf(jobWith('scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]'))).not.toBe('accepted');
  });
});

describe('parseOwnPrometheusConfig', () => {
  const rows: readonly { name: string; input: readonly string[]; job: Partial<ScrapeConfig>; secrets: string[] }[] = [
    {
      name: 'a password that is written out',
      input: ['basic_auth: {username: a, password: b}'],
      job: { basic_auth: { username: 'a', password_file: 'inline:1' } },
      secrets: ['b'],
    },
    {
      name: 'a password in a file, and no user',
      input: ['basic_auth: {password_file: password.txt}'],
      job: { basic_auth: { username: '', password_file: 'password.txt' } },
      secrets: [],
    },
    {
      name: 'a user without a password',
      input: ['basic_auth: {username: a}'],
      job: { basic_auth: { username: 'a', password_file: 'inline:1' } },
      secrets: [''],
    },
    {
      name: 'a token that is written out',
      input: ['authorization: {type: Token, credentials: t}'],
      job: { authorization: { type: 'Token', credentials_file: 'inline:1' } },
      secrets: ['t'],
    },
    {
      name: 'a token by reference',
      input: ['authorization: {credentials_file: "ssm:/a"}'],
      job: { authorization: { credentials_file: 'ssm:/a' } },
      secrets: [],
    },
    {
      name: 'a bearer token that is written out',
      input: ['bearer_token: t'],
      job: { authorization: { credentials_file: 'inline:1' } },
      secrets: ['t'],
    },
    {
      name: 'no bearer token',
      input: ['bearer_token: ""', 'bearer_token_file:'],
      job: {},
      secrets: [],
    },
    {
      name: 'certificates that are written out, and a key in a file',
      input: ['tls_config: {ca: A, cert: C, key_file: /run/key, server_name: n, insecure_skip_verify: yes}'],
      job: {
        tls_config: {
          ca_file: 'inline:1',
          cert_file: 'inline:2',
          key_file: '/run/key',
          server_name: 'n',
          insecure_skip_verify: true,
        },
      },
      secrets: ['A', 'C'],
    },
  ];
  it.each(rows)('reads $name', ({ input, job, secrets }) => {
    const own = readOwn(jobWith(...input));
    expect(own.config.scrape_configs).toEqual([
      { job_name: 'a', scrape_interval: '1m', scrape_timeout: '10s', ...job },
    ]);
    expect([...own.secrets]).toEqual(secrets.map((value, index) => [`inline:${index + 1}`, value]));
  });

  const JOB = 'scrape_configs[0]';
  const faults: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'a password written out and in a file',
      input: 'basic_auth: {password: a, password_file: b}',
      expected: `p.yaml:3:17: error: ${JOB}.basic_auth: expected password or password_file, found both; keep one of them`,
    },
    {
      name: 'a token written out and in a file',
      input: 'authorization: {credentials: a, credentials_file: b}',
      expected: `p.yaml:3:20: error: ${JOB}.authorization: expected credentials or credentials_file, found both; keep one of them`,
    },
    {
      name: 'a CA written out and in a file',
      input: 'tls_config: {ca: a, ca_file: b}',
      expected: `p.yaml:3:17: error: ${JOB}.tls_config: expected ca or ca_file, found both; keep one of them`,
    },
    {
      name: 'half a client certificate',
      input: 'tls_config: {key: a}',
      expected: `p.yaml:3:17: error: ${JOB}.tls_config: expected cert_file and key_file together; a client certificate needs both`,
    },
  ];
  it.each(faults)('refuses $name', ({ input, expected }) => {
    expect(errorOf(jobWith(input), readOwn)).toBe(expected);
  });
});
