import type { Clock } from '../ports.ts';

/** Waits until another request may be made. @throws {Error} when that would be too late for this invocation. */
export type RequestBudget = (category: RequestCategory) => Promise<void>;

export type RequestRate = {
  /** How many requests may be made at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
};

/**
 * ECS grants an account and region 20 requests a second in each category, after a burst of 100, of 50 for task
 * definitions. Half of the burst and a quarter of the rate are left to deployments, scaling and people; on average a
 * cluster of 10,000 tasks takes three requests a second.
 * Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/request-throttling.html
 */
const RATES = {
  TaskDefinition: { burst: 25, perSecond: 15 },
  Services: { burst: 50, perSecond: 15 },
  resources: { burst: 50, perSecond: 15 },
} as const satisfies Record<string, RequestRate>;

export type RequestCategory = keyof typeof RATES;

/**
 * A token bucket for each category of requests to one account and region. Attempts after a throttled one count as any
 * other. `deadline` is when the last request must be made, Unix ms.
 */
export function requestBudget(
  ports: { readonly clock: Clock; readonly sleep: (ms: number) => Promise<unknown>; readonly deadline: () => number },
  rates: Readonly<Record<RequestCategory, RequestRate>> = RATES,
): RequestBudget {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return async (category) => {
    const { burst, perSecond } = rates[category];
    const now = ports.clock();
    const bucket = buckets.get(category) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    // Below zero are requests that wait already.
    const waitMs = tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1000;
    if (now + waitMs > ports.deadline())
      throw new Error(`no time left in this invocation: at most ${perSecond} requests a second are made to an account`);
    buckets.set(category, { tokens: tokens - 1, at: now });
    if (waitMs > 0) await ports.sleep(waitMs);
  };
}
