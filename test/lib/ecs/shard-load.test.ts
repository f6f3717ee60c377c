import { describe, expect, it } from 'vitest';
import { leastShards, loadOf, MAX_LOAD } from '../../../lib/ecs/shard-load.ts';

describe('loadOf', () => {
  it('counts a selected sample as twenty that are only read', () => {
    expect(
      loadOf([
        { scraped: 1000, selected: 10 },
        { scraped: 5, selected: 0 },
      ]),
    ).toBe(1205);
  });
});

describe('leastShards', () => {
  const layout = { generation: 5, shards: 4 };
  /** The loads of the four shards, in parts of what one shard may be. */
  const loadsOf = (...parts: readonly number[]) => ({
    generation: 5,
    byShard: new Map(parts.map((part, at) => [String(at), part * MAX_LOAD])),
  });
  it.each([
    { name: 'doubles them when one is too much', targets: 40, loads: loadsOf(0.2, 1.1, 0.2, 0.2), expected: 8 },
    { name: 'but not when each has one target', targets: 4, loads: loadsOf(3, 1.1, 2, 2), expected: 4 },
    { name: 'keeps them while they are full of targets', targets: 101, loads: loadsOf(0, 0, 0, 0), expected: 4 },
    { name: 'keeps them while they are full of samples', targets: 10, loads: loadsOf(0.9, 0.1, 0.1, 0), expected: 4 },
    { name: 'makes as many as the samples need', targets: 10, loads: loadsOf(0.3, 0.2, 0.2, 0.2), expected: 2 },
    { name: 'makes one when there is little of both', targets: 10, loads: loadsOf(0.1, 0, 0, 0), expected: 1 },
    { name: 'makes one when no sample is known', targets: 10, loads: undefined, expected: 1 },
    { name: 'takes no notice of another layout', targets: 10, loads: { ...loadsOf(9), generation: 4 }, expected: 1 },
  ])('$name', ({ targets, loads, expected }) => {
    expect(leastShards(targets, 100, layout, loads)).toBe(expected);
  });

  it('makes one where there was none', () => {
    expect(leastShards(1000, 100, undefined, undefined)).toBe(1);
  });

  it('comes to rest: what it makes of a load stays', () => {
    for (const total of [0.1, 0.6, 1.5, 3, 7, 30]) {
      let shards = 1;
      const seen: number[] = [];
      for (let round = 0; round < 10; round++) {
        const byShard = new Map(Array.from({ length: shards }, (_, at) => [String(at), (total / shards) * MAX_LOAD]));
        shards = leastShards(10_000_000, 100_000_000, { generation: 5, shards }, { generation: 5, byShard });
        seen.push(shards);
      }
      expect(new Set(seen.slice(6)).size).toBe(1);
    }
  });
});
