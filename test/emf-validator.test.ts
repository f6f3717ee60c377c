import { describe, expect, it } from 'vitest';
import { emfValidator, validateEmfLine } from './emf-validator.ts';

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
    {
      name: 'an entity',
      input: lineOf({}, { d: 'x', m: 1, Service: 's', Environment: 'e', 'ECS.Cluster': 'c', 'ECS.Task': 't' }),
    },
    { name: 'a value of -2^360', input: lineOf({}, { d: 'x', m: -(2 ** 360) }) },
    { name: '100 values', input: lineOf({}, { d: 'x', m: Array.from({ length: 100 }, () => 1) }) },
    {
      name: 'texts as long as they may be',
      input: lineOf(
        { Namespace: 'N'.repeat(255), Dimensions: [['d'.repeat(250)]], Metrics: [{ Name: 'm'.repeat(1024) }] },
        { ['d'.repeat(250)]: 'x'.repeat(1024), ['m'.repeat(1024)]: 1 },
      ),
    },
    {
      name: 'two directives with dimension sets of their own',
      input: lineOf({}, undefined, { CloudWatchMetrics: [DIRECTIVE, { ...DIRECTIVE, Dimensions: [[]] }] }),
    },
    {
      name: 'two directives of equal dimension sets and other metrics',
      input: lineOf(
        {},
        { d: 'x', m: 1, n: 2 },
        { CloudWatchMetrics: [DIRECTIVE, { ...DIRECTIVE, Metrics: [{ Name: 'n' }] }] },
      ),
    },
    { name: 'names that objects of one list share', input: lineOf({}, { d: 'x', m: 1, list: [{ a: 1 }, { a: 2 }] }) },
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
    { name: 'a blank before the object', input: ` ${lineOf({})}`, expected: ['the line holds more than the object'] },
    { name: 'a blank after the object', input: `${lineOf({})} `, expected: ['the line holds more than the object'] },
    {
      name: 'half a surrogate pair',
      input: lineOf({}, { d: 'x', m: 1, text: '?' }).replace('?', '\ud800'),
      expected: ['the line holds half a surrogate pair'],
    },
    {
      name: 'more than 1 MB',
      input: lineOf({}, { d: 'x', m: 1, text: 'ü'.repeat(2 ** 19) }),
      expected: ['the event exceeds 1 MB'],
    },
    { name: 'no envelope', input: '{"a":1}', expected: ['_aws is no object'] },
    {
      name: 'an unknown member of the envelope',
      input: lineOf({}, undefined, { LogGroupName: 'g' }),
      expected: ['_aws has the unknown member "LogGroupName"'],
    },
    {
      name: 'a negative Timestamp',
      input: lineOf({}, undefined, { Timestamp: -1 }),
      expected: ['_aws.Timestamp is no whole number of milliseconds'],
    },
    {
      name: 'no Timestamp',
      input: '{"_aws":{"CloudWatchMetrics":[]}}',
      expected: ['_aws.Timestamp is no whole number of milliseconds'],
    },
    {
      name: 'a directive that is no object',
      input: lineOf({}, undefined, { CloudWatchMetrics: [[]] }),
      expected: ['directive 0: is no object'],
    },
    {
      name: 'an unknown member of a directive',
      input: lineOf({ Unit: 'None' }),
      expected: ['directive 0: has the unknown member "Unit"'],
    },
    {
      name: 'an unknown member of a metric',
      input: lineOf({ Metrics: [{ Name: 'm', unit: 'None' }] }),
      expected: ['directive 0: metric m has the unknown member "unit"'],
    },
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
      expected: ['directive 0: Namespace is no text of 1 to 255 characters'],
    },
    {
      name: "AWS's own Namespace",
      input: lineOf({ Namespace: 'AWS/ECS' }),
      expected: ['directive 0: Namespace starts with AWS/'],
    },
    {
      name: 'no Namespace',
      input: lineOf({ Namespace: undefined }),
      expected: ['directive 0: Namespace is no text of 1 to 255 characters'],
    },
    {
      name: 'a Namespace of 256 characters',
      input: lineOf({ Namespace: 'N'.repeat(256) }),
      expected: ['directive 0: Namespace is no text of 1 to 255 characters'],
    },
    {
      name: 'a Namespace beyond ASCII',
      input: lineOf({ Namespace: 'Größe' }),
      expected: ['directive 0: Namespace is not of letters, digits, . - _ / # : and spaces alone'],
    },
    {
      name: 'a Namespace with another character',
      input: lineOf({ Namespace: 'a,b' }),
      expected: ['directive 0: Namespace is not of letters, digits, . - _ / # : and spaces alone'],
    },
    { name: 'a blank Namespace', input: lineOf({ Namespace: ' ' }), expected: ['directive 0: Namespace is blank'] },
    {
      name: 'a Namespace that starts with a colon',
      input: lineOf({ Namespace: ':N' }),
      expected: ['directive 0: Namespace starts with a colon'],
    },
    {
      name: 'Dimensions that are absent',
      input: lineOf({ Dimensions: undefined }),
      expected: ['directive 0: Dimensions is no list of at least one set'],
    },
    {
      name: 'a dimension set that is no list',
      input: lineOf({ Dimensions: ['d'] }),
      expected: ['directive 0: a dimension set is no list'],
    },
    {
      name: 'a dimension set twice, in another order',
      input: lineOf(
        {
          Dimensions: [
            ['d', 'e'],
            ['e', 'd'],
          ],
        },
        { d: 'x', e: 'y', m: 1 },
      ),
      expected: ['directive 0: a dimension set stands twice'],
    },
    {
      name: 'a dimension that is no text',
      input: lineOf({ Dimensions: [[1]] }),
      expected: ['directive 0: dimension 1 is no text of 1 to 250 characters'],
    },
    {
      name: 'an empty dimension name',
      input: lineOf({ Dimensions: [['']] }, { '': 'x', m: 1 }),
      expected: ['directive 0: dimension "" is no text of 1 to 250 characters'],
    },
    {
      name: 'a dimension name of 251 characters',
      input: lineOf({ Dimensions: [['d'.repeat(251)]] }, { ['d'.repeat(251)]: 'x', m: 1 }),
      expected: [`directive 0: dimension "${'d'.repeat(251)}" is no text of 1 to 250 characters`],
    },
    {
      name: 'a dimension name beyond ASCII',
      input: lineOf({ Dimensions: [['ü']] }, { ü: 'x', m: 1 }),
      expected: ['directive 0: dimension name "ü" is refused'],
    },
    {
      name: 'a control character in a dimension name',
      input: lineOf({ Dimensions: [['a\t']] }, { 'a\t': 'x', m: 1 }),
      expected: ['directive 0: dimension name "a\\t" is refused'],
    },
    {
      name: 'a blank dimension name',
      input: lineOf({ Dimensions: [[' ']] }, { ' ': 'x', m: 1 }),
      expected: ['directive 0: dimension name " " is refused'],
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
      input: lineOf({ Dimensions: [['n']] }, { n: 2, m: 1 }),
      expected: ['directive 0: dimension n has no text as root member'],
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
      name: 'a dimension that is nested',
      input: lineOf({ Dimensions: [['a.b']] }, { a: { b: 'x' }, m: 1 }),
      expected: ['directive 0: dimension a.b has no text as root member'],
    },
    {
      name: 'a dimension value of 1,025 characters',
      input: lineOf({}, { d: 'x'.repeat(1025), m: 1 }),
      expected: ['directive 0: the value of dimension d is no text of 1 to 1024 characters'],
    },
    {
      name: 'a control character in a dimension value',
      input: lineOf({}, { d: 'a\u007f', m: 1 }),
      expected: ['directive 0: the value of dimension d is not printable ASCII, or blank'],
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
      name: 'Metrics that are absent',
      input: lineOf({ Metrics: undefined }),
      expected: ['directive 0: Metrics is no list'],
    },
    {
      name: 'a metric that is no object',
      input: lineOf({ Metrics: ['m'] }),
      expected: ['directive 0: a metric is no object'],
    },
    {
      name: 'a metric without a name',
      input: lineOf({ Metrics: [{}] }),
      expected: ['directive 0: metric undefined is no text of 1 to 1024 characters'],
    },
    {
      name: 'an empty metric name',
      input: lineOf({ Metrics: [{ Name: '' }] }, { d: 'x', '': 1 }),
      expected: ['directive 0: metric "" is no text of 1 to 1024 characters'],
    },
    {
      name: 'a metric name of 1,025 characters',
      input: lineOf({ Metrics: [{ Name: 'm'.repeat(1025) }] }, { d: 'x', ['m'.repeat(1025)]: 1 }),
      expected: [`directive 0: metric "${'m'.repeat(1025)}" is no text of 1 to 1024 characters`],
    },
    {
      name: 'a metric name beyond ASCII',
      input: lineOf({ Metrics: [{ Name: 'ü' }] }, { d: 'x', ü: 1 }),
      expected: ['directive 0: metric name "ü" is not printable ASCII'],
    },
    {
      name: 'a metric that is a dimension',
      input: lineOf({ Metrics: [{ Name: 'd' }] }),
      expected: ['directive 0: metric d is a dimension too'],
    },
    {
      name: 'a metric that is a dimension of another directive',
      input: lineOf(
        {},
        { d: 'x', e: 'y', m: 1 },
        { CloudWatchMetrics: [DIRECTIVE, { Namespace: 'N', Dimensions: [['e']], Metrics: [{ Name: 'd' }] }] },
      ),
      expected: ['directive 1: metric d is a dimension too'],
    },
    {
      name: 'a metric that two directives declare for one dimension set',
      input: lineOf({}, undefined, { CloudWatchMetrics: [DIRECTIVE, { ...DIRECTIVE, Dimensions: [[], ['d']] }] }),
      expected: ['two directives declare ["N","[\\"d\\"]","m"]'],
    },
    {
      name: 'a metric that is nested',
      input: lineOf({ Metrics: [{ Name: 'a.b' }] }, { d: 'x', a: { b: 1 } }),
      expected: ['directive 0: metric a.b has no number as root member'],
    },
    {
      name: 'a metric that is a text',
      input: lineOf({}, { d: 'x', m: '1' }),
      expected: ['directive 0: metric m has no number as root member'],
    },
    {
      name: 'a list that holds a text',
      input: lineOf({}, { d: 'x', m: [1, '2'] }),
      expected: ['directive 0: metric m has no number as root member'],
    },
    {
      name: 'no values',
      input: lineOf({}, { d: 'x', m: [] }),
      expected: ['directive 0: metric m has 0 values'],
    },
    {
      name: 'a metric that is the envelope',
      input: lineOf({ Metrics: [{ Name: '_aws' }] }),
      expected: ['directive 0: metric _aws is an object with members other than those of a distribution'],
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
      name: 'a list with a value beyond 2^360',
      input: lineOf({}, { d: 'x', m: [1, -(2 ** 361)] }),
      expected: ['directive 0: metric m is beyond 2^360'],
    },
    {
      name: 'a number beyond all numbers',
      input: lineOf({}).replace('"m":1', '"m":1e999'),
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
      expected: ['member m stands twice in an object'],
    },
    {
      name: 'a member twice that is written otherwise',
      input: lineOf({}).replace('"m":1', '"m":1,"\\u006d":2'),
      expected: ['member m stands twice in an object'],
    },
    {
      name: 'a member of the envelope twice',
      input: lineOf({}).replace('"Timestamp":1', '"Timestamp":1,"Timestamp":2'),
      expected: ['member Timestamp stands twice in an object'],
    },
    ...['Service', 'Environment', 'ECS.Cluster', 'ECS.Service', 'ECS.Task'].map((name) => ({
      name: `a ${name} that is no text`,
      input: lineOf({}, { d: 'x', m: 1, [name]: 1 }),
      expected: [`entity member ${name} is no text`],
    })),
  ];
  it.each(rows)('finds $name', ({ input, expected }) => {
    expect(validateEmfLine(input)).toEqual(expected);
  });

  const units = [
    'Seconds Microseconds Milliseconds Percent Count Count/Second None',
    'Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits',
    'Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second',
    'Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second',
  ].flatMap((line) => line.split(' '));
  it('knows the 27 units', () => {
    expect(new Set(units).size).toBe(27);
    expect(units.flatMap((Unit) => validateEmfLine(lineOf({ Metrics: [{ Name: 'm', Unit }] })))).toEqual([]);
  });
});

