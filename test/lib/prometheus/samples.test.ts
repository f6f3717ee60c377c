import { describe, expect, it } from 'vitest';
import type { LabelPair } from '../../../lib/prometheus/exposition.ts';
import { readExposition } from '../../../lib/prometheus/exposition-reader.ts';
import { countsBefore, joinLabels, relabelSamples, SampleError, seriesKeyOf } from '../../../lib/prometheus/samples.ts';
import type { ScrapeConfig } from '../../../lib/prometheus/scrape-config.ts';
import { compileScrapeConfig } from '../../../lib/prometheus/target.ts';

type Pairs = Record<string, string>;

const TEXT = 'text/plain; version=0.0.4';

const exposed = (labels: readonly LabelPair[]) => ({ name: 'm', labels, value: 1, timestampMs: undefined });

describe('joinLabels', () => {
  const rows: readonly {
    name: string;
    input: readonly LabelPair[];
    target: Pairs;
    honor?: boolean;
    expected: Pairs;
  }[] = [
    { name: 'joins both', input: [['a', '1']], target: { b: '2' }, expected: { a: '1', b: '2' } },
    {
      name: 'keeps an exposed label in conflict as exported_',
      input: [['a', '1']],
      target: { a: '2' },
      expected: { a: '2', exported_a: '1' },
    },
    {
      name: 'repeats the prefix until the name is free',
      input: [
        ['a', '1'],
        ['exported_a', '2'],
      ],
      target: { a: '3' },
      expected: { a: '3', exported_a: '2', exported_exported_a: '1' },
    },
    {
      name: 'repeats the prefix where the target has the name',
      input: [['a', '1']],
      target: { a: '2', exported_a: '3' },
      expected: { a: '2', exported_a: '3', exported_exported_a: '1' },
    },
    {
      name: 'gives the shorter name its exported_ name first',
      input: [
        ['exported_a', '1'],
        ['a', '2'],
      ],
      target: { exported_a: '3', a: '4' },
      expected: { a: '4', exported_a: '3', exported_exported_a: '2', exported_exported_exported_a: '1' },
    },
    {
      name: 'lets the exposed label win with honor_labels',
      input: [['a', '1']],
      target: { a: '2', b: '3' },
      honor: true,
      expected: { a: '1', b: '3' },
    },
    {
      name: 'lets an exposed empty label win with honor_labels',
      input: [['a', '']],
      target: { a: '2' },
      honor: true,
      expected: {},
    },
    {
      name: 'lets the target replace an exposed empty label',
      input: [['a', '']],
      target: { a: '2' },
      expected: { a: '2' },
    },
    { name: 'removes empty labels', input: [['a', '']], target: {}, expected: {} },
  ];
  it.each(rows)('$name', ({ input, target, honor = false, expected }) => {
    const joined = joinLabels(exposed(input), new Map(Object.entries(target)), honor);
    expect(Object.fromEntries(joined)).toEqual({ __name__: 'm', ...expected });
  });

  it('refuses a label that stands twice', () => {
    expect(() =>
      joinLabels(
        exposed([
          ['a', '1'],
          ['a', '2'],
        ]),
        new Map(),
        false,
      ),
    ).toThrow(new SampleError('invalid_sample', 'metric m has label a twice'));
  });
});

describe('seriesKeyOf', () => {
  it('tells labels in another order apart from other labels only', () => {
    expect(seriesKeyOf('a', [['x', '1']])).not.toBe(seriesKeyOf('a', [['x', '2']]));
    expect(seriesKeyOf('a', [])).not.toBe(seriesKeyOf('b', []));
  });

  it('tells a name that looks like labels from labels', () => {
    expect(seriesKeyOf('a[["x","1"]]', [])).not.toBe(seriesKeyOf('a', [['x', '1']]));
  });
});

function relabel(body: string, config: Partial<ScrapeConfig>, target: Pairs = { job: 'j', instance: 'a:1' }) {
  const exposition = readExposition(Buffer.from(body), TEXT, undefined, undefined);
  const job = compileScrapeConfig({ job_name: 'j', ...config });
  return relabelSamples(exposition, job, new Map(Object.entries(target)));
}

