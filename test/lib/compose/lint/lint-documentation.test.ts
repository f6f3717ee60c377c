import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Compat, Engine } from '../../../../lib/compose/family/family.ts';
import { warningsOf } from './lint-problems.ts';

const DOCUMENT = readFileSync(new URL('../../../../docs/lint.md', import.meta.url), 'utf8');

type Example = {
  readonly title: string;
  readonly files: ReadonlyMap<string, string>;
  readonly command: string;
  readonly output: readonly string[];
};

/** Each section that shows a command: its files, the command and what it prints. */
const EXAMPLES: readonly Example[] = DOCUMENT.split(/^## /m).flatMap((section) => {
  const files = [...section.matchAll(/^```yaml (\S+)\n(.*?)^```$/gms)].map(
    ([, name = '', text = '']) => [name, text] as const,
  );
  const [, command, output = ''] = /^```console\n\$ (.*?)\n(.*?)^```$/ms.exec(section) ?? [];
  if (command === undefined) return [];
  const [title = ''] = section.split('\n');
  return [{ title, files: new Map(files), command, output: output.split('\n').filter((line) => line !== '') }];
});

/** The value of an option of the command. */
function option(command: string, name: string): string | undefined {
  return new RegExp(`--${name} (\\S+)`).exec(command)?.[1];
}

test.each(EXAMPLES)('the example "$title" says what it prints', ({ files, command, output }) => {
  const found = warningsOf(
    files.get('compose.yaml') ?? '',
    {
      cluster: option(command, 'cluster') ?? '',
      engine: (option(command, 'engine') ?? 'lambda') as Engine,
      compat: option(command, 'compat') as Compat,
      files: [...files].map(([file, text]) => ({ file, text })),
    },
    'compose.yaml',
  );
  expect(found).toEqual(output);
  expect(found.filter((line) => !line.includes(': warning: '))).toEqual([]);
  expect(found).not.toEqual([]);
});

test('the document has examples', () => {
  expect(EXAMPLES.length).toBe(DOCUMENT.match(/^## /gm)?.length);
});
