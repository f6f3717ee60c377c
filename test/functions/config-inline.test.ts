import { describe, expect, it } from 'vitest';
import { readInlineEvent } from '../../functions/config-inline.ts';
import { memoryObjects } from './memory-objects.ts';

describe('readInlineEvent', () => {
  it('takes texts as they are', async () => {
    const compose = [{ file: 'compose.yaml', text: 'services: {}' }];
    expect(await readInlineEvent({ cluster: 'prod', compose, environment: { A: '1' } }, memoryObjects())).toEqual({
      cluster: 'prod',
      compose,
      files: [],
      rules: [],
      environment: { A: '1' },
      prune: false,
      dryRun: false,
      write: true,
      engine: 'lambda',
    });
  });

  it('fetches addresses, and the files that they name, relative to their keys', async () => {
    const web = 'services:\n  web:\n    extends: {file: ../base.yaml, service: web}\n';
    const objects = memoryObjects({
      's3://bucket/a/shop/compose.yaml': web,
      's3://bucket/a/base.yaml': 'services: {web: {image: web}}',
      's3://bucket/rules/mine.json': '{}',
    });
    const event = {
      cluster: 'prod',
      compose: ['s3://bucket/a/shop/compose.yaml', { file: 'more.yaml', text: '{}' }],
      rules: ['s3://bucket/rules/mine.json'],
      project: 'shop',
      prune: true,
      dry_run: true,
    };
    expect(await readInlineEvent(event, objects)).toMatchObject({
      compose: [
        { file: 's3://bucket/a/shop/compose.yaml', text: web },
        { file: 'more.yaml', text: '{}' },
      ],
      files: [{ file: 's3://bucket/a/base.yaml', text: 'services: {web: {image: web}}' }],
      rules: [{ file: 's3://bucket/rules/mine.json', text: '{}' }],
      project: 'shop',
      prune: true,
      dryRun: true,
    });
  });

  const refused: readonly { name: string; event: unknown; expected: string }[] = [
    { name: 'nothing', event: undefined, expected: 'expected a mapping, found nothing' },
    { name: 'an event without a cluster', event: { compose: [] }, expected: 'cluster: missing key "cluster"' },
    {
      name: 'an unknown key',
      event: { cluster: 'prod', compose: [], dryrun: true },
      expected: 'dryrun: unknown key "dryrun"; known keys: cluster, compose,',
    },
    {
      name: 'a file without a text',
      event: { cluster: 'prod', compose: [{ file: 'a' }] },
      expected: 'compose[0]',
    },
    {
      name: 'an address that is none',
      event: { cluster: 'prod', compose: ['compose.yaml'] },
      expected: 'expected an address s3://BUCKET/KEY, found "compose.yaml"',
    },
    {
      name: 'an object that is not there',
      event: { cluster: 'prod', compose: ['s3://bucket/compose.yaml'] },
      expected: 's3://bucket/compose.yaml: there is no such object; upload it first',
    },
  ];
  it.each(refused)('refuses $name', async ({ event, expected }) => {
    await expect(readInlineEvent(event, memoryObjects())).rejects.toThrow(expected);
  });
});
