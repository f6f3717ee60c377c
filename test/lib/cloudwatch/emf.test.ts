import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { OnFault } from '../../../lib/cloudwatch/combine.ts';
import { documentMemory, renderDocuments } from '../../../lib/cloudwatch/emf.ts';
import { type Emission, isDimensionValue, type Metric, metricNameFault } from '../../../lib/cloudwatch/emission.ts';
import { validateEmfLine } from '../../emf-validator.ts';
import { metricOf } from './metric-of.ts';

type Pairs = Record<string, string>;

function emissionOf(emission: Partial<Metric & Emission> & { labelPairs?: Pairs } = {}): Emission {
  const { labelPairs = { a: 'x' }, value = 1, timestampMs = 5, ...parts } = emission;
  const form = typeof value === 'number' ? 'number' : 'values';
  const metric = metricOf({ labels: new Map(Object.entries(labelPairs)), form, ...parts });
  return { metric, value, timestampMs };
}

function render(...emissions: readonly Parameters<typeof emissionOf>[0][]) {
  const faults: string[] = [];
  const onFault: OnFault = (fault, { metric }) => faults.push(`${metric.name}: ${fault}`);
  const documents = [...renderDocuments(emissions.map(emissionOf), onFault)];
  return { documents, lines: documents.map(({ line }) => line), faults };
}

/** Two above 0 up to 1 and two up to 2, which together are 4. */
const OBSERVATIONS = {
  buckets: [
    { lower: Number.NEGATIVE_INFINITY, upper: 1, count: 2 },
    { lower: 1, upper: 2, count: 2 },
  ],
  sum: 4,
};

type EmfLine = { readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Dimensions: string[][] }[] } };

const envelope = (directives: string) => `"_aws":{"Timestamp":5,"CloudWatchMetrics":[${directives}]}`;
const A = envelope('{"Namespace":"N","Dimensions":[["a"]],"Metrics":[{"Name":"m"}]}');