describe('relabelSamples', () => {
  it('gives the relabeled name and labels, and keeps what was exposed', () => {
    const { samples } = relabel('a{x="1"} 5\n', {
      metric_relabel_configs: [
        { target_label: '__name__', replacement: 'b' },
        { action: 'labeldrop', regex: 'instance' },
      ],
    });
    expect(samples).toMatchObject([
      { series: { name: 'b', seriesKey: seriesKeyOf('a', [['x', '1']]) }, exposedName: 'a', value: 5 },
    ]);
    expect(Object.fromEntries(samples[0]?.series.finalLabels ?? [])).toEqual({ job: 'j', x: '1' });
  });

  it('counts what relabeling leaves', () => {
    const keep = [{ action: 'keep' as const, source_labels: ['__name__'], regex: 'a' }];
    expect(relabel('a 1\nb 2\n', { metric_relabel_configs: keep }).postRelabel).toBe(1);
  });

  const accepted: readonly { name: string; config: Partial<ScrapeConfig>; body?: string }[] = [
    { name: 'sample_limit', config: { sample_limit: 2 } },
    { name: 'label_limit, which counts __name__ and the labels of the target', config: { label_limit: 4 } },
    { name: 'label_name_length_limit, which counts __name__ and instance', config: { label_name_length_limit: 8 } },
    { name: 'label_value_length_limit in bytes', config: { label_value_length_limit: 4 } },
    {
      name: 'sample_limit behind relabeling',
      config: {
        sample_limit: 1,
        metric_relabel_configs: [{ action: 'keep', source_labels: ['__name__'], regex: 'a' }],
      },
    },
    { name: 'sample_limit without what repeats a series', config: { sample_limit: 2 }, body: 'a 1\nb 2\na 3\nb 4\n' },
    { name: 'limits of 0, which are none', config: { sample_limit: 0, label_limit: 0 } },
  ];
  it.each(accepted)('keeps a body that just meets $name', ({ config, body = 'a{x="ää"} 1\nb 2\n' }) => {
    expect(() => relabel(body, config)).not.toThrow();
  });

  const errors: readonly { name: string; config: Partial<ScrapeConfig>; code: string; expected: string }[] = [
    {
      name: 'sample_limit',
      config: { sample_limit: 1 },
      code: 'sample_limit',
      expected: '2 samples exceed sample_limit 1',
    },
    {
      name: 'label_limit',
      config: { label_limit: 3 },
      code: 'label_limit',
      expected: '4 labels of metric a exceed label_limit 3',
    },
    {
      name: 'label_name_length_limit',
      config: { label_name_length_limit: 7 },
      code: 'label_limit',
      expected: 'label name __name__ of metric a exceeds label_name_length_limit 7',
    },
    {
      name: 'label_value_length_limit',
      config: { label_value_length_limit: 3 },
      code: 'label_limit',
      expected: 'value of label x of metric a exceeds label_value_length_limit 3',
    },
    {
      name: 'a relabeling that removes the name',
      config: { metric_relabel_configs: [{ action: 'labeldrop', regex: '__name__' }] },
      code: 'invalid_sample',
      expected: 'metric a has no name after relabeling',
    },
    {
      name: 'a name of UTF-8 under the legacy scheme',
      config: {
        metric_name_validation_scheme: 'legacy',
        metric_relabel_configs: [{ target_label: '__name__', replacement: 'a b' }],
      },
      code: 'invalid_sample',
      expected: 'invalid metric name or label names: [["__name__","a b"],["instance","a:1"],["job","j"],["x","ää"]]',
    },
  ];
  it.each(errors)('refuses the whole body over $name', ({ config, code, expected }) => {
    let found: unknown;
    try {
      relabel('a{x="ää"} 1\nb 2\n', config);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(SampleError);
    expect(found).toMatchObject({ code, message: expected });
  });

  it('refuses a target label without a name', () => {
    expect(() => relabel('a 1\n', {}, { '': 'x' })).toThrow('a label of metric a has no name');
  });

  it('counts a repeated series with a time of its own', () => {
    expect(() => relabel('a 1 1\na 2 2\n', { sample_limit: 1 })).toThrow('2 samples exceed sample_limit 1');
    expect(() => relabel('a 1 1\na 2 2\n', { sample_limit: 1, honor_timestamps: false })).not.toThrow();
  });
});

describe('countsBefore', () => {
  const dropA = [{ action: 'drop' as const, source_labels: ['__name__'], regex: 'a' }];
  const rows: readonly { name: string; body: string; config?: Partial<ScrapeConfig>; expected: readonly number[] }[] = [
    { name: 'a fault of syntax', body: 'a 1\nb 2\nc\nd 4\n', expected: [2, 2] },
    { name: 'a first line that is none', body: '<html>\n', expected: [0, 0] },
    {
      name: 'a fault of syntax behind relabeling',
      body: 'a 1\nb 2\nc\n',
      config: { metric_relabel_configs: dropA },
      expected: [2, 1],
    },
    {
      name: 'a limit of labels before a fault of syntax',
      body: 'a 1\nb{x="1"} 2\nc\n',
      config: { label_limit: 1 },
      expected: [2, 1],
    },
    { name: 'a limit of labels', body: 'a 1\nb{x="1"} 2\nc 3\n', config: { label_limit: 1 }, expected: [2, 1] },
    {
      name: 'a limit of samples, to the end',
      body: 'a 1\nb 2\nc 3\n',
      config: { sample_limit: 1, metric_relabel_configs: dropA },
      expected: [3, 2],
    },
  ];
  it.each(rows)('counts up to $name', ({ body, config = {}, expected }) => {
    const job = compileScrapeConfig({ job_name: 'j', ...config });
    let counts: unknown;
    try {
      relabel(body, config, {});
    } catch (error) {
      counts = countsBefore(error, job, new Map());
    }
    expect(counts).toEqual({ scraped: expected[0], postRelabel: expected[1] });
  });

  it('counts nothing of what is no body', () => {
    const job = compileScrapeConfig({ job_name: 'j' });
    expect(countsBefore(new Error('refused'), job, new Map())).toEqual({ scraped: 0, postRelabel: 0 });
  });
});
