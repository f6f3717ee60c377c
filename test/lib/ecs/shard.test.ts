import { describe, expect, it } from 'vitest';
import {
  divide,
  type Layout,
  MAX_MESSAGE_BYTES,
  parentShards,
  type ShardMessage,
  type ShardTarget,
  shardOf,
} from '../../../lib/ecs/shard.ts';
import { layShards, messageBody, offsetOf, partOfShard } from '../../../lib/ecs/shard-messages.ts';

const items = (count: number, family = 'web'): ShardTarget[] =>
  Array.from({ length: count }, (_, i) => ({
    document: 0,
    identity: `["task${i}","app",9404,"/metrics"]`,
    targets: ['10.0.0.1:1'],
    labels: [['TaskDefinitionFamily', family]],
  }));

describe('shardOf', () => {
  it('keeps the targets of a family in as many neighbouring shards as they are spread over', () => {
    for (const spread of [1, 2, 8]) {
      const shards = [...divide(items(200), { shards: 8, spread }).keys()].sort((a, b) => a - b);
      expect(shards).toHaveLength(spread);
      const [first = 0] = shards;
      const isNeighbour = shards.map((shard) => (shard - first + 8) % 8 < spread || (first - shard + 8) % 8 < spread);
      expect(isNeighbour).toEqual(shards.map(() => true));
    }
  });

  it('puts families on different shards', () => {
    const families = Array.from({ length: 64 }, (_, at) => items(1, `family${at}`)).flat();
    expect(divide(families, { shards: 16, spread: 1 }).size).toBeGreaterThan(10);
  });

  it('fills the shards of a family evenly', () => {
    const sizes = [...divide(items(6400), { shards: 64, spread: 64 }).values()].map((members) => members.length);
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
    items(count).map((target) => ({ ...target, labels: [['x', value]] }));
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
      {
        ...HEAD,
        layout: { generation: 60_000, shards: 1, spread: 1 },
        shard: '0',
        targets: targetsOf(1, 'y'),
        own_targets: [],
      },
      {
        ...HEAD,
        layout: { generation: 60_000, shards: 1, spread: 1 },
        shard: 'family-static',
        targets: [],
        own_targets: [1],
      },
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
    { name: 'keeps a known layout that serves', count: 11, expected: { generation: 5, shards: 2, spread: 2 } },
    { name: 'keeps one that is half empty', count: 6, expected: { generation: 5, shards: 2, spread: 2 } },
    {
      name: 'leaves one that is nearly empty',
      count: 5,
      expected: { generation: 60_000, shards: 1, spread: 1, parent: { generation: 5, shards: 2, spread: 2 } },
    },
    {
      name: 'leaves one that is too small',
      count: 50,
      expected: { generation: 60_000, shards: 8, spread: 8, parent: { generation: 5, shards: 2, spread: 2 } },
    },
  ])('$name', ({ count, expected }) => {
    expect(layoutOf(count, { generation: 5, shards: 2, spread: 2 })).toEqual(expected);
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
    expect(offsetOf({ shard, targets: [], own_targets: [] }, { generation: 1, shards, spread: 1 }, 60_000)).toBe(
      expected,
    );
  });
});

describe('parentShards', () => {
  it('are none without a parent', () => {
    expect(parentShards(0, { generation: 2, shards: 2, spread: 1 })).toEqual([]);
  });

  it('hold every target that a shard gets, and are few', () => {
    const targets = ['a', 'b', 'c', 'd', 'e'].flatMap((family) => items(40, family));
    const sizes = [1, 2, 8, 16];
    const divisions = sizes.flatMap((shards) =>
      sizes.filter((spread) => spread <= shards).map((spread) => ({ shards, spread })),
    );
    for (const before of divisions) {
      for (const after of divisions) {
        const layout = { generation: 2, ...after, parent: { generation: 1, ...before } };
        for (const target of targets)
          expect(parentShards(shardOf(target, after), layout)).toContain(shardOf(target, before));
        const most = Math.max(...Array.from({ length: after.shards }, (_, at) => parentShards(at, layout).length));
        const ratio = (a: number, b: number) => Math.max(a / b, b / a);
        const perShard = Math.max(1, before.shards / after.shards);
        expect(most).toBeLessThanOrEqual(perShard * ratio(before.spread, after.spread));
      }
    }
  });
});
