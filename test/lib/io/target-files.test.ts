import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../lib/document/problem.ts';
import { parseTargetGroups } from '../../../lib/documents.ts';
import { targetFiles } from '../../../lib/io/target-files.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'targets-'));
  await writeFile(join(folder, 'a.yaml'), '- targets: [a:1, a:2]\n  labels: {x: 010}\n');
  await writeFile(join(folder, 'b.json'), '[{"targets": ["b:1"]}]');
  await writeFile(join(folder, 'c.yaml'), '[]');
  await writeFile(join(folder, 'bad.yml'), 'targets: [a]');
  await writeFile(join(folder, 'x+y.json'), '[{"targets": ["xy:1"]}]');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const addressesOf = async (pattern: string) => {
  const groups = await targetFiles(folder, parseTargetGroups)(pattern);
  return groups.flatMap(({ targets }) => targets);
};

describe('targetFiles', () => {
  it('reads a file of the folder', async () => {
    const [group] = await targetFiles(folder, parseTargetGroups)('a.yaml');
    expect([group?.targets, [...(group?.labels ?? [])]]).toEqual([['a:1', 'a:2'], [['x', '010']]]);
  });

  const rows: readonly { name: string; input: string; expected: readonly string[] }[] = [
    { name: 'every match of a star', input: '*.yaml', expected: ['a:1', 'a:2'] },
    { name: 'a star in the middle', input: 'x*y.json', expected: ['xy:1'] },
    { name: 'a plus sign as itself', input: 'x+*.json', expected: ['xy:1'] },
    { name: 'nothing for a star without a match', input: '*.none', expected: [] },
    { name: 'nothing for a star in a folder that is not there', input: 'none/*.json', expected: [] },
  ];
  it.each(rows)('reads $name', async ({ input, expected }) => {
    expect(await addressesOf(input)).toEqual(expected);
  });

  it('reads an absolute path', async () => {
    expect(await addressesOf(join(folder, 'b.json'))).toEqual(['b:1']);
  });

  it('refuses a name that is not there', async () => {
    const path = join(folder, 'none.yaml');
    await expect(addressesOf('none.yaml')).rejects.toThrow(
      `${path}:1:1: error: file_sd_configs: cannot be read: ENOENT`,
    );
  });

  it('refuses a file that is no list of target groups, with its place', async () => {
    const failure = addressesOf('bad.yml');
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(`${join(folder, 'bad.yml')}:1:1: error: expected a list of target groups`);
  });
});
