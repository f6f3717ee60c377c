import { describe, expect, test } from 'vitest';
import { warningsOf } from './lint-problems.ts';

/** What every key is given, and what a message calls it. */
const VALUES = { null: 'nothing', '{}': 'a mapping', '[]': 'a list', text: '"text"', 1: '1', true: 'true' } as const;
type Value = keyof typeof VALUES;

/** The answer to a key with each value; an empty text: it is accepted. */
type Answers = Readonly<Record<Value, string>>;

/** Refused, except where `own` says more or something else. */
function expecting(expected: string, own: Partial<Answers>): Answers {
  const refused = Object.entries(VALUES).map(([value, found]) => [
    value,
    `error: expected ${expected}, found ${found}`,
  ]);
  return { ...Object.fromEntries(refused), ...own };
}

const EMPTY = 'warning: an empty value configures nothing; give it a value, or remove the key';
const EMPTY_SWITCH = 'warning: an empty value configures nothing; write true for the defaults, or remove the key';
const EMPTY_SECTION = 'warning: an empty section configures nothing; add a setting, or remove it';

const flag = (own: Partial<Answers>) =>
  expecting('true or false', {
    null: EMPTY,
    text: 'error: expected true or false, found "text"; write true or false without quotes',
    ...own,
  });
const text = (own: Partial<Answers>) =>
  expecting('a string', {
    null: EMPTY,
    1: 'error: expected a string, found 1; write "1"',
    true: 'error: expected a string, found true; write "true"',
    ...own,
  });
const filledList = (noun: string) =>
  expecting('a list', {
    '[]': `error: expected at least one ${noun}, found an empty list`,
    text: 'error: expected a list, found "text"; write [text]',
  });
const collect = expecting('true, false or a mapping', { null: EMPTY_SWITCH, '{}': '', true: '' });
const port = expecting('a port from 1 to 65535', {
  1: 'warning: the exporter port 1 has no port mapping, which discovery needs; add "- target: 1" to ports',
});
const path = text({ text: 'error: expected a path that begins with /, found "text"; write "/text"' });
const duration = expecting('a duration such as 15s', {
  null: `${EMPTY_SECTION}\n${EMPTY}`,
  text: 'error: expected a duration such as 15s, 1m or 1h30m, found "text"',
  1: 'error: expected a duration such as 15s, found 1; write 1s for seconds',
});
const mapping = expecting('a mapping', { null: EMPTY, '{}': EMPTY_SECTION });
const unmatched = (jobs: string) =>
  `warning: expected a pattern that a target matches, found "text": job of the targets is ${jobs}, so nothing is selected; match that, or the container with source_labels: [container_name]`;

/** A flow mapping of these, with `key: value` over them. */
function flow(settings: Readonly<Record<string, string>>, key: string, value: string): string {
  const pairs = Object.entries({ ...settings, [key]: value }).map((pair) => pair.join(': '));
  return `{${pairs.join(', ')}}`;
}

const PROCESSOR = {
  source_labels: '[job]',
  label_matcher: 'app',
  dimensions: '[[ClusterName]]',
  metric_selectors: '[a]',
};
const RULE = { ExporterPort: '80', EmfProcessors: `[${flow(PROCESSOR, 'label_separator', ';')}]` };
const insights = (body: string) => `x-prometheus: {ContainersInsights: ${body}}`;
const customRule = (body: string) => insights(`{CollectForJavaJmx: true, CustomRules: [${body}]}`);

type Section = {
  readonly name: string;
  /** The service's extension with this key. */
  readonly extension: (key: string, value: string) => string;
  readonly keys: Readonly<Record<string, Answers>>;
};

