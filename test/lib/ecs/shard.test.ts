import { describe, expect, it } from 'vitest';
import {
  assignShards,
  type Layout,
  MAX_MESSAGE_BYTES,
  parentShards,
  type ShardMessage,
  type ShardTarget,
} from '../../../lib/ecs/shard.ts';
import { layShards, messageBody, offsetOf, partOfShard } from '../../../lib/ecs/shard-messages.ts';

const items = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ identity: `["task${i}","app",9404,"/metrics"]` }));

describe('assignShards', () => {
  it.each([
    { count: 0, shards: 1 },
    { count: 10, shards: 1 },
    { count: 11, shards: 2 },
    { count: 40, shards: 4 },
    { count: 41, shards: 8 },
  ])('spreads $count items of at most 10 a shard over $shards', ({ count, shards }) => {
    expect(assignShards(items(count), 10).shardCount).toBe(shards);
  });

  it('keeps an item in its shard when other items come and go', () => {
    const shardOf = (all: readonly { identity: string }[]) =>
      [...assignShards(all, 100, 8).shards].find(([, members]) =>
        members.some(({ identity }) => identity === all[0]?.identity),
      )?.[0];
    expect(shardOf(items(300))).toBe(shardOf(items(1)));
  });

  it('divides shard N into N and N + the old number when the number doubles', () => {
    const parents = assignShards(items(400), 100).shards;
    const children = assignShards(items(401), 100).shards;
    for (const [parent, members] of parents) {
      const halves = [parent, String(Number(parent) + 4)].flatMap((shard) => children.get(shard) ?? []);
      expect(halves.map(({ identity }) => identity)).toEqual(
        expect.arrayContaining(members.map(({ identity }) => identity)),
      );
    }
  });

  it('fills shards evenly', () => {
    const sizes = [...assignShards(items(6400), 100).shards.values()].map((members) => members.length);
    expect(sizes).toHaveLength(64);
    expect(Math.max(...sizes)).toBeLessThan(150);
  });
});

