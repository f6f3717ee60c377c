import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderStateStore, memoryStateStore } from '../../../lib/io/state-store.ts';
import type { StateStore } from '../../../lib/ports.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const stores: readonly { name: string; open: () => StateStore }[] = [
  { name: 'memoryStateStore', open: memoryStateStore },
  { name: 'folderStateStore', open: () => folderStateStore(join(folder, 'a', 'b')) },
];

describe.each(stores)('$name', ({ open }) => {
  it('holds nothing at first', async () => {
    expect(await open().read('0')).toBeUndefined();
  });

  it('gives what was committed', async () => {
    const store = open();
    expect(await store.commit('0', { text: 'one', nonce: 'n1' }, undefined)).toBe('committed');
    expect((await store.read('0'))?.text).toBe('one');
  });

  it('replaces the version that was read', async () => {
    const store = open();
    await store.commit('0', { text: 'one', nonce: 'n1' }, undefined);
    const tag = (await store.read('0'))?.tag;
    expect(await store.commit('0', { text: 'two', nonce: 'n2' }, tag)).toBe('committed');
    expect((await store.read('0'))?.text).toBe('two');
  });

  it('loses against a writer that came first, and writes nothing', async () => {
    const store = open();
    await store.commit('0', { text: 'one', nonce: 'n1' }, undefined);
    const tag = (await store.read('0'))?.tag;
    await store.commit('0', { text: 'two', nonce: 'n2' }, tag);
    expect(await store.commit('0', { text: 'three', nonce: 'n3' }, tag)).toBe('lost');
    expect(await store.commit('0', { text: 'three', nonce: 'n3' }, undefined)).toBe('lost');
    expect((await store.read('0'))?.text).toBe('two');
  });

  it('loses where the version that was read is gone', async () => {
    expect(await open().commit('0', { text: 'one', nonce: 'n1' }, 'tag')).toBe('lost');
  });

  it('keeps shards apart', async () => {
    const store = open();
    await store.commit('a/../b', { text: 'one', nonce: 'n1' }, undefined);
    await store.commit('family-ü', { text: 'two', nonce: 'n2' }, undefined);
    expect([(await store.read('a/../b'))?.text, (await store.read('family-ü'))?.text]).toEqual(['one', 'two']);
  });

  it('lets one of many writers at once win', async () => {
    const store = open();
    await store.commit('0', { text: 'start', nonce: 'n' }, undefined);
    const tag = (await store.read('0'))?.tag;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.commit('0', { text: `t${index}`, nonce: `n${index}` }, tag)),
    );
    expect(results.filter((result) => result === 'committed')).toHaveLength(1);
    expect((await store.read('0'))?.text).toBe(`t${results.indexOf('committed')}`);
  });
});

describe('folderStateStore', () => {
  it('is read by another process', async () => {
    await folderStateStore(folder).commit('0', { text: 'one', nonce: 'n1' }, undefined);
    const other = folderStateStore(folder);
    const tag = (await other.read('0'))?.tag;
    expect(await other.commit('0', { text: 'two', nonce: 'n2' }, tag)).toBe('committed');
  });

  it('leaves one whole file a shard behind', async () => {
    const store = folderStateStore(folder);
    await store.commit('0', { text: 'one', nonce: 'n1' }, undefined);
    await store.commit('0', { text: 'x', nonce: 'n2' }, 'other');
    expect(await readdir(folder)).toEqual(['0.json']);
    expect(await readFile(join(folder, '0.json'), 'utf8')).toBe('one');
  });

  it('never shows half a state to a reader', async () => {
    const store = folderStateStore(folder);
    const texts = ['a'.repeat(1_000_000), 'b'.repeat(1_000_000)];
    await store.commit('0', { text: texts[0] ?? '', nonce: 'n' }, undefined);
    const seen = new Set<string>();
    const write = async () => {
      for (let round = 0; round < 20; round += 1) {
        const tag = (await store.read('0'))?.tag;
        await store.commit('0', { text: texts[round % 2] ?? '', nonce: `n${round}` }, tag);
      }
    };
    const read = async () => {
      for (let round = 0; round < 40; round += 1) seen.add((await store.read('0'))?.text ?? '');
    };
    await Promise.all([write(), read()]);
    expect([...seen].every((text) => texts.includes(text))).toBe(true);
  });
});
