import { describe, expect, it } from 'vitest';
import { collectPlans, newPlanMemory } from '../../lib/plans.ts';

const HOUR = 3_600_000;

/** A store of plans by when they were written last, in hours. */
function plansOf(written: Readonly<Record<string, number>>) {
  const stored = new Map(Object.entries(written));
  let lists = 0;
  const plans = {
    list: async () => {
      lists += 1;
      return [...stored].map(([hash, hours]) => ({ hash, writtenAtMs: hours * HOUR }));
    },
    remove: async (hashes: readonly string[]) => {
      for (const hash of hashes) stored.delete(hash);
    },
  };
  return { plans, left: () => [...stored.keys()], lists: () => lists };
}

describe('collectPlans', () => {
  it('deletes what nobody has written for two days, and nothing else', async () => {
    const { plans, left } = plansOf({ unused: 0, used: 88, borderline: 52, new: 100 });
    expect(await collectPlans(plans, newPlanMemory(), 100 * HOUR)).toBe(1);
    expect(left()).toEqual(['used', 'borderline', 'new']);
  });

  it('looks for them every six hours', async () => {
    const { plans, lists } = plansOf({});
    const memory = newPlanMemory();
    for (const hours of [100, 101, 105.9, 106]) await collectPlans(plans, memory, hours * HOUR);
    expect(lists()).toBe(2);
  });
});
