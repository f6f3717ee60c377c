import { describe, expect, it } from 'vitest';
import { beyondFree, billOf, sumOfUsages } from '../../../../lib/cloudwatch/price/bill.ts';
import { PRICE_NAMES, type PriceName } from '../../../../lib/cloudwatch/price/tariff.ts';
import { FREE_TIER, US_EAST_1 } from '../../../../lib/cloudwatch/price/us-east-1.ts';

describe('a bill', () => {
  const rows: readonly { name: PriceName; quantity: number; usd: number }[] = [
    { name: 'lambda_requests', quantity: 1_000_000, usd: 0.2 },
    { name: 's3_writes', quantity: 43_800, usd: 0.219 },
    { name: 'custom_metrics', quantity: 10, usd: 3 },
    { name: 'custom_metrics', quantity: 10_000, usd: 3000 },
    { name: 'custom_metrics', quantity: 10_001, usd: 3000.1 },
    { name: 'custom_metrics', quantity: 250_000, usd: 27_000 },
    { name: 'custom_metrics', quantity: 1_000_001, usd: 64_500.02 },
    { name: 'fargate_vcpu_hours', quantity: 730, usd: 23.6374 },
  ];
  it.each(rows)('has $usd dollars for $quantity of $name', ({ name, quantity, usd }) => {
    const bill = billOf({ [name]: quantity }, US_EAST_1);
    expect(bill.lines).toEqual([{ name, quantity, usd: expect.closeTo(usd, 6) }]);
    expect(bill.usd).toBeCloseTo(usd, 6);
  });

  it('is the sum of its lines, without those of nothing', () => {
    const bill = billOf({ dashboards: 1, alarm_metrics: 11, sqs_requests: 0 }, US_EAST_1);
    expect(bill.lines.map(({ name }) => name)).toEqual(['alarm_metrics', 'dashboards']);
    expect(bill.usd).toBeCloseTo(4.1, 6);
  });

  it('of several usages counts tiers once for all', () => {
    const metrics = { custom_metrics: 6000 };
    expect(billOf(sumOfUsages([metrics, metrics]), US_EAST_1).usd).toBeCloseTo(3200, 6);
  });

  it('beyond what is free is never below nothing', () => {
    const usage = beyondFree({ dashboards: 1, alarm_metrics: 11, s3_writes: 5 }, FREE_TIER);
    expect(billOf(usage, US_EAST_1).lines.map(({ name, quantity }) => [name, quantity])).toEqual([
      ['s3_writes', 5],
      ['alarm_metrics', 1],
    ]);
  });
});

describe('the tariff', () => {
  it.each(PRICE_NAMES)('has tiers that rise and get cheaper, a time and a source for %s', (name) => {
    const { tiers, asOf, source } = US_EAST_1.prices[name];
    const ends = tiers.map(({ upTo }) => upTo);
    const prices = tiers.map(({ usd }) => usd);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(prices).toEqual([...prices].sort((a, b) => b - a));
    expect(prices.every((usd) => usd > 0)).toBe(true);
    expect(asOf).toMatch(/^(20\d\d(-\d\d)?|undated)$/);
    expect(source).toMatch(/^https:\/\//);
  });
});
