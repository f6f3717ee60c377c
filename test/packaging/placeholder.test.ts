import { describe, expect, test } from 'vitest';
import { withReferences } from '../../packaging/placeholder.ts';

const placeholders = [
  { parameter: 'Stage', value: 'zzstagezz', isList: false },
  { parameter: 'Days', value: 3653, isList: false },
  { parameter: 'Subnets', value: 'zzsubnetszz', isList: true },
];

describe('withReferences', () => {
  test.each([
    { name: 'a whole text', value: 'zzstagezz', expected: { Ref: 'Stage' } },
    { name: 'a part of a text', value: 'a-zzstagezz-b', expected: { 'Fn::Sub': 'a-${Stage}-b' } },
    {
      name: 'a text with what looks like a reference',
      value: '${a} zzstagezz',
      expected: { 'Fn::Sub': '${!a} ${Stage}' },
    },
    {
      name: 'a part of a text with references',
      value: { 'Fn::Sub': '${A.Arn}/zzstagezz' },
      expected: { 'Fn::Sub': '${A.Arn}/${Stage}' },
    },
    {
      name: 'a part of a text with references and variables of its own',
      value: { 'Fn::Sub': ['${A}/zzstagezz', { A: 'zzstagezz' }] },
      expected: { 'Fn::Sub': ['${A}/${Stage}', { A: { Ref: 'Stage' } }] },
    },
    { name: 'a number', value: 3653, expected: { Ref: 'Days' } },
    { name: 'a number as a text', value: '3653', expected: { Ref: 'Days' } },
    { name: 'what is deep inside', value: { a: [{ b: 'zzstagezz' }] }, expected: { a: [{ b: { Ref: 'Stage' } }] } },
  ])('replaces $name', ({ value, expected }) => {
    expect(withReferences(value, placeholders)).toEqual(expected);
  });

  test.each(['text', '${AWS::Region}', 14, true, null, { 'Fn::Sub': '${A}' }, { Ref: 'A' }])('leaves %j', (value) => {
    expect(withReferences(value, placeholders)).toEqual(value);
  });

  test.each([
    {
      name: 'the name of a field',
      value: { 'a-zzstagezz': 1 },
      message: 'expected a name that no parameter is part of, found "a-zzstagezz"',
    },
    {
      name: 'the text of a list',
      value: { a: 'zzsubnetszz' },
      message: 'parameter Subnets is a list: !Ref it instead of its text',
    },
    {
      name: 'a list in a text',
      value: 'a,zzsubnetszz',
      message: 'parameter Subnets is a list: it cannot be part of "a,zzsubnetszz"',
    },
  ])('refuses $name', ({ value, message }) => {
    expect(() => withReferences(value, placeholders)).toThrow(message);
  });
});