const SECTIONS: readonly Section[] = [
  {
    name: 'ContainersInsights',
    extension: (key, value) => insights(flow({ CollectForJavaJmx: 'true', CollectForNginx: 'true' }, key, value)),
    keys: {
      CollectForAppMesh: collect,
      CollectForJavaJmx: collect,
      CollectForNginx: collect,
      CollectForNginxPlus: collect,
      CollectEmf: flag({
        null: EMPTY_SWITCH,
        true: 'warning: no agent runs beside the tasks to receive EMF; let the application write it on stdout, or render with --engine agent',
      }),
      AutoAddNginxPrometheusExporter: flag({
        true: 'warning: port 9113 belongs to the added container nginx-prometheus-exporter, and ECS takes a mapping once; remove it here',
      }),
      EnableCWAgentDebug: flag({ true: '' }),
      EnableTasksDiscovery: flag({
        true: 'warning: tasks that no service started have no ServiceName, which every dimension set of CollectForNginx names: nothing of them is published there; add a rule with a set without ServiceName',
      }),
      ScrapingConfiguration: mapping,
      CustomRules: expecting('a list', {
        null: EMPTY,
        '[]': 'warning: an empty list configures nothing; add a rule, or remove the key',
      }),
    },
  },
  {
    name: 'an exporter',
    extension: (key, value) => insights(`{CollectForNginx: ${flow({}, key, value)}}`),
    keys: {
      ExporterPort: port,
      ExporterPath: path,
      source_labels: filledList('label name'),
      label_matcher: text({ text: unmatched('"prod-nginx-prometheus-exporter"') }),
    },
  },
  {
    name: 'ScrapingConfiguration',
    extension: (key, value) => insights(`{CollectForNginx: true, ScrapingConfiguration: ${flow({}, key, value)}}`),
    keys: {
      Interval: duration,
      Timeout: duration,
      ScrapingConfigurationFile: text({
        null: `${EMPTY_SECTION}\n${EMPTY}`,
        text: 'error: expected a file that was given too, found "text"; give it, relative to the compose file',
      }),
    },
  },
  {
    name: 'a custom rule',
    extension: (key, value) => customRule(flow(RULE, key, value)),
    keys: {
      ExporterPort: port,
      ExporterPath: path,
      EmfProcessors: expecting('a list', {
        '[]': 'warning: an empty list configures nothing; add a rule, or remove the key',
      }),
    },
  },
  {
    name: 'an EMF processor',
    extension: (key, value) => customRule(`{ExporterPort: 80, EmfProcessors: [${flow(PROCESSOR, key, value)}]}`),
    keys: {
      source_labels: filledList('label name'),
      label_matcher: text({
        null: `warning: label_matcher is missing: ".*" is taken, which every target matches; write the pattern you mean\n${EMPTY}`,
        text: unmatched('"prod-javajmx-prometheus-exporter" and "prod-app-custom-sd-0"'),
      }),
      dimensions: filledList('dimension set'),
      metric_selectors: filledList('metric selector'),
      label_separator: text({ text: '' }),
    },
  },
  {
    name: 'x-prom-emf',
    extension: (key, value) => `x-prom-emf: ${flow({ ContainersInsights: '{CollectForNginx: true}' }, key, value)}`,
    keys: {
      Options: mapping,
      ScrapeConfigs: expecting('a list', { null: EMPTY, '[]': EMPTY_SECTION }),
      Exporters: mapping,
      Alarms: mapping,
      Scaling: mapping,
      ContainersInsights: expecting('a mapping', {
        null: 'warning: an empty section configures nothing; remove it',
        '{}': 'warning: an empty section configures nothing; remove it',
      }),
    },
  },
];

function answerTo(extension: string): string {
  const compose = `services:\n app:\n  ports: [80, 9113, 9404]\n  ${extension}\n`;
  return warningsOf(compose)
    .map((problem) => problem.replace(/^c\.yaml:[34]:[0-9]+: (\w+): services\.app[^ ]*: /, '$1: '))
    .join('\n');
}

describe.each(SECTIONS)('every key of $name', ({ extension, keys }) => {
  const cases = Object.entries(keys).flatMap(([key, answers]) =>
    Object.entries(answers).map(([value, expected]) => ({ key, value, expected })),
  );

  test.each(cases)('$key: $value', ({ key, value, expected }) => {
    expect(answerTo(extension(key, value))).toBe(expected);
  });
});

test.each(SECTIONS)('refuses keys of $name that are not in this table', ({ extension, keys }) => {
  for (const value of ['{}', '[]', 'text', '1', 'true']) {
    const [, known = ''] =
      /^error: unknown key "Unknown"; known keys: (.*)$/.exec(answerTo(extension('Unknown', value))) ?? [];
    expect(known.split(', ').sort()).toEqual(Object.keys(keys).sort());
  }
});
