import { describe, expect, it } from 'vitest';
import { divisionFor, finer, MAX_SHARDS } from '../../../lib/ecs/division.ts';
import { type Division, divide, type ShardTarget } from '../../../lib/ecs/shard.ts';
import { MAX_LOAD } from '../../../lib/ecs/shard-load.ts';

/** Targets of families of these sizes. */
function targetsOf(...sizes: readonly number[]): ShardTarget[] {
  return sizes.flatMap((size, family) =>
    Array.from({ length: size }, (_, at) => ({
      document: 0,
      identity: `task${family}-${at}`,
      targets: ['10.0.0.1:1'],
      labels: [['TaskDefinitionFamily', `family${family}`] as const],
    })),
  );
}

const many = (count: number, size: number) => Array.from({ length: count }, () => size);
const fullest = (targets: readonly ShardTarget[], division: Division) =>
  Math.max(...[...divide(targets, division).values()].map((members) => members.length));

describe('divisionFor', () => {
  it.each([
    { name: 'nothing', sizes: [], expected: { shards: 1, spread: 1 } },
    { name: 'a shard full', sizes: [100], expected: { shards: 1, spread: 1 } },
    { name: 'one large family', sizes: [350], expected: { shards: 4, spread: 4 } },
    { name: 'one large family among small ones', sizes: [150, ...many(10, 5)], expected: { shards: 2, spread: 2 } },
  ])('of $name is $expected', ({ sizes, expected }) => {
    expect(divisionFor(targetsOf(...sizes), 100, undefined, undefined)).toEqual(expected);
  });

  it('keeps small families whole, and no shard is twice too full', () => {
    for (const sizes of [many(50, 20), many(500, 20), many(7, 90), [1000, ...many(40, 25)]]) {
      const targets = targetsOf(...sizes);
      const division = divisionFor(targets, 100, undefined, undefined);
      expect(fullest(targets, division)).toBeLessThanOrEqual(200);
      expect(division.spread).toBe(Math.max(...sizes) > 100 ? 16 : 1);
    }
  });

  const known = { generation: 5, shards: 4, spread: 2 };
  /** The loads of the four shards, in parts of what one shard may be. */
  const loadsOf = (...parts: readonly number[]) => ({
    generation: 5,
    byShard: new Map(parts.map((part, at) => [String(at), part * MAX_LOAD])),
  });
  const kept = { shards: 4, spread: 2 };
  it.each([
    {
      name: 'is finer when a shard is too much',
      size: 40,
      loads: loadsOf(0.2, 1.1, 0.2, 0.2),
      expected: { shards: 8, spread: 4 },
    },
    { name: 'stays when each shard has one target', size: 4, loads: loadsOf(3, 1.1, 2, 2), expected: kept },
    { name: 'stays while there are targets enough', size: 101, loads: loadsOf(0, 0, 0, 0), expected: kept },
    { name: 'stays while there are samples enough', size: 10, loads: loadsOf(0.9, 0.1, 0.1, 0), expected: kept },
    {
      name: 'is as fine as the samples need',
      size: 10,
      loads: loadsOf(0.3, 0.3, 0.2, 0.1),
      expected: { shards: 2, spread: 1 },
    },
    {
      name: 'is coarse when there is little of both',
      size: 10,
      loads: loadsOf(0.1, 0, 0, 0),
      expected: { shards: 1, spread: 1 },
    },
    { name: 'is coarse when no sample is known', size: 10, loads: undefined, expected: { shards: 1, spread: 1 } },
    {
      name: 'takes no notice of another layout',
      size: 10,
      loads: { ...loadsOf(9), generation: 4 },
      expected: { shards: 1, spread: 1 },
    },
  ])('$name', ({ size, loads, expected }) => {
    const { shards, spread } = divisionFor(targetsOf(size), 100, known, loads);
    expect({ shards, spread }).toEqual(expected);
  });

  it('scatters a family that grew, and gathers it again when it is a fourth of that', () => {
    const large = divisionFor(targetsOf(1600), 100, { generation: 1, shards: 1, spread: 1 }, undefined);
    expect(large).toEqual({ shards: 16, spread: 16 });
    const others = many(40, 40);
    const layout = { generation: 2, ...large };
    expect(divisionFor(targetsOf(400, ...others), 100, layout, undefined)).toEqual(layout);
    expect(divisionFor(targetsOf(200, ...others), 100, layout, undefined)).toMatchObject({ spread: 2 });
  });

  it('comes to rest: what it makes of targets and loads stays', () => {
    for (const total of [0.1, 0.6, 1.5, 3, 7, 30]) {
      for (const sizes of [[10], many(30, 10), [500, ...many(30, 10)]]) {
        let division: Division = { shards: 1, spread: 1 };
        const seen: string[] = [];
        for (let round = 0; round < 14; round++) {
          const { shards } = division;
          const byShard = new Map(Array.from({ length: shards }, (_, at) => [String(at), (total / shards) * MAX_LOAD]));
          const { shards: next, spread } = divisionFor(
            targetsOf(...sizes),
            100,
            { generation: 5, ...division },
            { generation: 5, byShard },
          );
          division = { shards: next, spread };
          seen.push(JSON.stringify(division));
        }
        expect(new Set(seen.slice(10)).size).toBe(1);
      }
    }
  });
});

describe('finer', () => {
  it('ends somewhere', () => {
    let division: Division = { shards: 1, spread: 1 };
    for (let step = 0; step < 20; step++) division = finer(division);
    expect(division).toEqual({ shards: MAX_SHARDS, spread: MAX_SHARDS });
  });
});
