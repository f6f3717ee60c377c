import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The tests of a file by their whole names. */
function testsOf(source: string): readonly string[] {
  const names: string[] = [];
  let group = '';
  for (const [, call, name = ''] of source.matchAll(/\b(describe|it)\(\s*'((?:[^'\\]|\\.)*)'/g)) {
    if (call === 'describe') group = name;
    else names.push(`${group} ${name}`);
  }
  return names;
}

/** Of each row of the table, the tests that it names. */
const ROWS = read('docs/faults.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault '))
  .map((line) =>
    [...line.matchAll(/\[([^\]]+)\]\(\.\.\/test\/real\/faults\.test\.ts\)/g)].map(([, name = '']) => name),
  );

it('docs/faults.md names a test in every row, and every test', () => {
  expect(ROWS.filter((tests) => tests.length === 0)).toEqual([]);
  const tests = testsOf(read('test/real/faults.test.ts'));
  expect(tests.length).toBeGreaterThan(20);
  expect([...new Set(ROWS.flat())].sort()).toEqual([...tests].sort());
});
