import { describe, expect, it } from 'vitest';
import { loadOf } from '../../../lib/ecs/shard-load.ts';

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
