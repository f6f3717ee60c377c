import { describe, expect, it } from 'vitest';
import {
  compileRelabel,
  type NameValidation,
  RELABEL_ACTIONS,
  type RelabelConfig,
  relabelConfigFault,
} from '../../../lib/prometheus/relabel.ts';

type Pairs = Record<string, string>;

const rows: readonly {
  name: string;
  configs: readonly RelabelConfig[];
  validation?: NameValidation;
  input: Pairs;
  expected: Pairs | undefined;
}[] = [
  {
    name: 'replace sets the target to the replacement',
    configs: [{ source_labels: ['a'], regex: 'f(.*)r', target_label: 'b', replacement: '<$1>' }],
    input: { a: 'foobar' },
    expected: { a: 'foobar', b: '<ooba>' },
  },
  {
    name: 'replace copies the source with its defaults',
    configs: [{ source_labels: ['a'], target_label: 'b' }],
    input: { a: 'x\ny' },
    expected: { a: 'x\ny', b: 'x\ny' },
  },
  {
    name: 'replace joins source labels by the separator, absent ones as nothing',
    configs: [{ source_labels: ['a', 'no', 'b'], separator: '-', target_label: 'c' }],
    input: { a: '1', b: '2' },
    expected: { a: '1', b: '2', c: '1--2' },
  },
  {
    name: 'replace leaves the labels where the regex does not match the whole source',
    configs: [{ source_labels: ['a'], regex: 'oo', target_label: 'b' }],
    input: { a: 'foo' },
    expected: { a: 'foo' },
  },
  {
    name: 'replace removes the target where the replacement is empty',
    configs: [{ source_labels: ['a'], target_label: 'b', replacement: '' }],
    input: { a: '1', b: '2' },
    expected: { a: '1' },
  },
  {
    name: 'replace removes the target where the groups are empty',
    configs: [{ source_labels: ['no'], target_label: 'b' }],
    input: { b: '2' },
    expected: {},
  },
  {
    name: 'replace without source labels matches the empty text',
    configs: [{ target_label: 'b', replacement: 'x' }],
    input: {},
    expected: { b: 'x' },
  },
  {
    name: 'replace expands the target',
    configs: [{ source_labels: ['a'], regex: '(.+)=(.+)', target_label: '${1}_l', replacement: '$2' }],
    input: { a: 'k=v' },
    expected: { a: 'k=v', k_l: 'v' },
  },
  {
    name: 'replace leaves the labels where the expanded target is no name of the legacy scheme',
    configs: [{ source_labels: ['a'], regex: '(.+)', target_label: '${1}', replacement: 'x' }],
    validation: 'legacy',
    input: { a: 'b c' },
    expected: { a: 'b c' },
  },
  {
    name: 'replace takes an expanded target in UTF-8',
    configs: [{ source_labels: ['a'], regex: '(.+)', target_label: '${1}', replacement: 'x' }],
    input: { a: 'b c' },
    expected: { a: 'b c', 'b c': 'x' },
  },
  {
    name: 'replace reads what an earlier configuration wrote',
    configs: [
      { source_labels: ['a'], target_label: 'b' },
      { source_labels: ['b'], target_label: 'c' },
    ],
    input: { a: '1' },
    expected: { a: '1', b: '1', c: '1' },
  },
  {
    name: 'keep keeps a match',
    configs: [{ action: 'keep', source_labels: ['a'], regex: 'x|y' }],
    input: { a: 'y' },
    expected: { a: 'y' },
  },
  {
    name: 'keep drops anything else',
    configs: [{ action: 'keep', source_labels: ['a'], regex: 'x' }],
    input: { a: 'xx' },
    expected: undefined,
  },
  {
    name: 'drop drops a match',
    configs: [{ action: 'drop', source_labels: ['a', 'b'], regex: '1;2' }],
    input: { a: '1', b: '2' },
    expected: undefined,
  },
  {
    name: 'drop keeps anything else',
    configs: [{ action: 'drop', source_labels: ['a'], regex: '1' }],
    input: { a: '12' },
    expected: { a: '12' },
  },
  {
    name: 'nothing happens behind a drop',
    configs: [{ action: 'drop' }, { target_label: 'a', replacement: 'x' }],
    input: {},
    expected: undefined,
  },
  {
    name: 'keepequal keeps where target and source are equal',
    configs: [{ action: 'keepequal', source_labels: ['a'], target_label: 'b' }],
    input: { a: '1', b: '1' },
    expected: { a: '1', b: '1' },
  },
  {
    name: 'keepequal drops where they differ',
    configs: [{ action: 'keepequal', source_labels: ['a'], target_label: 'b' }],
    input: { a: '1', b: '2' },
    expected: undefined,
  },
  {
    name: 'dropequal drops where target and source are equal, both absent included',
    configs: [{ action: 'dropequal', source_labels: ['a'], target_label: 'b' }],
    input: { c: '1' },
    expected: undefined,
  },
  {
    name: 'dropequal keeps where they differ',
    configs: [{ action: 'dropequal', source_labels: ['a'], target_label: 'b' }],
    input: { a: '1' },
    expected: { a: '1' },
  },
  {
    name: 'hashmod is the MD5 sum of the source modulo the modulus',
    configs: [{ action: 'hashmod', source_labels: ['c'], target_label: 'd', modulus: 1000n }],
    input: { c: 'baz' },
    expected: { c: 'baz', d: '976' },
  },
  {
    name: 'hashmod takes a modulus of 64 bits',
    configs: [{ action: 'hashmod', source_labels: ['a'], target_label: 'd', modulus: 2n ** 64n - 1n }],
    input: { a: 'foo' },
    expected: { a: 'foo', d: '17145033699835028696' },
  },
  {
    name: 'labelmap copies labels whose name matches',
    configs: [{ action: 'labelmap', regex: 'meta_(.+)' }],
    input: { meta_a: '1', meta_b: '2', xmeta_c: '3' },
    expected: { meta_a: '1', meta_b: '2', xmeta_c: '3', a: '1', b: '2' },
  },
  {
    name: 'labelmap lets the later name win',
    configs: [{ action: 'labelmap', regex: 'x(.)', replacement: 'y' }],
    input: { xb: '2', xa: '1' },
    expected: { xb: '2', xa: '1', y: '2' },
  },
  {
    name: 'labeldrop removes labels whose whole name matches',
    configs: [{ action: 'labeldrop', regex: 'a.*' }],
    input: { a: '1', ab: '2', ba: '3' },
    expected: { ba: '3' },
  },
  {
    name: 'labelkeep removes all others',
    configs: [{ action: 'labelkeep', regex: 'a.*' }],
    input: { a: '1', ab: '2', ba: '3' },
    expected: { a: '1', ab: '2' },
  },
  {
    name: 'lowercase goes rune by rune',
    configs: [{ action: 'lowercase', source_labels: ['a', 'b'], target_label: 'c' }],
    input: { a: 'AbÇ', b: 'İ' },
    expected: { a: 'AbÇ', b: 'İ', c: 'abç;i' },
  },
  {
    name: 'uppercase leaves a rune that has no single upper case',
    configs: [{ action: 'uppercase', source_labels: ['a'], target_label: 'c' }],
    input: { a: 'straße' },
    expected: { a: 'straße', c: 'STRAßE' },
  },
  {
    name: 'uppercase of nothing removes the target',
    configs: [{ action: 'uppercase', source_labels: ['a'], target_label: 'c' }],
    input: { c: '1' },
    expected: {},
  },
];

