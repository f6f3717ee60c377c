import { describe, expect, it } from 'vitest';
import { parseDocument, type Scalars } from '../../../lib/document/document.ts';
import { ConfigError } from '../../../lib/document/problem.ts';

function errorOf(text: string): string {
  try {
    parseDocument(text, 'f.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('parseDocument', () => {
  const values: readonly { name: string; input: string; scalars?: Scalars; expected: unknown }[] = [
    { name: 'an empty text is null', input: '', expected: null },
    { name: 'YAML block style', input: 'a:\n  - 1\n  - x', expected: { a: [1, 'x'] } },
    { name: 'JSON', input: '{"a": [1, true, null]}', expected: { a: [1, true, null] } },
    { name: 'JSON escapes', input: '{"a": "\\u00e9\\n"}', expected: { a: 'é\n' } },
    {
      name: 'scalars of the core schema: yes is a string, 010 is ten',
      input: 'a: yes\nb: 010\nc: 0o10\nd: ~\ne: null\nf:',
      expected: { a: 'yes', b: 10, c: 8, d: null, e: null, f: null },
    },
    {
      name: 'scalars as they are written',
      input: 'a: yes\nb: 010\nc: 0o10\nd: ~\ne: null\nf:\ng: 1.0\nh: "x"',
      scalars: 'text',
      expected: { a: 'yes', b: '010', c: '0o10', d: null, e: null, f: null, g: '1.0', h: 'x' },
    },
    { name: 'a number as a key is its text', input: '1: a', expected: { '1': 'a' } },
    { name: 'an alias', input: 'a: &x [1]\nb: *x', expected: { a: [1], b: [1] } },
    { name: 'a merge key', input: 'a: &x {c: 1}\nb:\n  <<: *x\n  d: 2', expected: { a: { c: 1 }, b: { c: 1, d: 2 } } },
    { name: 'nesting of 500 levels', input: `${'['.repeat(500)}${']'.repeat(500)}`, expected: expect.any(Array) },
  ];
  it.each(values)('reads $name', ({ input, scalars, expected }) => {
    expect(parseDocument(input, 'f.yaml', scalars).value).toEqual(expected);
  });

  const errors: readonly { name: string; input: string; expected: string }[] = [
    { name: 'a duplicate key', input: 'a: 1\na: 2', expected: 'f.yaml:2:1: error: Map keys must be unique' },
    {
      name: 'a duplicate key in JSON',
      input: '{"a": 1,\n "a": 2}',
      expected: 'f.yaml:2:2: error: Map keys must be unique',
    },
    {
      name: 'two documents in one text',
      input: 'a: 1\n---\nb: 2',
      expected: 'f.yaml:2:1: error: Source contains multiple documents; please use YAML.parseAllDocuments()',
    },
    { name: 'an unknown tag', input: 'a: !x 1', expected: 'f.yaml:1:4: error: Unresolved tag: !x' },
    {
      name: 'a tag of another language',
      input: 'a: !!python/object x',
      expected: 'f.yaml:1:4: error: Unresolved tag: tag:yaml.org,2002:python/object',
    },
    {
      name: 'a list that does not end',
      input: 'a: [1',
      expected: 'f.yaml:1:6: error: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    { name: 'JSON that does not end', input: '{\n "a": 1', expected: 'f.yaml:2:8: error: Flow map must end with a }' },
    {
      name: 'JSON without a colon',
      input: '{"a" 1}',
      expected: 'f.yaml:1:6: error: Missing , or : between flow map items',
    },
    { name: 'a string that does not end', input: 'a: "x', expected: 'f.yaml:1:6: error: Missing closing "quote' },
    {
      name: 'an unknown escape',
      input: '"a": "\\q"',
      expected: 'f.yaml:1:7: error: Invalid escape sequence \\q',
    },
    {
      name: 'a tab as indentation',
      input: 'a:\n\t- b',
      expected: 'f.yaml:2:1: error: Tabs are not allowed as indentation',
    },
    {
      name: 'a key that is no string',
      input: '? [a]\n: 1',
      expected: 'f.yaml:1:3: error: With stringKeys, all keys must be strings',
    },
    {
      name: 'several faults at once',
      input: 'a: 1\na: 2\nb: 1\nb: 2',
      expected: 'f.yaml:2:1: error: Map keys must be unique\nf.yaml:4:1: error: Map keys must be unique',
    },
  ];
  it.each(errors)('refuses $name with its place', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it('refuses an alias bomb', () => {
    const lists = ['b', 'c', 'd', 'e', 'f', 'g'].map((name, index) => {
      const alias = `*${String.fromCharCode(97 + index)}`;
      return `${name}: &${name} [${Array.from({ length: 10 }, () => alias).join(',')}]`;
    });
    expect(errorOf(['a: &a [x,x,x,x,x,x,x,x,x,x]', ...lists].join('\n'))).toBe(
      'f.yaml:1:1: error: Excessive alias count indicates a resource exhaustion attack',
    );
  });

  it('refuses nesting that exceeds the stack', () => {
    expect(errorOf(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toMatch(/^f\.yaml:1:\d+: error: /);
  });

  it('says one thing of nesting that exceeds the stack and does not end', () => {
    expect(errorOf('['.repeat(20_000)).split('\n')).toEqual(['f.yaml:1:1: error: nested too deeply']);
  });

  it('places an unknown alias', () => {
    expect(errorOf('a: 1\nb: *c')).toMatch(/^f\.yaml:2:4: error: alias \*c names no anchor before it/);
  });

  it('keeps keys called __proto__ and constructor as own keys', () => {
    const value = parseDocument('__proto__: {polluted: 1}\nconstructor: 2', 'f.yaml').value as object;
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('keeps a key called __proto__ that comes through a merge', () => {
    const value = parseDocument('a: &x {__proto__: 1}\nb:\n  <<: *x', 'f.yaml').value as { b: object };
    expect(Object.getOwnPropertyNames(value.b)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value.b)).toBe(Object.prototype);
  });
});

describe('the place of a path', () => {
  const text = 'a:\n  - b: 1\n    c: x\n  - *d0\nempty:\n"quoted key": {k: [1, 2]}\n';
  const document = parseDocument(`d: &d0\n  e: 5\n${text}`, 'f.yaml');
  const rows: readonly { name: string; input: readonly (string | number)[]; expected: string }[] = [
    { name: 'the document', input: [], expected: '1:1' },
    { name: 'a scalar', input: ['a', 0, 'b'], expected: '4:8' },
    { name: 'an item of a flow list', input: ['quoted key', 'k', 1], expected: '8:23' },
    { name: 'a value behind an alias', input: ['a', 1, 'e'], expected: '2:6' },
    { name: 'the nearest ancestor of a path that is not there', input: ['a', 0, 'zz', 'y'], expected: '4:5' },
    { name: 'an index that is not there', input: ['a', 7], expected: '4:3' },
  ];
  it.each(rows)('is found for $name', ({ input, expected }) => {
    const { file, line, column } = document.place(input);
    expect([file, `${line}:${column}`]).toEqual(['f.yaml', expected]);
  });

  it('is found in JSON', () => {
    const json = parseDocument('{\n  "a": {\n    "b": [true]\n  }\n}', 'f.json');
    expect(json.place(['a', 'b', 0])).toEqual({ file: 'f.json', line: 3, column: 11 });
  });
});
