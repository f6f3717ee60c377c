import { describe, it, vi } from 'vitest';
import { earlier, IS_THOROUGH, recordedBodies } from './bodies.ts';
import { expectEqualCuts } from './comparison.ts';
import { SMALL_BYTES } from './cuts.ts';
import { twoReadings } from './scenarios.ts';

vi.mock('../../lib/prometheus/series-scanner.ts', () => import('./scanner.ts'));

/** Bodies of many megabytes take minutes each. */
const MOST_BYTES = IS_THOROUGH ? Number.POSITIVE_INFINITY : 100_000;
const TIMEOUT_MS = 1_000_000;

describe('equal EMF wherever a body is cut', async () => {
  const bodies = await recordedBodies(MOST_BYTES);
  const small = bodies.filter(({ body }) => body.length <= SMALL_BYTES);
  const larger = bodies.filter(({ body }) => body.length > SMALL_BYTES);
  // Most of them are recorded twice, or of several versions, one after the other.
  const taken = larger.filter((_, at) => IS_THOROUGH || at % 3 === 0);

  it(
    'small bodies: everywhere',
    async () => {
      for (const answer of small) await expectEqualCuts(twoReadings, [earlier(answer), answer]);
    },
    TIMEOUT_MS,
  );

  it.each(taken)(
    '$name: in many places',
    async (answer) => expectEqualCuts(twoReadings, [earlier(answer), answer]),
    TIMEOUT_MS,
  );
});
