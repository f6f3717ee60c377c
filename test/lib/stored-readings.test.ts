import { describe, expect, it } from 'vitest';
import type { Readings } from '../../lib/cluster-targets.ts';
import type { Failure } from '../../lib/ports.ts';
import { keepReadings, lastReadings, type ReadingsMemory } from '../../lib/stored-readings.ts';
import { snapshotOf, taskOf } from './ecs/cluster.ts';

const readingsOf = (readAtMs: number, tasks = [taskOf(1)]): Readings =>
  new Map([['["shop",null,null]', { readAtMs, snapshot: snapshotOf(tasks) }]]);

/** A store in memory, a clock that is set, and what was written and complained of. */
function storeWith(text?: string) {
  const stored = new Map(text === undefined ? [] : [['shop', text]]);
  const writes: string[] = [];
  const failures: Failure[] = [];
  const ports = (nowMs: number) => ({
    clock: () => nowMs,
    snapshots: {
      read: async (cluster: string) => stored.get(cluster),
      write: async (cluster: string, written: string) => {
        writes.push(written);
        stored.set(cluster, written);
      },
    },
  });
  return { ports, writes, failures, stored };
}

describe('keepReadings', () => {
  it('gives a cold process what the last one knew', async () => {
    const { ports, failures } = storeWith();
    await keepReadings('shop', readingsOf(1000), ports(1000), new Map(), failures);
    expect(await lastReadings('shop', ports(2000), new Map(), failures)).toEqual(readingsOf(1000));
    expect(failures).toEqual([]);
  });

  it('writes what has changed at once, and times alone after five minutes', async () => {
    const { ports, writes, failures } = storeWith();
    const memory: ReadingsMemory = new Map();
    const keep = (nowMs: number, tasks = [taskOf(1)]) =>
      keepReadings('shop', readingsOf(nowMs, tasks), ports(nowMs), memory, failures);
    const counts: number[] = [];
    for (const nowMs of [0, 60_000, 299_999, 300_000]) {
      await keep(nowMs);
      counts.push(writes.length);
    }
    await keep(360_000, [taskOf(2)]);
    expect([...counts, writes.length]).toEqual([1, 1, 1, 2, 3]);
  });

  it('says what cannot be stored, and tries again the next time', async () => {
    const { ports, writes, failures } = storeWith();
    const memory: ReadingsMemory = new Map();
    const denied = { ...ports(0), snapshots: { ...ports(0).snapshots, write: () => Promise.reject(new Error('no')) } };
    await keepReadings('shop', readingsOf(0), denied, memory, failures);
    expect(failures).toEqual([{ arn: 'shop', reason: 'its snapshot cannot be stored: no' }]);
    await keepReadings('shop', readingsOf(0), ports(1), memory, failures);
    expect(writes).toHaveLength(1);
  });
});

describe('lastReadings', () => {
  it('reads what is stored once', async () => {
    const { ports, stored, failures } = storeWith();
    await keepReadings('shop', readingsOf(0), ports(0), new Map(), failures);
    const memory: ReadingsMemory = new Map();
    await lastReadings('shop', ports(0), memory, failures);
    stored.clear();
    expect(await lastReadings('shop', ports(0), memory, failures)).toEqual(readingsOf(0));
  });

  it.each([
    ['another version', '{"version": 2}', 'expected version 1, found 2'],
    ['a text that is cut', '{"version": 1', 'Expected'],
  ])('does without %s, and says so', async (_, text, expected) => {
    const { ports, failures } = storeWith(text);
    expect(await lastReadings('shop', ports(0), new Map(), failures)).toEqual(new Map());
    expect(failures).toEqual([
      {
        arn: 'shop',
        reason: expect.stringMatching(`^its snapshot cannot be read: .*${expected}.*; all is read anew$`),
      },
    ]);
  });
});
