import { describe, expect, it } from 'vitest';
import { groupBy } from '../../../lib/prometheus/group-by.ts';

describe('groupBy', () => {
  it('keeps items in order, and keys in the order of their first items', () => {
    const groups = groupBy(['bb', 'a', 'cc', 'd', 'bb'], (text) => text.length);
    expect([...groups]).toEqual([
      [2, ['bb', 'cc', 'bb']],
      [1, ['a', 'd']],
    ]);
  });

  it('has no group without items, and takes undefined for a key', () => {
    expect([...groupBy([], () => 1)]).toEqual([]);
    expect([...groupBy([1], () => undefined)]).toEqual([[undefined, [1]]]);
  });
});
