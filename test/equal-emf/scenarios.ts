import type { Options } from '../../lib/cloudwatch/options.ts';
import { compileFamily, type FamilyConfig, type PlannedTarget, planFamilies, readFamily } from '../../lib/documents.ts';

/** What scrapes a body: one or more families over the targets of their jobs. */
export type Scenario = {
  readonly name: string;
  readonly configs: readonly FamilyConfig[];
  readonly families: readonly ReturnType<typeof compileFamily>[];
  readonly targets: readonly PlannedTarget[];
};

export const CLUSTER = 'prod';

type Json = Readonly<Record<string, unknown>>;

type Documents = {
  /** Of the job. */
  readonly job?: Json;
  readonly options?: Partial<Options>;
  readonly emf?: Json;
  readonly prometheus?: Json;
  readonly agent?: Json;
};

const JOB: Json = {
  job_name: 'app',
  static_configs: [{ targets: ['10.0.0.1:80'], labels: { TaskDefinitionFamily: 'shop', instance: 'i-1' } }],
};

const declarationOf = (selectors: readonly string[], dimensions: readonly (readonly string[])[]) => ({
  source_labels: ['job', 'TaskDefinitionFamily'],
  label_matcher: '^(?:app|api);shop$',
  metric_selectors: selectors,
  dimensions,
});

const EVERYTHING = declarationOf(['.*'], [['job'], ['instance', 'job', 'ClusterName']]);
/** Some names of every body, by more than one declaration, with labels that only some samples have. */
const SOME = [
  declarationOf(
    ['(?:total|count|sum|bucket|seconds|bytes)$', '^[ah]$'],
    [['area'], ['job', 'ClusterName'], ['le', 'job']],
  ),
  declarationOf(
    ['[aeiou]$', '^kafka_connect_'],
    [['b'], ['job'], ['instance', 'job'], ['area', 'job'], ['code', 'path']],
  ),
  {
    source_labels: ['job', 'le'],
    label_separator: '=',
    label_matcher: '=1\\.0$',
    metric_selectors: ['.'],
    dimensions: [['le']],
  },
];

const BY_CLUSTER = declarationOf(['.*'], [['ClusterName']]);

const jobOf = (job_name: string, ...targets: string[]): Json => ({
  job_name,
  static_configs: [{ targets, labels: { TaskDefinitionFamily: 'shop' } }],
});

const documents: Readonly<Record<string, readonly Documents[]>> = {
  'everything selected': [{}],
  'some selected': [{ emf: { metric_declaration: SOME, metric_unit: { a: 'Bytes', h: 'Seconds' } } }],
  'histograms: statistics': [{ options: { histograms: 'statistics', namespace_suffix: '/x' } }],
  'histograms: arrays': [{ options: { histograms: 'arrays', storage_resolution: 1 } }],
  'histograms: drop, untyped: drop': [{ options: { histograms: 'drop', untyped: 'drop' }, agent: { debug: true } }],
  'unselected: log': [{ options: { unselected: 'log' }, emf: { metric_declaration: SOME } }],
  'no extraction, all logged': [{ options: { unselected: 'log' }, prometheus: { disable_metric_extraction: true } }],
  'profile cloudwatch-agent': [{ options: { profile: 'cloudwatch-agent' }, emf: { metric_declaration: SOME } }],
  "the agent's profile with histograms and untyped gauges": [
    { options: { profile: 'cloudwatch-agent', histograms: 'values', untyped: 'gauge', unselected: 'drop' } },
  ],
  metric_relabel_configs: [
    {
      job: {
        metric_relabel_configs: [
          { source_labels: ['__name__'], regex: '(.*)_total', target_label: '__name__', replacement: 'all_$1' },
          { source_labels: ['__name__'], regex: 'go_.*', action: 'drop' },
          { regex: 'b|pool|version', action: 'labeldrop' },
          { regex: 'c(.*)', replacement: 'k$1', action: 'labelmap' },
          { source_labels: ['le'], regex: '0.*', target_label: 'small', replacement: 'yes' },
        ],
      },
      emf: { metric_declaration: SOME },
      agent: { debug: true },
    },
  ],
  'honor_labels, own timestamps ignored, every 15 seconds': [
    { job: { honor_labels: true, honor_timestamps: false, scrape_interval: '15s' } },
  ],
  limits: [
    {
      job: { sample_limit: 40, label_limit: 8, label_name_length_limit: 24, label_value_length_limit: 40 },
      options: { report_series: true },
    },
  ],
  'legacy names and report series': [
    { job: { metric_name_validation_scheme: 'legacy' }, options: { report_series: true } },
  ],
  'labels given up': [
    {
      options: {
        aggregate: [
          { match: '^[a-m].*(?:total|count|sum)$', by: ['job', 'ClusterName'], as: 'sum' },
          { match: '^[a-m]', without: ['instance'], as: 'sum' },
          { match: '^[n-z]', without: ['instance', 'quantile', 'area'], as: 'distribution' },
        ],
      },
    },
  ],
  'entity, fallback protocol': [
    {
      job: {
        fallback_scrape_protocol: 'OpenMetricsText1.0.0',
        static_configs: [
          { targets: ['10.0.0.1:80'], labels: { TaskDefinitionFamily: 'shop', ServiceName: 'web', TaskId: 't1' } },
        ],
      },
      options: { entity: true },
    },
  ],
  'the sums of histograms alone': [{ emf: { metric_declaration: [declarationOf(['_sum$'], [['job']])] } }],
  'three families, three targets, values that share a metric': [
    { job: jobOf('app', '10.0.0.1:80', '10.0.0.2:80'), emf: { metric_declaration: [BY_CLUSTER] } },
    { job: jobOf('app', '10.0.0.1:80'), emf: { metric_declaration: SOME }, agent: { debug: true } },
    { job: jobOf('api', '10.0.0.3:80'), emf: { metric_declaration: [BY_CLUSTER] } },
  ],
};

async function scenarioOf(name: string, families: readonly Documents[]): Promise<Scenario> {
  const configs = families.map(({ job = {}, options = {}, emf = {}, prometheus = {}, agent = {} }, at) =>
    readFamily(`family${at}`, {
      prometheus: { address: 'prometheus.yaml', text: JSON.stringify({ scrape_configs: [{ ...JOB, ...job }] }) },
      options: { address: 'options.json', text: JSON.stringify(options) },
      agent: {
        address: 'agent.json',
        text: JSON.stringify({
          agent,
          logs: {
            metrics_collected: {
              prometheus: { emf_processor: { metric_declaration: [EVERYTHING], ...emf }, ...prometheus },
            },
          },
        }),
      },
    }),
  );
  const targets = await planFamilies(
    configs,
    () => [],
    async () => [],
  );
  return { name, configs, families: configs.map((config) => compileFamily(config, CLUSTER)), targets };
}

export const scenarios = await Promise.all(Object.entries(documents).map(([name, each]) => scenarioOf(name, each)));

/** Reads each body twice: where every name is wanted, and where only some are. */
export const twoReadings = await scenarioOf('everything of one target, some of another', [
  { job: jobOf('app', '10.0.0.1:80') },
  { job: jobOf('app', '10.0.0.3:80'), emf: { metric_declaration: SOME } },
]);
