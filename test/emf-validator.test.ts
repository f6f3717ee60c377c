import { describe, expect, it } from 'vitest';
import { validateEmfLine } from './emf-validator.ts';

type Directive = Record<string, unknown>;

const DIRECTIVE: Directive = { Namespace: 'N', Dimensions: [['d']], Metrics: [{ Name: 'm' }] };

function lineOf(directive: Directive, root: Record<string, unknown> = { d: 'x', m: 1 }, aws: Directive = {}): string {
  return JSON.stringify({
    ...root,
    _aws: { Timestamp: 1, CloudWatchMetrics: [{ ...DIRECTIVE, ...directive }], ...aws },
  });
}

describe('validateEmfLine', () => {
  const valid: readonly { name: string; input: string }[] = [
    { name: 'a metric', input: lineOf({}) },
    { name: 'an empty dimension set', input: lineOf({ Dimensions: [[]] }) },
    { name: 'a list of values', input: lineOf({}, { d: 'x', m: [1, 2] }) },
    {
      name: 'unit and storage resolution',
      input: lineOf({ Metrics: [{ Name: 'm', Unit: 'Bytes/Second', StorageResolution: 1 }] }),
    },
    { name: 'other members', input: lineOf({}, { d: 'x', m: 1, other: { a: [] }, more: 'ü' }) },
    { name: 'no directive', input: '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]}}' },
    {
      name: 'a dimension called __proto__',
      input:
        '{"__proto__":"x","m":1,"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["__proto__"]],"Metrics":[{"Name":"m"}]}]}}',
    },
  ];
  it.each(valid)('accepts $name', ({ input }) => {
    expect(validateEmfLine(input)).toEqual([]);
  });

  const many = Array.from({ length: 101 }, (_, index) => `m${index}`);
  const rows: readonly { name: string; input: string; expected: readonly string[] }[] = [
    { name: 'text before the object', input: `x${lineOf({})}`, expected: ['the line is no JSON object'] },
    { name: 'a list', input: '[]', expected: ['the line is no JSON object'] },
    { name: 'NaN', input: '{"m":NaN}', expected: ['the line is no JSON object'] },
    { name: 'a line break', input: lineOf({}).replace('{', '{\n'), expected: ['the line holds a line break'] },
    { name: 'no envelope', input: '{"a":1}', expected: ['_aws is no object'] },
    { name: 'an envelope that a label replaced', input: '{"_aws":"x"}', expected: ['_aws is no object'] },
    {
      name: 'a Timestamp as text',
      input: lineOf({}, undefined, { Timestamp: '1' }),
      expected: ['_aws.Timestamp is no whole number of milliseconds'],
    },
    {
      name: 'a Timestamp with a fraction',
      input: lineOf({}, undefined, { Timestamp: 1.5 }),
      expected: ['_aws.Timestamp is no whole number of milliseconds'],
    },
    { name: 'no directives', input: '{"_aws":{"Timestamp":1}}', expected: ['_aws.CloudWatchMetrics is no list'] },
    {
      name: 'an empty Namespace',
      input: lineOf({ Namespace: '' }),
      expected: ['directive 0: Namespace is no text of 1 to 1024 characters'],
    },
    {
      name: "AWS's own Namespace",
      input: lineOf({ Namespace: 'AWS/ECS' }),
      expected: ['directive 0: Namespace starts with AWS/'],
    },
    {
      name: 'no dimension set',
      input: lineOf({ Dimensions: [] }),
      expected: ['directive 0: Dimensions is no list of at least one set'],
    },
    {
      name: 'an absent dimension',
      input: lineOf({ Dimensions: [['x']] }),
      expected: ['directive 0: dimension x has no text as root member'],
    },
    {
      name: 'a dimension that is a number',
      input: lineOf({ Dimensions: [['m']] }),
      expected: ['directive 0: dimension m has no text as root member'],
    },
    {
      name: 'a dimension that is the envelope',
      input: lineOf({ Dimensions: [['_aws']] }),
      expected: ['directive 0: dimension _aws has no text as root member'],
    },
    {
      name: 'an empty dimension value',
      input: lineOf({}, { d: '', m: 1 }),
      expected: ['directive 0: the value of dimension d is no text of 1 to 1024 characters'],
    },
    {
      name: 'a dimension value beyond ASCII',
      input: lineOf({}, { d: 'ü', m: 1 }),
      expected: ['directive 0: the value of dimension d is not printable ASCII, or blank'],
    },
    {
      name: 'a blank dimension value',
      input: lineOf({}, { d: ' ', m: 1 }),
      expected: ['directive 0: the value of dimension d is not printable ASCII, or blank'],
    },
    {
      name: 'a dimension name that starts with a colon',
      input: lineOf({ Dimensions: [[':d']] }),
      expected: ['directive 0: dimension name ":d" is refused'],
    },
    {
      name: 'a dimension twice',
      input: lineOf({ Dimensions: [['d', 'd']] }),
      expected: ['directive 0: a dimension stands twice in a set'],
    },
    {
      name: '31 dimensions',
      input: lineOf(
        { Dimensions: [many.slice(0, 31)] },
        { m: 1, ...Object.fromEntries(many.map((name) => [name, 'x'])) },
      ),
      expected: ['directive 0: a set of 31 dimensions exceeds 30'],
    },
    {
      name: '101 metrics',
      input: lineOf(
        { Metrics: many.map((Name) => ({ Name })) },
        { d: 'x', ...Object.fromEntries(many.map((name) => [name, 1])) },
      ),
      expected: ['directive 0: 101 metrics exceed 100'],
    },
    {
      name: 'a metric twice',
      input: lineOf({ Metrics: [{ Name: 'm' }, { Name: 'm' }] }),
      expected: ['directive 0: a metric stands twice'],
    },
    {
      name: 'an absent metric',
      input: lineOf({}, { d: 'x' }),
      expected: ['directive 0: metric m has no number as root member'],
    },
    {
      name: 'a metric that is null',
      input: lineOf({}, { d: 'x', m: null }),
      expected: ['directive 0: metric m has no number as root member'],
    },
    {
      name: '101 values',
      input: lineOf({}, { d: 'x', m: many.map(() => 1) }),
      expected: ['directive 0: metric m has 101 values'],
    },
    {
      name: 'a value beyond 2^360',
      input: lineOf({}, { d: 'x', m: 2 ** 361 }),
      expected: ['directive 0: metric m is beyond 2^360'],
    },
    {
      name: 'an unknown unit',
      input: lineOf({ Metrics: [{ Name: 'm', Unit: 'Byte' }] }),
      expected: ['directive 0: metric m has the unit "Byte"'],
    },
    {
      name: 'another storage resolution',
      input: lineOf({ Metrics: [{ Name: 'm', StorageResolution: 30 }] }),
      expected: ['directive 0: metric m has the storage resolution 30'],
    },
    {
      name: 'a member twice',
      input: lineOf({}).replace('"m":1', '"m":1,"m":2'),
      expected: ['root member m stands twice'],
    },
  ];
  it.each(rows)('finds $name', ({ input, expected }) => {
    expect(validateEmfLine(input)).toEqual(expected);
  });
});
