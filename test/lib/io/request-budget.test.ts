import { describe, expect, it } from 'vitest';
import { requestBudget } from '../../../lib/io/request-budget.ts';

/** A budget of 3 requests at once and 2 a second; gives the waits, and lets time pass. */
function budgetWith(deadline: number) {
  let now = 0;
  const waits: number[] = [];
  const ports = {
    clock: () => now,
    sleep: async (ms: number) => void waits.push(ms),
    deadline: () => deadline,
  };
  const rate = { burst: 3, perSecond: 2 };
  const take = requestBudget(ports, { resources: rate, Services: rate, TaskDefinition: rate });
  return { take, waits, pass: (ms: number) => (now += ms) };
}

describe('requestBudget', () => {
  it('lets a burst through, then as many a second as the rate says', async () => {
    const { take, waits, pass } = budgetWith(60_000);
    for (let request = 0; request < 5; request++) await take('resources');
    expect(waits).toEqual([500, 1000]);
    pass(2000);
    for (let request = 0; request < 3; request++) await take('resources');
    expect(waits).toEqual([500, 1000, 500]);
  });

  it('counts each category of its own', async () => {
    const { take, waits } = budgetWith(60_000);
    for (const category of ['resources', 'resources', 'resources', 'Services', 'Services', 'Services'] as const)
      await take(category);
    expect(waits).toEqual([]);
  });

  it('refuses what would be made after the deadline, and spends nothing on it', async () => {
    const { take, waits, pass } = budgetWith(1200);
    for (let request = 0; request < 5; request++) await take('resources');
    await expect(take('resources')).rejects.toThrow(
      'no time left in this invocation: at most 2 requests a second are made to an account',
    );
    pass(300);
    await take('Services');
    await expect(take('resources')).rejects.toThrow('no time left');
    pass(500);
    for (let request = 0; request < 2; request++) await take('Services');
    expect(waits).toEqual([500, 1000]);
  });
});
