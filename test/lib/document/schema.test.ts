import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../lib/document/document.ts';
import {
  closed,
  flag,
  foundOf,
  list,
  oneOf,
  parsedText,
  readDocument,
  text,
  wholeNumber,
} from '../../../lib/document/schema.ts';

const schema = closed({
  name: text,
  on: v.optional(flag),
  items: v.optional(list(oneOf(['a', 'b']))),
  count: v.optional(wholeNumber(1, 9)),
  size: v.optional(wholeNumber(0)),
  json: v.optional(parsedText(JSON.parse)),
});

function errorOf(input: string): string {
  try {
    readDocument(schema, parseDocument(input, 'f.yaml'));
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('readDocument', () => {
  it('gives the value as the type of the schema', () => {
    expect(readDocument(schema, parseDocument('{name: x, items: [a, b], count: 3}', 'f.yaml'))).toEqual({
      name: 'x',
      items: ['a', 'b'],
      count: 3,
    });
  });

  const rows: readonly { name: string; input: string; expected: string }[] = [
    { name: 'a missing key', input: 'on: true', expected: 'f.yaml:1:1: error: name: missing key "name"' },
    {
      name: 'an unknown key',
      input: 'name: x\nnam: y',
      expected: 'f.yaml:2:6: error: nam: unknown key "nam"; known keys: name, on, items, count, size, json',
    },
    {
      name: 'an unknown key called constructor',
      input: 'name: x\nconstructor: y',
      expected:
        'f.yaml:2:14: error: constructor: unknown key "constructor"; known keys: name, on, items, count, size, json',
    },
    {
      name: 'an unknown key called __proto__',
      input: 'name: x\n__proto__: {}',
      expected:
        'f.yaml:2:12: error: __proto__: unknown key "__proto__"; known keys: name, on, items, count, size, json',
    },
    { name: 'a wrong type', input: 'name: 5', expected: 'f.yaml:1:7: error: name: expected a string, found 5' },
    { name: 'nothing', input: 'name:', expected: 'f.yaml:1:6: error: name: expected a string, found nothing' },
    {
      name: 'no choice',
      input: 'name: x\nitems:\n  - a\n  - c',
      expected: 'f.yaml:4:5: error: items[1]: expected one of a, b, found "c"',
    },
    {
      name: 'a number out of its range',
      input: '{name: x, count: 10}',
      expected: 'f.yaml:1:18: error: count: expected a whole number from 1 to 9, found 10',
    },
    {
      name: 'a number below its minimum',
      input: '{name: x, size: -1}',
      expected: 'f.yaml:1:17: error: size: expected a whole number of at least 0, found -1',
    },
    { name: 'no mapping', input: 'x', expected: 'f.yaml:1:1: error: expected a mapping, found "x"' },
    {
      name: 'every problem at once',
      input: 'name: [x]\non: maybe',
      expected:
        'f.yaml:1:7: error: name: expected a string, found a list\nf.yaml:2:5: error: on: expected true or false, found "maybe"',
    },
  ];
  it.each(rows)('refuses $name', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it('gives the message of the parser for a text that it refuses', () => {
    expect(errorOf('{name: x, json: "{"}')).toMatch(/^f\.yaml:1:17: error: json: Expected property name/);
  });

  it('refuses a list where a mapping is expected', () => {
    expect(() => readDocument(closed({ a: v.optional(text) }), parseDocument('[]', 'f.yaml'))).toThrow(
      'f.yaml:1:1: error: expected a mapping, found a list',
    );
  });
});

describe('foundOf', () => {
  const rows: readonly { input: unknown; expected: string }[] = [
    { input: null, expected: 'nothing' },
    { input: undefined, expected: 'nothing' },
    { input: [1], expected: 'a list' },
    { input: {}, expected: 'a mapping' },
    { input: true, expected: 'true' },
    { input: 'a"b', expected: '"a\\"b"' },
    { input: 'x'.repeat(100), expected: `"${'x'.repeat(79)}...` },
  ];
  it.each(rows)('says $expected', ({ input, expected }) => {
    expect(foundOf(input)).toBe(expected);
  });
});