describe('emfValidator', () => {
  const now = 1_700_000_000_000;
  const hour = 3_600_000;
  const at = (Timestamp: number) => lineOf({}, undefined, { Timestamp });
  const rows: readonly { name: string; input: string; expected: readonly string[] }[] = [
    { name: 'two weeks ago', input: at(now - 14 * 24 * hour), expected: [] },
    { name: 'before', input: at(now - 14 * 24 * hour - 1), expected: ['_aws.Timestamp is over two weeks old'] },
    { name: 'two hours ahead', input: at(now + 2 * hour), expected: [] },
    { name: 'after', input: at(now + 2 * hour + 1), expected: ['_aws.Timestamp is over two hours ahead'] },
  ];
  it.each(rows)('judges a timestamp $name by the time it is given', ({ input, expected }) => {
    expect(emfValidator({ nowMs: now })(input)).toEqual(expected);
  });

  const logEvents: readonly { name: string; input: string; expected: readonly string[] }[] = [
    { name: 'a log event', input: '{"a":"x","m":1}', expected: [] },
    { name: 'an EMF line', input: lineOf({}), expected: [] },
    {
      name: 'an envelope without directives',
      input: '{"_aws":{"Timestamp":1}}',
      expected: ['_aws.CloudWatchMetrics is no list'],
    },
    { name: 'an envelope that a label replaced', input: '{"_aws":"x"}', expected: ['_aws is no object'] },
    {
      name: 'directives without an envelope',
      input: '{"Version":"0","CloudWatchMetrics":[]}',
      expected: ['a log event without _aws holds CloudWatchMetrics'],
    },
    { name: 'a list', input: '[]', expected: ['the line is no JSON object'] },
  ];
  it.each(logEvents)('judges $name where log events will do', ({ input, expected }) => {
    expect(emfValidator({ logEvents: true })(input)).toEqual(expected);
  });
});