describe('layShards', () => {
  const shardMessages = (...parameters: Parameters<typeof layShards>) => {
    const { layout, shards, tooLarge } = layShards(...parameters);
    return { layout, tooLarge, bodies: shards.map((shard) => messageBody(parameters[0], layout, shard)) };
  };

  const HEAD = { version: 1, plan: 'abc', cluster: 'shop', due_at: 60_000 } as const;
  const targetsOf = (count: number, value: string): ShardTarget[] =>
    items(count).map(({ identity }) => ({ document: 0, identity, targets: ['10.0.0.1:1'], labels: [['x', value]] }));
  const read = (bodies: readonly string[]) => bodies.map((body) => JSON.parse(body) as ShardMessage);

  it('gives a message for each shard and for each document with targets of its own', () => {
    const { bodies, tooLarge } = shardMessages(
      HEAD,
      targetsOf(1, 'y'),
      [{ document: 1, family: 'static' }],
      10,
      undefined,
    );
    expect(tooLarge).toEqual([]);
    expect(read(bodies)).toEqual([
      { ...HEAD, layout: { generation: 60_000, shards: 1 }, shard: '0', targets: targetsOf(1, 'y'), own_targets: [] },
      { ...HEAD, layout: { generation: 60_000, shards: 1 }, shard: 'family-static', targets: [], own_targets: [1] },
    ]);
  });

  it('doubles the shards until each message is small enough, in bytes', () => {
    const { bodies } = shardMessages(HEAD, targetsOf(100, '\u20ac'.repeat(3000)), [], 100, undefined);
    expect(read(bodies).flatMap(({ targets }) => targets)).toHaveLength(100);
    expect(Math.max(...bodies.map((body) => Buffer.byteLength(body)))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(read(bodies)[0]?.layout.shards).toBeGreaterThanOrEqual(4);
  });

  it('gives back what fits into no message, and sends the rest', () => {
    const [huge] = targetsOf(1, 'y'.repeat(MAX_MESSAGE_BYTES));
    const small = targetsOf(3, 'y').slice(1);
    const { bodies, tooLarge } = shardMessages(HEAD, [huge!, ...small], [], 10, undefined);
    expect(tooLarge).toEqual([huge]);
    expect(read(bodies).map(({ targets }) => targets)).toEqual([small]);
  });

  it('escapes the characters that SQS refuses', () => {
    const { bodies } = shardMessages(HEAD, targetsOf(1, '\uffff\ufffe\u0000'), [], 10, undefined);
    expect(bodies[0]).toContain('\\uffff\\ufffe\\u0000');
    expect(read(bodies)[0]?.targets[0]?.labels).toEqual([['x', '\uffff\ufffe\u0000']]);
  });

  const layoutOf = (count: number, known: Layout | undefined) =>
    shardMessages(HEAD, targetsOf(count, 'y'), [], 10, known).layout;

  it.each([
    { name: 'keeps a known layout that serves', count: 11, known: 2, expected: { generation: 5, shards: 2 } },
    { name: 'keeps one that is half empty', count: 6, known: 2, expected: { generation: 5, shards: 2 } },
    {
      name: 'leaves one that is nearly empty',
      count: 5,
      known: 2,
      expected: { generation: 60_000, shards: 1, parent: { generation: 5, shards: 2 } },
    },
    {
      name: 'leaves one that is too small',
      count: 21,
      known: 2,
      expected: { generation: 60_000, shards: 4, parent: { generation: 5, shards: 2 } },
    },
  ])('$name', ({ count, known, expected }) => {
    expect(layoutOf(count, { generation: 5, shards: known })).toEqual(expected);
  });
});

describe('partOfShard', () => {
  const target = (document: number): ShardTarget => ({ document, identity: 't', targets: ['10.0.0.1:1'], labels: [] });
  const shard = { shard: '0', targets: [target(0), target(1)], own_targets: [2] };

  it.each([
    { documents: [0], targets: [0], own: [] },
    { documents: [1, 2], targets: [1], own: [2] },
  ])('keeps what concerns documents $documents', ({ documents, targets, own }) => {
    const part = partOfShard(shard, new Set(documents));
    expect([part?.targets.map(({ document }) => document), part?.own_targets]).toEqual([targets, own]);
  });

  it('is nothing where nothing concerns them', () => {
    expect(partOfShard(shard, new Set([3]))).toBeUndefined();
  });
});

describe('offsetOf', () => {
  it.each([
    ['0', 1, 0],
    ['0', 4, 0],
    ['3', 4, 45_000],
    ['family-static', 4, 0],
  ])('of shard %s of %s is %s ms into a minute', (shard, shards, expected) => {
    expect(offsetOf({ shard, targets: [], own_targets: [] }, { generation: 1, shards }, 60_000)).toBe(expected);
  });
});

describe('parentShards', () => {
  const layout = (shards: number, parent?: number): Layout => ({
    generation: 2,
    shards,
    ...(parent !== undefined && { parent: { generation: 1, shards: parent } }),
  });
  it.each([
    { name: 'none without a parent', shard: 0, of: layout(2), expected: [] },
    { name: 'the one it was part of', shard: 5, of: layout(8, 2), expected: [1] },
    { name: 'those that it joins', shard: 1, of: layout(2, 8), expected: [1, 3, 5, 7] },
    { name: 'the same where only the generation changed', shard: 3, of: layout(4, 4), expected: [3] },
  ])('are $name', ({ shard, of, expected }) => {
    expect(parentShards(shard, of)).toEqual(expected);
  });

  it('hold every item that a shard gets', () => {
    for (const [before, after] of [
      [2, 8],
      [8, 2],
    ] as const) {
      const old = assignShards(items(50), 100, before).shards;
      for (const [shard, members] of assignShards(items(50), 100, after).shards) {
        const parents = parentShards(Number(shard), layout(after, before)).map(String);
        const held = parents.flatMap((parent) => old.get(parent) ?? []).map(({ identity }) => identity);
        expect(held).toEqual(expect.arrayContaining(members.map(({ identity }) => identity)));
      }
    }
  });
});
