import { expect, test } from 'vitest';
import { type Merging, mergeValues, settled } from '../../../../lib/compose/file/compose-merge.ts';
import type { LocatedValue } from '../../../../lib/compose/file/located-value.ts';
import { parseLocated } from '../../../../lib/compose/file/located-yaml.ts';

const refused: string[] = [];
const merging: Merging = {
  peek: ({ value }) => (value === '$ONE' ? 1 : value),
  refuse: (_base, _over, path) => refused.push(path.join('.')),
  spend: () => {},
};

const parse = (text: string): LocatedValue => {
  const [value] = parseLocated(text, 'a.yaml');
  if (value === undefined) throw new Error('no document');
  return value;
};

/** The plain value, a reset entry as its tag. */
function plain(value: LocatedValue): unknown {
  if (value.tag === 'reset') return '!reset';
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plain);
  return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

const merges = [
  {
    name: 'a list without what is listed',
    base: '[1, {a: 1, b: [2]}]',
    over: '[{b: [2], a: 1}, 3, 3]',
    expected: [1, { a: 1, b: [2] }, 3],
  },
  { name: 'a list with items of its own twice', base: '[1, 1]', over: '[2]', expected: [1, 1, 2] },
  { name: 'items that variables make equal', base: '[1]', over: '[$ONE, 2]', expected: [1, 2] },
  {
    name: 'texts that look like other items',
    base: '[1, "true", [a, b]]',
    over: '["1", true, "[a, b]", [[a], b]]',
    expected: [1, 'true', ['a', 'b'], '1', true, '[a, b]', [['a'], 'b']],
  },
  {
    name: 'keys that look like other items',
    base: '[{a: 1}, {}]',
    over: '[[a, 1], [], {a: "1"}]',
    expected: [{ a: 1 }, {}, ['a', 1], [], { a: '1' }],
  },
  { name: 'nothing over a list', base: '[1]', over: '~', expected: [1] },
  { name: 'a mapping over nothing', base: '{a: ~}', over: '{a: {b: 1}}', expected: { a: { b: 1 } } },
  { name: 'an override as it is', base: '{a: {b: 1}}', over: '{a: !override {c: 1}}', expected: { a: { c: 1 } } },
  {
    name: 'a reset as a mark, for the files before',
    base: '{a: 1, b: 2}',
    over: '{a: !reset 1}',
    expected: { a: '!reset', b: 2 },
  },
  { name: 'a value over a reset', base: '{a: !reset 1}', over: '{a: [2]}', expected: { a: [2] } },
  { name: 'a list without items that are reset', base: '[1]', over: '[!reset 1, 2]', expected: [1, 2] },
];

test.each(merges)('merges $name', ({ base, over, expected }) => {
  expect(plain(mergeValues(parse(base), parse(over), [], merging))).toEqual(expected);
});

test('names what cannot be merged, and takes the later value', () => {
  refused.length = 0;
  const [base, over] = [parse('{m: {a: {}, b: [], c: 1}}'), parse('{m: {a: 1, b: {}, c: [1]}}')];
  expect(plain(mergeValues(base, over, ['x'], merging))).toEqual({ m: { a: 1, b: {}, c: [1] } });
  expect(refused).toEqual(['x.m.a', 'x.m.b']);
});

test('settles a value: without marks, each shared part once', () => {
  const value = parse('{a: !reset 1, b: !override {c: !reset 1, d: &d [1]}, e: *d}');
  const done = settled(value);
  expect(plain(done)).toEqual({ b: { d: [1] }, e: [1] });
  expect(plain(mergeValues(parse('{a: 1, b: {f: 1}}'), done, [], merging))).toEqual({
    a: 1,
    b: { f: 1, d: [1] },
    e: [1],
  });
  expect(settled(value)).toBe(done);
});