describe('compileRelabel', () => {
  it.each(rows)('$name', ({ configs, validation = 'utf8', input, expected }) => {
    const relabeled = compileRelabel(configs, validation)(new Map(Object.entries(input)));
    expect(relabeled && Object.fromEntries(relabeled)).toEqual(expected);
  });

  it('covers every action in its table', () => {
    const covered = new Set(rows.flatMap(({ configs }) => configs.map(({ action = 'replace' }) => action)));
    expect([...covered].sort()).toEqual([...RELABEL_ACTIONS].sort());
  });

  it('leaves the given labels as they are', () => {
    const labels = new Map([['a', '1']]);
    compileRelabel([{ action: 'labeldrop', regex: '.*' }], 'utf8')(labels);
    expect([...labels]).toEqual([['a', '1']]);
  });

  it('holds a label called __proto__', () => {
    const relabel = compileRelabel([{ target_label: '__proto__', replacement: 'x' }], 'utf8');
    expect([...(relabel(new Map()) ?? [])]).toEqual([['__proto__', 'x']]);
  });
});

describe('relabelConfigFault', () => {
  const faults: readonly { input: RelabelConfig; validation?: NameValidation; expected: string | undefined }[] = [
    { input: {}, expected: 'action replace needs target_label' },
    { input: { action: 'keep' }, expected: undefined },
    { input: { target_label: 'a' }, expected: undefined },
    { input: { target_label: 'a b' }, expected: undefined },
    {
      input: { target_label: 'a b' },
      validation: 'legacy',
      expected: 'expected a label name as target_label, found "a b"',
    },
    { input: { target_label: '${1}_x' }, validation: 'legacy', expected: undefined },
    {
      input: { action: 'uppercase', target_label: '${1}' },
      validation: 'legacy',
      expected: 'expected a label name as target_label, found "${1}"',
    },
    { input: { action: 'uppercase' }, expected: 'action uppercase needs target_label' },
    {
      input: { action: 'lowercase', target_label: 'a', replacement: 'x' },
      expected: 'action lowercase takes no replacement',
    },
    { input: { action: 'hashmod', target_label: 'a' }, expected: 'action hashmod needs a modulus of at least 1' },
    { input: { action: 'hashmod', modulus: 3n }, expected: 'action hashmod needs target_label' },
    { input: { action: 'labelmap', replacement: '' }, expected: 'expected a label name as replacement, found ""' },
    {
      input: { action: 'labelmap', replacement: 'a-b' },
      validation: 'legacy',
      expected: 'expected a label name as replacement, found "a-b"',
    },
    {
      input: {
        action: 'labeldrop',
        source_labels: ['a'],
        target_label: 'b',
        modulus: 1n,
        separator: ',',
        replacement: 'x',
      },
      expected: 'action labeldrop takes no source_labels, target_label, modulus, separator, replacement',
    },
    { input: { action: 'labelkeep', regex: 'a' }, expected: undefined },
    { input: { action: 'keepequal', source_labels: ['a'], target_label: 'b' }, expected: undefined },
    { input: { action: 'dropequal', target_label: 'b', regex: 'x' }, expected: 'action dropequal takes no regex' },
  ];
  it.each(faults)('says $expected of $input', ({ input, validation = 'utf8', expected }) => {
    expect(relabelConfigFault(input, validation)).toBe(expected);
  });
});
