import { expect, test } from 'vitest';
import { parseRulePack } from '../../../lib/compose/rule-pack.ts';
import { rulePacks } from './rule-packs.ts';

test('reads every pack of rules/', () => {
  expect(rulePacks.map(({ name, discovery }) => [name, discovery.port, discovery.lists])).toEqual([
    ['appmesh', 9901, []],
    ['javajmx', 9404, ['task_definition_list']],
    ['nginx', 9113, ['task_definition_list', 'service_name_list_for_tasks']],
  ]);
});

test('refuses a pack with every problem it has', () => {
  const [pack] = rulePacks;
  const broken = {
    ...pack,
    version: 2,
    discovery: { ...pack?.discovery, port: 0 },
    widgets: [],
    metric_declaration: [{}],
  };
  expect(() => parseRulePack(broken, 'mine.json')).toThrow(
    [
      'mine.json:1:1: error: version: expected version 1, found 2',
      'mine.json:1:1: error: discovery.port: expected a whole number from 1 to 65535, found 0',
      'mine.json:1:1: error: metric_declaration[0].source_labels: missing key "source_labels"',
      'mine.json:1:1: error: metric_declaration[0].dimensions: missing key "dimensions"',
      'mine.json:1:1: error: metric_declaration[0].metric_selectors: missing key "metric_selectors"',
      'mine.json:1:1: error: metric_declaration[0].label_matcher: missing key "label_matcher"',
      'mine.json:1:1: error: widgets: unknown key "widgets"; known keys: version, name, title, source, discovery, metric_declaration',
    ].join('\n'),
  );
});