describe('renderDocuments', () => {
  it('writes more than 100 values of one metric in several documents', () => {
    const { documents } = render(...Array.from({ length: 250 }, (_, value) => ({ value })));
    const arrays = documents.map(({ line }) => (JSON.parse(line) as { m: number[] }).m);
    expect(arrays.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(arrays.flat()).toEqual(Array.from({ length: 250 }, (_, value) => value));
  });

  it('writes a metric whose dimension sets do not fit a line in several documents', () => {
    const labels = Array.from({ length: 80 }, (_, at): [string, string] => [`label${at}`, 'x'.repeat(1000)]);
    const names = labels.map(([name]) => name);
    const dimensionSets = Array.from({ length: 4 }, (_, at) => names.slice(at * 20, at * 20 + 20));
    const { documents, faults } = render({ labelPairs: Object.fromEntries(labels), dimensionSets });
    const written = documents.map(({ line }) => (JSON.parse(line) as EmfLine)._aws.CloudWatchMetrics[0]?.Dimensions);
    expect([written.flat(), faults]).toEqual([dimensionSets, []]);
    expect(documents.length).toBeGreaterThan(1);
  });

  it('refuses sums, distributions and arrays that CloudWatch would not take', () => {
    const far = { buckets: [{ lower: 0, upper: 2 ** 361, count: 1 }], sum: undefined };
    const many = { buckets: [{ lower: 0, upper: 1, count: 10_001 }], sum: undefined };
    const countless = { buckets: [{ lower: 0, upper: 1, count: 2 ** 361 }], sum: 1 };
    const fraction = { buckets: [{ lower: 0, upper: 1, count: 0.4 }], sum: 0.2 };
    const half = { combine: 'sum', value: 2 ** 360, name: 's' } as const;
    const { lines, faults } = render(
      half,
      half,
      { value: far, name: 'd' },
      { value: many, name: 'a', form: 'arrays' },
      { value: countless, name: 'c' },
      { value: fraction, name: 'f', form: 'arrays' },
    );
    expect([lines, faults]).toEqual([
      [],
      [
        's: out_of_range',
        's: out_of_range',
        'd: out_of_range',
        'a: too_many_observations',
        'c: out_of_range',
        'f: out_of_range',
      ],
    ]);
  });

  const rows: readonly {
    name: string;
    input: readonly Parameters<typeof emissionOf>[0][];
    expected: readonly string[];
  }[] = [
    { name: 'nothing', input: [], expected: [] },
    { name: 'labels, value and envelope, the envelope last', input: [{}], expected: [`{"a":"x","m":1,${A}}`] },
    {
      name: 'values of equal labels in one document',
      input: [{ labelPairs: { a: 'x', b: 'y' } }, { labelPairs: { b: 'y', a: 'x' }, name: 'n', unit: 'Bytes' }],
      expected: [
        `{"a":"x","b":"y","m":1,"n":1,${envelope('{"Namespace":"N","Dimensions":[["a"]],"Metrics":[{"Name":"m"},{"Name":"n","Unit":"Bytes"}]}')}}`,
      ],
    },
    {
      name: 'a directive for each list of dimension sets',
      input: [{}, { name: 'n', dimensionSets: [[], ['a']] }],
      expected: [
        `{"a":"x","m":1,"n":1,${envelope('{"Namespace":"N","Dimensions":[["a"]],"Metrics":[{"Name":"m"}]},{"Namespace":"N","Dimensions":[[],["a"]],"Metrics":[{"Name":"n"}]}')}}`,
      ],
    },
    {
      name: 'values of other labels, another time or another namespace apart',
      input: [{}, { labelPairs: { a: 'y' } }, { timestampMs: 6 }, { namespace: 'M' }],
      expected: [
        `{"a":"x","m":1,${A}}`,
        `{"a":"y","m":1,${A}}`,
        `{"a":"x","m":1,${A.replace('5', '6')}}`,
        `{"a":"x","m":1,${A.replace('"N"', '"M"')}}`,
      ],
    },
    {
      name: 'values of equal identity as an array',
      input: [{}, { value: 2 }, { value: 2 }],
      expected: [`{"a":"x","m":[1,2,2],${A}}`],
    },
    {
      name: 'one sum over all jobs, with the first of them',
      input: [{ combine: 'sum' }, { combine: 'sum', value: 2, logStreamName: 't' }],
      expected: [`{"a":"x","m":3,${A}}`],
    },
    {
      name: 'with them only the labels that all have',
      input: [{ labelPairs: { a: 'x', b: '1', c: 'z' } }, { labelPairs: { b: '2', c: 'z', a: 'x' }, value: 2 }],
      expected: [`{"a":"x","c":"z","m":[1,2],${A}}`],
    },
    {
      name: 'them apart where that is asked for',
      input: [{ combine: 'apart' }, { combine: 'apart', value: 2 }],
      expected: [`{"a":"x","m":1,${A}}`, `{"a":"x","m":2,${A}}`],
    },
    {
      name: 'metrics of other units or resolutions apart',
      input: [{}, { unit: 'Bytes' }],
      expected: [`{"a":"x","m":1,${A}}`, `{"a":"x","m":1,${A.replace('"m"', '"m","Unit":"Bytes"')}}`],
    },
    {
      name: 'the sum of those that are added, and lists what has other labels',
      input: [
        { combine: 'sum', labelPairs: { a: 'x', b: '1' } },
        { combine: 'sum', labelPairs: { a: 'x', b: '1' }, value: 2 },
        { combine: 'sum', labelPairs: { a: 'x', b: '2' }, value: 4 },
      ],
      expected: [`{"a":"x","m":[3,4],${A}}`],
    },
    {
      name: 'a distribution',
      input: [{ value: OBSERVATIONS }],
      expected: [`{"a":"x","m":{"Values":[0.5,1.5],"Counts":[2,2],"Min":0,"Max":2,"Sum":4,"Count":4},${A}}`],
    },
    {
      name: 'the observations of two histograms as one distribution',
      input: [{ value: OBSERVATIONS }, { value: OBSERVATIONS }],
      expected: [`{"a":"x","m":{"Values":[0.5,1.5],"Counts":[4,4],"Min":0,"Max":2,"Sum":8,"Count":8},${A}}`],
    },
    {
      name: 'a distribution as statistics',
      input: [{ value: OBSERVATIONS, form: 'statistics' }],
      expected: [`{"a":"x","m":{"Min":0,"Max":2,"Sum":4,"Count":4},${A}}`],
    },
    {
      name: 'a distribution as an array',
      input: [{ value: OBSERVATIONS, form: 'arrays' }],
      expected: [`{"a":"x","m":[0.5,0.5,1.5,1.5],${A}}`],
    },
    {
      name: 'the ECS service where it is asked for and known',
      input: [
        { entity: true, labelPairs: { a: 'x', ServiceName: 's', ClusterName: 'c', TaskId: 't' } },
        { entity: true, labelPairs: { a: 'y' } },
      ],
      expected: [
        `{"Service":"s","Environment":"ecs:c","ECS.Cluster":"c","ECS.Service":"s","ECS.Task":"t","a":"x","ServiceName":"s","ClusterName":"c","TaskId":"t","m":1,${A}}`,
        `{"a":"y","m":1,${A}}`,
      ],
    },
    {
      name: 'a storage resolution of one second',
      input: [{ storageResolution: 1 }],
      expected: [
        `{"a":"x","m":1,${envelope('{"Namespace":"N","Dimensions":[["a"]],"Metrics":[{"Name":"m","StorageResolution":1}]}')}}`,
      ],
    },
    {
      name: 'no label called _aws',
      input: [{ labelPairs: { _aws: 'y', a: 'x' } }],
      expected: [`{"a":"x","m":1,${A}}`],
    },
    {
      name: 'a metric over a label of its name',
      input: [{ labelPairs: { a: 'x', m: 'y' } }],
      expected: [`{"a":"x","m":1,${A}}`],
    },
    {
      name: 'a label called __proto__',
      input: [
        {
          labels: new Map([
            ['a', 'x'],
            ['__proto__', 'y'],
          ]),
        },
      ],
      expected: [`{"a":"x","__proto__":"y","m":1,${A}}`],
    },
    { name: 'minus zero as zero', input: [{ value: -0 }], expected: [`{"a":"x","m":0,${A}}`] },
    {
      name: 'large and small values',
      input: [{ value: 1e21 }, { value: 5e-324 }],
      expected: [`{"a":"x","m":[1e+21,5e-324],${A}}`],
    },
    {
      name: 'letters beyond ASCII, quotes and line breaks in a label',
      input: [{ labelPairs: { a: 'x', größe: '😀"\\\n\u0000' } }],
      expected: [`{"a":"x","größe":"😀\\"\\\\\\n\\u0000","m":1,${A}}`],
    },
  ];
  it.each(rows)('writes $name', ({ input, expected }) => {
    const { lines, faults } = render(...input);
    expect(lines).toEqual(expected);
    expect(lines.flatMap(validateEmfLine)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('writes with what it knows of metrics what it writes without', () => {
    const metrics = ['m', 'n', 'o'].map(
      (name, at) => emissionOf({ name, labelPairs: { a: 'x', b: String(at >> 1) } }).metric,
    );
    const [m, n, o] = metrics.map((metric) => (value: number, timestampMs = 5) => ({ metric, value, timestampMs }));
    const shared = emissionOf({ labelPairs: { a: 'x', b: '9' } });
    const ticks = [
      [m!(1), n!(2), o!(3)],
      [m!(4), n!(5), o!(6)],
      [m!(7, 6), n!(8, 6), o!(9, 7)],
      [n!(1), m!(2)],
      [m!(3), shared, o!(4)],
      [m!(5), n!(6)],
    ];
    const memory = documentMemory();
    const fail = () => expect.unreachable();
    const linesOf = (emissions: readonly Emission[], known = documentMemory()) =>
      [...renderDocuments(emissions, fail, known)].map(({ line }) => line);
    for (const tick of ticks) expect(linesOf(tick, memory)).toEqual(linesOf(tick));
  });

  it('writes a value without dimension sets as a plain log event', () => {
    const { documents } = render({ dimensionSets: [] });
    expect(documents).toEqual([
      { line: '{"a":"x","m":1}', timestampMs: 5, logGroupName: 'g', logStreamName: 's', metrics: 0 },
    ]);
  });

  it('puts documents of another log stream apart', () => {
    expect(render({}, { name: 'n', logStreamName: 't' }, { name: 'o', logGroupName: 'h' }).documents).toHaveLength(3);
  });

  it('splits at 100 metrics', () => {
    const emissions = Array.from({ length: 250 }, (_, index) => ({ name: `m${index}`, value: index }));
    const { documents, lines } = render(...emissions);
    expect(documents.map(({ metrics }) => metrics)).toEqual([100, 100, 50]);
    expect(lines.flatMap(validateEmfLine)).toEqual([]);
  });

  it('splits at 60 KiB and loses nothing', () => {
    const emissions = Array.from({ length: 90 }, (_, index) => ({ name: `m${index}${'y'.repeat(1000)}` }));
    const { documents, lines, faults } = render(...emissions);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(60 * 1024);
    expect(documents.length).toBeGreaterThan(1);
    expect(documents.reduce((sum, { metrics }) => sum + metrics, 0)).toBe(90);
    expect(lines.flatMap(validateEmfLine)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('counts bytes, not characters, of a line', () => {
    const labelPairs = { a: 'x', b: '😀'.repeat(10_000) };
    const { lines } = render({ labelPairs }, { labelPairs, name: 'n'.repeat(1000) });
    expect(lines.every((line) => Buffer.byteLength(line) < 60 * 1024)).toBe(true);
  });

  it('leaves labels that are no dimension out of a metric that would not fit', () => {
    const { lines, faults } = render({ labelPairs: { a: 'x', b: 'z'.repeat(70_000) } });
    expect(lines).toEqual([`{"a":"x","m":1,${A}}`]);
    expect(faults).toEqual([]);
  });

  it('reports a value that does not fit', () => {
    const { lines, faults } = render({ labelPairs: { b: 'z'.repeat(70_000) }, dimensionSets: [] });
    expect(lines).toEqual([]);
    expect(faults).toEqual(['m: line_too_long']);
  });

  it('puts a metric apart that has the name of a dimension of another', () => {
    const labelPairs = { a: 'x', b: 'y' };
    const { lines } = render({ labelPairs, dimensionSets: [['b']] }, { labelPairs, name: 'b' });
    expect(lines.flatMap(validateEmfLine)).toEqual([]);
  });

  it('leaves labels out of a metric of the empty dimension set that would not fit', () => {
    const { documents } = render({ labelPairs: { b: 'z'.repeat(70_000) }, dimensionSets: [[]] });
    expect(documents).toHaveLength(1);
  });
});

describe('isDimensionValue', () => {
  const rows: readonly { input: string; expected: boolean }[] = [
    { input: 'a b', expected: true },
    { input: 'x'.repeat(1024), expected: true },
    { input: 'x'.repeat(1025), expected: false },
    { input: '', expected: false },
    { input: '  ', expected: false },
    { input: 'ü', expected: false },
    { input: 'a\n', expected: false },
  ];
  it.each(rows)('says $expected of $input', ({ input, expected }) => {
    expect(isDimensionValue(input)).toBe(expected);
  });
});

describe('metricNameFault', () => {
  const rows: readonly { input: string; expected: string | undefined }[] = [
    { input: 'a', expected: undefined },
    { input: '_aws', expected: 'reserved_name' },
    { input: '', expected: 'metric_name' },
    { input: 'ä', expected: 'metric_name' },
    { input: 'a'.repeat(1025), expected: 'metric_name' },
  ];
  it.each(rows)('says $expected of $input', ({ input, expected }) => {
    expect(metricNameFault(input)).toBe(expected);
  });
});
