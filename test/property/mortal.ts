import type fc from 'fast-check';

/** A process that a scheduler interleaves with others and that may die at any step. */
export type Mortal = {
  /** Resolves when it has died. */
  readonly death: Promise<void>;
  /** Passes one step before the effect and one after it. What has died never goes on. */
  readonly around: <T>(name: string, effect: () => T | Promise<T>) => Promise<T>;
};

/** `diesAt` counts steps from 1; undefined: it lives. */
export function mortal(scheduler: fc.Scheduler, diesAt: number | undefined): Mortal {
  let steps = 0;
  let die: () => void = () => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const pass = async (name: string) => {
    await scheduler.schedule(Promise.resolve(), name);
    steps += 1;
    if (steps !== diesAt) return;
    die();
    await new Promise(() => {});
  };
  return {
    death,
    around: async (name, effect) => {
      await pass(`before ${name}`);
      const result = await effect();
      await pass(`after ${name}`);
      return result;
    },
  };
}
