import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencedFiles } from '../../lib/compose-sources.ts';

/** The names of the files found for a compose file `a`, among these. */
async function namesFor(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const asked: string[] = [];
  const found = await referencedFiles(
    [{ file: 'a', text }],
    {},
    {
      resolve: (written) => written,
      read: async (file) => {
        asked.push(file);
        return files[file];
      },
    },
  );
  expect(new Set(asked).size).toBe(asked.length);
  return found.map(({ file }) => file);
}

describe('referencedFiles', () => {
  it('finds what a compose file names', async () => {
    const text = `
services:
  web:
    extends:
      service: web
      file: "base.yaml"
    x-prometheus:
      ContainersInsights:
        ScrapingConfiguration: {ScrapingConfigurationFile: ./p.yaml, Interval: 1m}
`;
    expect(await namesFor(text, { 'base.yaml': '', './p.yaml': '' })).toEqual(['base.yaml', './p.yaml']);
  });

  it('finds what those name, each once, and ends in a circle', async () => {
    const extend = (file: string) => `services: {web: {extends: {service: web, file: ${file}}}}`;
    expect(await namesFor(extend('b'), { b: extend('c'), c: extend('b') })).toEqual(['b', 'c']);
  });

  it('looks beside the file that names another, and beside the first', async () => {
    const files: Readonly<Record<string, string>> = {
      'more/b.yaml': 'include: [c.yaml, "${LAST}.yaml"]',
      'more/c.yaml': '',
      'd.yaml': '',
    };
    const found = await referencedFiles(
      [{ file: 'a.yaml', text: 'include: [more/b.yaml]' }],
      { LAST: 'd' },
      { resolve: (written, from) => join(dirname(from), written), read: async (file) => files[file] },
    );
    expect(found.map(({ file }) => file)).toEqual(['more/b.yaml', 'more/c.yaml', 'd.yaml']);
  });

  it('leaves out what is not there', async () => {
    expect(await namesFor('services: {web: {extends: {service: web, file: absent}}}')).toEqual([]);
  });

  it('asks for no other file, such as that of a secret', async () => {
    const text = 'services: {web: {env_file: .env, extends: other}}\nsecrets: {key: {file: key.pem}}\n';
    expect(await namesFor(text, { 'key.pem': '', '.env': '' })).toEqual([]);
  });

  it('leaves a text that is no YAML to the render', async () => {
    expect(await namesFor('services: [')).toEqual([]);
  });
});
