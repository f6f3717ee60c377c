import { describe, expect, it } from 'vitest';
import { allocatedBytes } from '../../bench/allocation.ts';

describe('allocated bytes', () => {
  it('are counted though they are collected meanwhile', async () => {
    const rounds = 200;
    const bytes = await allocatedBytes(async () => {
      for (let round = 0; round < rounds; round += 1) new Array(100_000).fill(round);
    });
    expect(bytes).toBeGreaterThan(rounds * 100_000 * 4);
    expect(bytes).toBeLessThan(rounds * 100_000 * 8 * 1.5);
  });
});
