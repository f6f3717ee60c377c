import type { Clock } from '../ports.ts';

/** Waits until another request may be made. @throws {Error} when that would be too late for this invocation. */
export type RequestBudget = (category: string) => Promise<void>;

export type RequestRate = {
  /** How many requests may be made at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
};

/**
 * Half of what ECS grants an account and region for the smallest of the categories that discovery reads, which are
 * task definitions: the other half is for deployments, scaling and people.
 * Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/request-throttling.html
 */
const HALF_OF_ACCOUNT: RequestRate = { burst: 25, perSecond: 10 };

/**
 * A token bucket for each category of requests to one account and region. Attempts after a throttled one count as any
 * other. `deadline` is when the last request must be made, Unix ms.
 */
export function requestBudget(
  ports: { readonly clock: Clock; readonly sleep: (ms: number) => Promise<unknown>; readonly deadline: () => number },
  { burst, perSecond }: RequestRate = HALF_OF_ACCOUNT,
): RequestBudget {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return async (category) => {
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
