import { afterAll } from 'vitest';
import type { Stop } from './program.ts';

/** Gives a part as it is started, and ends it with the tests around it. */
export type Keep = <Part extends { readonly stop: Stop }>(starting: Promise<Part>) => Promise<Part>;

/** Parts that end after the tests of the file, or of the `describe` around the call; the last one first. */
export function keeping(): { readonly kept: Keep; readonly stops: Stop[] } {
  const stops: Stop[] = [];
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const kept: Keep = async (starting) => {
    const part = await starting;
    stops.push(part.stop);
    return part;
  };
  return { kept, stops };
}
