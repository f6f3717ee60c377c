import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../document/problem.ts';
import type { Clock } from '../ports.ts';

/** Time and chance, which tests replace. */
export type RetryPorts = {
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** At least 0 and less than 1. */
  readonly random: () => number;
};

export const RETRY_PORTS: RetryPorts = { clock: Date.now, sleep, random: Math.random };

export type RetrySettings = {
  /** When the last attempt must be over, Unix ms. */
  readonly deadline: number;
  /** Whether another attempt may do better. A call that gave no answer in time always may. */
  readonly isTransient: (error: Error) => boolean;
};

export const MAX_ATTEMPTS = 6;
const ATTEMPT_MS = 5000;
/** The longest wait after the first attempt; doubled after each further one. */
const FIRST_WAIT_MS = 200;

/**
 * Calls again what failed for the moment: at most 6 attempts of 5 s, none beyond the deadline, with exponential
 * back-off and full jitter (waits of up to 0.2, 0.4, 0.8, 1.6 and 3.2 s) between them. Whoever gave no answer may have
 * done what was asked.
 * @throws what the call threw when it is not transient, else an error that says how often it was tried and has the
 * last error as its cause.
 */
export async function retried<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { deadline, isTransient }: RetrySettings,
  ports: RetryPorts,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const limitMs = Math.min(ATTEMPT_MS, Math.ceil(deadline - ports.clock()));
    if (limitMs <= 0) throw new Error('no time left in this invocation');
    const signal = AbortSignal.timeout(limitMs);
    try {
      return await call(signal);
    } catch (thrown) {
      const error = signal.aborted ? new Error(`no answer within ${limitMs} ms`, { cause: thrown }) : toError(thrown);
      if (!signal.aborted && !isTransient(error)) throw error;
      const waitMs = ports.random() * FIRST_WAIT_MS * 2 ** (attempt - 1);
      if (attempt === MAX_ATTEMPTS || ports.clock() + waitMs >= deadline) throw givenUp(attempt, error);
      await ports.sleep(waitMs);
    }
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

function givenUp(attempts: number, error: Error): Error {
  const times = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
  return new Error(`given up after ${times}: ${error.name}: ${error.message}`, { cause: error });
}
