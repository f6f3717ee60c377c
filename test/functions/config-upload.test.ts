import { describe, expect, it } from 'vitest';
import { foldersOf, isUploadEvent, readFolder } from '../../functions/config-upload.ts';
import { memoryObjects } from './memory-objects.ts';

const upload = (...keys: readonly string[]) => ({
  Records: keys.map((key) => ({ eventSource: 'aws:s3', s3: { bucket: { name: 'bucket' }, object: { key } } })),
});

describe('an upload event', () => {
  it('names each folder once', () => {
    expect(
      foldersOf(upload('compose/prod/shop/compose.yaml', 'compose/prod/shop/base/b.yaml', 'compose/prod/blog/c.yml')),
    ).toEqual([
      { bucket: 'bucket', cluster: 'prod', project: 'shop' },
      { bucket: 'bucket', cluster: 'prod', project: 'blog' },
    ]);
  });

  it('names folders as they are, not as URLs write them', () => {
    expect(foldersOf(upload('compose/prod/my+shop+%2B+caf%C3%A9/compose.yaml'))).toEqual([
      { bucket: 'bucket', cluster: 'prod', project: 'my shop + café' },
    ]);
  });

  it('takes no notice of what consoles make for an empty folder', () => {
    expect(foldersOf(upload('compose/', 'compose/prod/', 'compose/prod/shop/'))).toEqual([]);
  });

  it('refuses a file outside of a folder', () => {
    expect(() => foldersOf(upload('compose/prod/compose.yaml'))).toThrow(
      'expected an object compose/CLUSTER/PROJECT/FILE, found "compose/prod/compose.yaml"; upload it there',
    );
  });

  it.each([null, {}, { Records: [{ body: '' }] }, { cluster: 'prod' }])('is not %j', (event) => {
    expect(isUploadEvent(event)).toBe(false);
  });
});

describe('readFolder', () => {
  const folder = { bucket: 'bucket', cluster: 'prod', project: 'shop' };
  const filesNamed = (...names: readonly string[]) =>
    memoryObjects(Object.fromEntries(names.map((name) => [`s3://bucket/compose/prod/shop/${name}`, `# ${name}`])));

  const rows: readonly { name: string; files: readonly string[]; expected: readonly string[] }[] = [
    {
      name: 'compose.yaml before all others',
      files: ['docker-compose.yml', 'compose.yaml'],
      expected: ['compose.yaml'],
    },
    {
      name: 'docker-compose.yml before docker-compose.yaml',
      files: ['docker-compose.yaml', 'docker-compose.yml'],
      expected: ['docker-compose.yml'],
    },
    {
      name: 'the override after it',
      files: ['compose.override.yaml', 'compose.yml'],
      expected: ['compose.yml', 'compose.override.yaml'],
    },
    {
      name: 'one override',
      files: ['compose.yaml', 'docker-compose.override.yml', 'compose.override.yml'],
      expected: ['compose.yaml', 'compose.override.yml'],
    },
    { name: 'nothing where only an override is left', files: ['compose.override.yaml'], expected: [] },
    { name: 'nothing from folders below', files: ['more/compose.yaml'], expected: [] },
  ];
  it.each(rows)('takes $name', async ({ files, expected }) => {
    const { compose } = await readFolder(folder, filesNamed(...files));
    expect(compose.map(({ file }) => file)).toEqual(expected.map((name) => `s3://bucket/compose/prod/shop/${name}`));
  });

  it('is all of its project: what it does not render is pruned', async () => {
    expect(await readFolder(folder, filesNamed())).toEqual({
      cluster: 'prod',
      project: 'shop',
      compose: [],
      files: [],
      rules: [],
      environment: {},
      prune: true,
      dryRun: false,
    });
  });

  it('gives the other files that a compose file names', async () => {
    const text = 'include: [conf/p.yaml]';
    const objects = memoryObjects({
      's3://bucket/compose/prod/shop/compose.yaml': text,
      's3://bucket/compose/prod/shop/conf/p.yaml': 'global: {}',
    });
    const { files } = await readFolder(folder, objects);
    expect(files).toEqual([{ file: 's3://bucket/compose/prod/shop/conf/p.yaml', text: 'global: {}' }]);
  });
});
