import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateStore } from '../ports.ts';

/** State that lives as long as the process: for a run of the command, and for tests. */
export function memoryStateStore(): StateStore {
  const stored = new Map<string, { text: string; tag: string }>();
  const nonces = new Map<string, string>();
  return {
    confirmed: async (shard) => nonces.get(shard),
    confirm: async (shard, nonce) => void nonces.set(shard, nonce),
    read: async (shard) => stored.get(shard),
    commit: async (shard, { text, nonce }, tag) => {
      if (stored.get(shard)?.tag !== tag) return 'lost';
      stored.set(shard, { text, tag: nonce });
      return 'committed';
    },
  };
}

/** State in a folder, one file a shard; a folder beside it keeps two writers apart while one compares and replaces. */
export function folderStateStore(folder: string): StateStore {
  const pathOf = (shard: string) => join(folder, `${encodeURIComponent(shard)}.json`);
  const read = async (shard: string) => {
    const text = await readFile(pathOf(shard), 'utf8').catch(unlessMissing);
    return text === undefined ? undefined : { text, tag: createHash('sha256').update(text).digest('hex') };
  };
  const confirmedPathOf = (shard: string) => join(folder, `${encodeURIComponent(shard)}.confirmed`);
  return {
    confirmed: (shard) => readFile(confirmedPathOf(shard), 'utf8').catch(unlessMissing),
    confirm: (shard, nonce) => writeFile(confirmedPathOf(shard), nonce),
    read,
    commit: async (shard, { text }, tag) => {
      await mkdir(folder, { recursive: true });
      const lock = `${pathOf(shard)}.lock`;
      if (!(await takeLock(lock))) return 'lost';
      try {
        if ((await read(shard))?.tag !== tag) return 'lost';
        const partial = `${pathOf(shard)}.partial`;
        await writeFile(partial, text);
        await rename(partial, pathOf(shard));
        return 'committed';
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    },
  };
}

const STALE_LOCK_MS = 10_000;

/** Making a folder succeeds for one process only. */
async function takeLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A process that died left its lock; nobody holds one for longer than a write takes.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs < STALE_LOCK_MS) return false;
    await rm(path, { recursive: true, force: true });
    return mkdir(path).then(
      () => true,
      () => false,
    );
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
