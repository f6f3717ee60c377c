import { describe, expect, it } from 'vitest';
import { agentConfigSchema, portsOf } from '../../../lib/cloudwatch/agent-config.ts';
import { parseDocument } from '../../../lib/document/document.ts';
import { ConfigError } from '../../../lib/document/problem.ts';
import { readDocument } from '../../../lib/document/schema.ts';

const PATH = 'logs.metrics_collected.prometheus';

function errorOf(text: string): string {
  try {
    readDocument(agentConfigSchema, parseDocument(text, 'agent.json'));
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** The prometheus section alone on line 2, from column 1. */
function withPrometheus(section: string): string {
  return `{"logs": {"metrics_collected": {"prometheus":\n${section}\n}}}`;
}

const withDeclaration = (declaration: string) =>
  withPrometheus(`{"emf_processor": {"metric_declaration": [\n${declaration}\n]}}`);
const DECLARATION = `${PATH}.emf_processor.metric_declaration[0]`;
const withTaskDefinition = (entry: string) =>
  withPrometheus(`{"ecs_service_discovery": {"task_definition_list": [\n${entry}\n]}}`);
const TASK_DEFINITION = `${PATH}.ecs_service_discovery.task_definition_list[0]`;

describe('agentConfigSchema', () => {
  const accepted: readonly { name: string; input: string }[] = [
    { name: 'an empty prometheus section', input: withPrometheus('{}') },
    {
      name: 'sections that are not its affair',
      input:
        '{"agent": {"region": "x"}, "metrics": {}, "logs": {"a": 1, "metrics_collected": {"prometheus": {}, "b": 1}}}',
    },
    { name: '30 dimensions in a set', input: withDeclaration(`{"dimensions": [[${dimensions(30)}]]}`) },
    {
      name: 'a task definition with several ports',
      input: withTaskDefinition('{"sd_metrics_ports": "9404; 9405", "sd_task_definition_arn_pattern": ".*"}'),
    },
  ];
  it.each(accepted)('accepts $name', ({ input }) => {
    expect(errorOf(input)).toBe('accepted');
  });

  const errors: readonly { name: string; input: string; expected: string }[] = [
    { name: 'no logs section', input: '{}', expected: 'agent.json:1:1: error: logs: missing key "logs"' },
    {
      name: 'an unknown key',
      input: withPrometheus('{"cluster": "x"}'),
      expected: `agent.json:2:13: error: ${PATH}.cluster: unknown key "cluster"; known keys: cluster_name, log_group_name, prometheus_config_path, disable_metric_extraction, ecs_service_discovery, emf_processor`,
    },
    {
      name: 'a name that is a number',
      input: withPrometheus('{"cluster_name": 5}'),
      expected: `agent.json:2:18: error: ${PATH}.cluster_name: expected a string, found 5`,
    },
    {
      name: 'an unknown key of a declaration',
      input: withDeclaration('{"dimension": []}'),
      expected: `agent.json:3:15: error: ${DECLARATION}.dimension: unknown key "dimension"; known keys: source_labels, label_matcher, label_separator, dimensions, metric_selectors`,
    },
    {
      name: 'source_labels that are no list',
      input: withDeclaration('{"source_labels": "a"}'),
      expected: `agent.json:3:19: error: ${DECLARATION}.source_labels: expected a list, found "a"`,
    },
    {
      name: 'a bad label_matcher',
      input: withDeclaration('{"label_matcher": "("}'),
      expected: `agent.json:3:19: error: ${DECLARATION}.label_matcher: expected an RE2 regular expression, found "(": error parsing regexp: missing closing ): \`(\``,
    },
    {
      name: 'a bad metric selector',
      input: withDeclaration('{"metric_selectors": ["^a$", "(?=x)"]}'),
      expected: `agent.json:3:30: error: ${DECLARATION}.metric_selectors[1]: expected an RE2 regular expression, found "(?=x)": error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    },
    {
      name: 'a dimension set that is no list',
      input: withDeclaration('{"dimensions": [["a"], "b"]}'),
      expected: `agent.json:3:24: error: ${DECLARATION}.dimensions[1]: expected a list, found "b"`,
    },
    {
      name: '31 dimensions in a set',
      input: withDeclaration(`{"dimensions": [[${dimensions(31)}]]}`),
      expected: `agent.json:3:17: error: ${DECLARATION}.dimensions[0]: expected at most 30 dimensions in a set, found 31`,
    },
    {
      name: 'an unknown unit',
      input: withPrometheus('{"emf_processor": {"metric_unit": {"a": "Byte"}}}'),
      expected: `agent.json:2:41: error: ${PATH}.emf_processor.metric_unit.a: expected one of Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None, found "Byte"`,
    },
    {
      name: 'a switch that is a text',
      input: withPrometheus('{"emf_processor": {"metric_declaration_dedup": "yes"}}'),
      expected: `agent.json:2:48: error: ${PATH}.emf_processor.metric_declaration_dedup: expected true or false, found "yes"`,
    },
    {
      name: 'a port out of its range',
      input: withTaskDefinition('{"sd_metrics_ports": "70000", "sd_task_definition_arn_pattern": "a"}'),
      expected: `agent.json:3:22: error: ${TASK_DEFINITION}.sd_metrics_ports: expected port numbers from 1 to 65535 separated by ";", such as "9404" or "9404;9405", found "70000"`,
    },
    {
      name: 'a bad pattern',
      input: withTaskDefinition('{"sd_metrics_ports": "1", "sd_task_definition_arn_pattern": "["}'),
      expected: `agent.json:3:61: error: ${TASK_DEFINITION}.sd_task_definition_arn_pattern: expected an RE2 regular expression, found "[": error parsing regexp: missing closing ]: \`[\``,
    },
    {
      name: 'JSON that does not end',
      input: '{"logs": {',
      expected:
        'agent.json:1:11: error: Flow map in block collection must be sufficiently indented and end with a }\nagent.json:1:11: error: Flow map must end with a }',
    },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it.each([
    ['an empty metric_namespace', withPrometheus('{"emf_processor": {"metric_namespace": ""}}')],
    ["AWS's own metric_namespace", withPrometheus('{"emf_processor": {"metric_namespace": "AWS/ECS"}}')],
    ['an empty dimension', withDeclaration('{"dimensions": [[""]]}')],
    ['a dimension called _aws', withDeclaration('{"dimensions": [["_aws"]]}')],
    ['a dimension that starts with a colon', withDeclaration('{"dimensions": [[":a"]]}')],
    ['a dimension beyond ASCII', withDeclaration('{"dimensions": [["größe"]]}')],
  ])('refuses %s', (_, input) => {
    expect(errorOf(input)).not.toBe('accepted');
  });

  it('keeps the unit of a metric called constructor', () => {
    const text = withPrometheus('{"emf_processor": {"metric_unit": {"constructor": "Count"}}}');
    const config = readDocument(agentConfigSchema, parseDocument(text, 'agent.json'));
    expect(config.logs.metrics_collected.prometheus.emf_processor?.metric_unit).toEqual({ constructor: 'Count' });
  });
});

function dimensions(count: number): string {
  return Array.from({ length: count }, (_, index) => `"d${index}"`).join(', ');
}

describe('portsOf', () => {
  const rows: readonly { input: string; expected: readonly number[] | undefined }[] = [
    { input: '9404', expected: [9404] },
    { input: '9404;9405; 65535', expected: [9404, 9405, 65_535] },
    { input: '', expected: undefined },
    { input: '0', expected: undefined },
    { input: '65536', expected: undefined },
    { input: '1,2', expected: undefined },
    { input: '1;', expected: undefined },
    { input: ' 1', expected: undefined },
  ];
  it.each(rows)('reads $input as $expected', ({ input, expected }) => {
    expect(portsOf(input)).toEqual(expected);
  });
});
