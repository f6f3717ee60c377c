import { describe, expect, it, test } from 'vitest';
import { parseRulePack, parseRulePackText } from '../../../../lib/compose/extensions/rule-pack.ts';
import { rulePacks } from './rule-packs.ts';

test('reads every pack of rules/, whose names and alarms are told apart', () => {
  const names = rulePacks.map(({ name }) => name);
  expect(names).toEqual(
    'appmesh fluentbit go haproxy javajmx kafka-broker kafka-connect memcached nginx nginxplus node nodejs postgresql redis spring tomcat traefik'.split(
      ' ',
    ),
  );
  const alarms = rulePacks.flatMap((pack) => (pack.alarms ?? []).map(({ name }) => name));
  expect(new Set(alarms).size).toBe(alarms.length);
});

test('keeps what ECS Compose-X renders apart from what is added to it', () => {
  const added = rulePacks.map(({ name, added_metric_declaration = [] }) => [name, added_metric_declaration.length]);
  expect(Object.fromEntries(added)).toMatchObject({ appmesh: 0, javajmx: 3, nginx: 0 });
});

const MINE = `
version: 1
name: mine
title: Mine
source: []
discovery:
  { port: 9999, path: /metrics, lists: [task_definition_list], job_name_suffix: mine }
metric_declaration:
  - source_labels: [job]
    label_matcher: ^.*mine.*$
    dimensions: [[ClusterName, TaskDefinitionFamily], [ClusterName, TaskDefinitionFamily, queue]]
    metric_selectors: [^mine_(depth|done_total)$]
`;

const ALARM = `
  - name: mine-deep
    description: Too much to do.
    metric: mine_depth
    statistic: Maximum
    comparison: GreaterThanThreshold
    threshold: 100
    period: 60
    evaluation_periods: 3
    treat_missing_data: missing
`;

describe("a user's own pack", () => {
  it('is read from YAML or JSON', () => {
    const pack = parseRulePackText(`${MINE}alarms:${ALARM}`, 'mine.yaml');
    expect(pack.alarms?.[0]?.threshold).toBe(100);
    expect(parseRulePackText(JSON.stringify(pack), 'mine.json')).toEqual(pack);
  });

  const faults: [string, string, string][] = [
    [
      'an unknown key',
      `${MINE}rules: []\n`,
      'mine.yaml:13:8: error: rules: unknown key "rules"; known keys: version, name, title, source, discovery, metric_declaration, added_metric_declaration, metric_unit, widgets, alarms, renamed, optional, typical_metric_count',
    ],
    [
      'a name that is none',
      MINE.replace('name: mine\n', 'name: My Pack\n'),
      'mine.yaml:3:7: error: name: expected lower case letters, digits and hyphens that start with a letter, found "My Pack"',
    ],
    [
      'a metric that nothing selects',
      `${MINE}widgets:\n  - { title: Depth, metrics: [{ metric: mine_dept, stat: Average }] }\n`,
      'mine.yaml:14:31: error: widgets[0].metrics[0]: expected a metric that a declaration of the pack selects, found "mine_dept"; add a selector',
    ],
    [
      'dimensions that are not declared',
      `${MINE}widgets:\n  - { title: Depth, metrics: [{ metric: mine_depth, stat: Average, dimensions: [host] }] }\n`,
      'mine.yaml:14:31: error: widgets[0].metrics[0]: expected the dimensions [] or [queue] with which the pack declares "mine_depth", found [host]',
    ],
    [
      'a unit that CloudWatch does not have',
      `${MINE}metric_unit: { mine_depth: Jobs }\n`,
      'mine.yaml:13:28: error: metric_unit.mine_depth: expected one of Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None, found "Jobs"',
    ],
    [
      'the unit of a metric that nothing selects',
      `${MINE}metric_unit: { other: Count }\n`,
      'mine.yaml:13:23: error: metric_unit.other: expected a metric that a declaration of the pack selects, found "other"; add a selector',
    ],
    [
      'an optional metric that nothing selects',
      `${MINE}optional: [{ metric: other, when: never }]\n`,
      'mine.yaml:13:12: error: optional[0]: expected a metric that a declaration of the pack selects, found "other"; add a selector',
    ],
    [
      'two alarms of one name',
      `${MINE}alarms:${ALARM}${ALARM}`,
      'mine.yaml:24:11: error: alarms[1].name: expected a name of its own, found "mine-deep" again; rename one',
    ],
    [
      'text that is not YAML',
      `${MINE}: :\n  - [`,
      'mine.yaml:13:3: error: Nested mappings are not allowed in compact mappings',
    ],
  ];
  it.each(faults)('is refused for %s, at its place', (_, text, message) => {
    expect(() => parseRulePackText(text, 'mine.yaml')).toThrow(message);
  });
});

test('refuses a pack with every problem it has', () => {
  const [pack] = rulePacks;
  const broken = {
    ...pack,
    version: 2,
    discovery: { ...pack?.discovery, port: 0 },
    metric_declaration: [{}],
  };
  expect(() => parseRulePack(broken, 'mine.json')).toThrow(
    [
      'mine.json:1:1: error: version: expected version 1, found 2; write 1, or use the release that wrote it',
      'mine.json:1:1: error: discovery.port: expected a whole number from 1 to 65535, found 0',
      'mine.json:1:1: error: metric_declaration[0].source_labels: missing key "source_labels"',
      'mine.json:1:1: error: metric_declaration[0].dimensions: missing key "dimensions"',
      'mine.json:1:1: error: metric_declaration[0].metric_selectors: missing key "metric_selectors"',
      'mine.json:1:1: error: metric_declaration[0].label_matcher: missing key "label_matcher"',
    ].join('\n'),
  );
});
