import { describe, expect, it } from 'vitest';
import { retried } from '../../../lib/io/retry.ts';
import { steadyTime } from './steady-time.ts';

const busy = new TypeError('busy');
const wrong = new RangeError('wrong');
const isTransient = (error: Error) => error === busy;

/** A call that fails as told, then gives `done`. */
function failing(errors: readonly unknown[]) {
  const left = [...errors];
  return async () => {
    if (left.length > 0) throw left.shift();
    return 'done';
  };
}

describe('retried', () => {
  it.each([
    { name: 'calls once what succeeds', errors: [], waits: [], result: 'done' },
    { name: 'waits twice as long each time', errors: [busy, busy, busy], waits: [100, 200, 400], result: 'done' },
    {
      name: 'gives up after six attempts',
      errors: Array(6).fill(busy),
      waits: [100, 200, 400, 800, 1600],
      result: 'given up after 6 attempts: TypeError: busy',
    },
    {
      name: 'gives up where the next attempt would come after the deadline',
      errors: [busy, busy, busy],
      deadline: 700,
      waits: [100, 200],
      result: 'given up after 3 attempts: TypeError: busy',
    },
    {
      name: 'has no wait beyond the deadline',
      errors: [busy],
      deadline: 100,
      waits: [],
      result: 'given up after one attempt: TypeError: busy',
    },
    { name: 'leaves what will not pass', errors: [busy, wrong], waits: [100], result: 'wrong' },
    {
      name: 'calls nothing when time is over',
      errors: [],
      deadline: 0,
      waits: [],
      result: 'no time left in this invocation',
    },
    { name: 'takes what was thrown for an error', errors: ['odd'], waits: [], result: 'odd' },
  ])('$name', async ({ errors, deadline = 100_000, waits, result }) => {
    const time = steadyTime(0);
    const settings = { deadline, isTransient };
    const outcome = await retried(failing(errors), settings, time).catch((error: Error) => error.message);
    expect(outcome).toBe(result);
    expect(time.waits).toEqual(waits);
  });

  it('ends a call that does not answer, at the deadline', async () => {
    const hanging = (signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const settings = { deadline: 30, isTransient: () => false };
    const time = { ...steadyTime(0), random: () => 0.99 };
    await expect(retried(hanging, settings, time)).rejects.toThrow(
      'given up after one attempt: Error: no answer within 30 ms',
    );
  });

  it('keeps the last error as the cause', async () => {
    const outcome = retried(failing([busy]), { deadline: 1, isTransient }, steadyTime(0));
    await expect(outcome).rejects.toMatchObject({ cause: busy });
  });
});
