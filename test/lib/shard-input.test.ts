import { describe, expect, it } from 'vitest';
import { compilePlan, parseShardMessage, type ShardMessage, shardKey } from '../../lib/shard-input.ts';

const MESSAGE: ShardMessage = {
  version: 1,
  plan: 'hash',
  cluster: 'prod',
  layout: { generation: 60_000, shards: 2, spread: 1 },
  shard: '1',
  due_at: 120_000,
  targets: [],
  own_targets: [],
};

describe('parseShardMessage', () => {
  it('gives the message', () => {
    expect(parseShardMessage(JSON.stringify(MESSAGE))).toEqual(MESSAGE);
  });

  it.each([
    ['', 'expected a shard message, found an empty body; is another writer on this queue?'],
    ['garbage', 'expected a shard message in JSON, found "garbage"; is another writer on this queue?'],
    ['null', 'expected shard message version 1, found none; another release wrote it'],
    ['{"version":2}', 'expected shard message version 1, found 2; another release wrote it'],
  ])('refuses %j', (body, message) => {
    expect(() => parseShardMessage(body)).toThrow(message);
  });
});

describe('shardKey', () => {
  it('never comes again when the number of shards does: an old baseline would count an increase twice', () => {
    const back = { ...MESSAGE, layout: { generation: 180_000, shards: 2, spread: 1 } };
    expect(shardKey(back)).not.toBe(shardKey(MESSAGE));
  });

  it('stays for the own targets of a document, which no layout moves', () => {
    const own = { ...MESSAGE, shard: 'family-web' };
    expect(shardKey({ ...own, layout: { generation: 180_000, shards: 4, spread: 1 } })).toBe(shardKey(own));
  });
});

describe('compilePlan', () => {
  it('refuses a plan of another version', () => {
    expect(() => compilePlan('{"version":7}')).toThrow('expected plan version 1, found 7');
  });
});
