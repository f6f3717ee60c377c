import { PRICE_NAMES, type PriceName, type Tariff, type Tier, type Usage } from './tariff.ts';

/** A month's bill in US dollars: each price with its quantity, and the sum. */
export type Bill = { readonly lines: readonly BillLine[]; readonly usd: number };
export type BillLine = { readonly name: PriceName; readonly quantity: number; readonly usd: number };

/** The bill of a month's usage. What is not used has no line. */
export function billOf(usage: Usage, { prices }: Tariff): Bill {
  const lines = PRICE_NAMES.flatMap((name): BillLine[] => {
    const quantity = usage[name] ?? 0;
    return quantity === 0 ? [] : [{ name, quantity, usd: tieredUsd(quantity, prices[name].tiers) }];
  });
  return { lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0) };
}

/** What a quantity costs where each part of it has the price of its tier. */
function tieredUsd(quantity: number, tiers: readonly Tier[]): number {
  let from = 0;
  let usd = 0;
  for (const tier of tiers) {
    usd += Math.max(0, Math.min(quantity, tier.upTo) - from) * tier.usd;
    from = tier.upTo;
  }
  return usd;
}

/** Several usages together. */
export function sumOfUsages(usages: readonly Usage[]): Usage {
  return mapped((name) => usages.reduce((sum, usage) => sum + (usage[name] ?? 0), 0));
}

/** What is left of a usage after a free allowance. */
export function beyondFree(usage: Usage, free: Usage): Usage {
  return mapped((name) => Math.max(0, (usage[name] ?? 0) - (free[name] ?? 0)));
}

function mapped(quantity: (name: PriceName) => number): Usage {
  return Object.fromEntries(PRICE_NAMES.map((name) => [name, quantity(name)]));
}
