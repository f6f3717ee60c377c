import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { readStackParameters } from '../../packaging/stack-parameters.ts';

const read = (params: string) => readStackParameters(parseDocument(`params:\n  default:\n${params}`));

describe('readStackParameters', () => {
  test('gives names, defaults and the comments before them', () => {
    expect(
      read("    # Names,\n    # by commas.\n    clusters: a\n    # Days.\n    days: 14\n    # None.\n    none: ''\n"),
    ).toEqual([
      { name: 'clusters', default: 'a', description: 'Names, by commas.' },
      { name: 'days', default: 14, description: 'Days.' },
      { name: 'none', default: '', description: 'None.' },
    ]);
  });

  test.each([
    {
      name: 'one without a comment',
      params: '    # A.\n    a: 1\n    b: 2\n',
      message: 'serverless.yml: params.default.b has no comment that describes it',
    },
    {
      name: 'one that is neither text nor number',
      params: '    # A.\n    a: true\n',
      message: 'serverless.yml: params.default.a: expected a text or a number, found true',
    },
    { name: 'a list', params: '    - a\n', message: 'serverless.yml: expected params.default to be a map' },
  ])('refuses $name', ({ params, message }) => {
    expect(() => read(params)).toThrow(message);
  });
});

test('docs/deploy.md has a row for each parameter, and for no other', () => {
  const parameters = readStackParameters(parseDocument(readFileSync('serverless.yml', 'utf8')));
  const [, section = ''] = readFileSync('docs/deploy.md', 'utf8').split('## Parameters\n');
  const rows = section.split('\n## ')[0]?.match(/^\| `.*$/gm) ?? [];
  const names = rows.flatMap((row) => row.split('|')[1]?.match(/[A-Za-z0-9]+/g) ?? []);
  expect(names.sort()).toEqual(parameters.map(({ name }) => name).sort());
});
