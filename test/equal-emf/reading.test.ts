import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { labelSets } from '../../lib/prometheus/label-sets.ts';
import { nameTable } from '../../lib/prometheus/name-table.ts';
import { IS_THOROUGH, recordedBodies } from './bodies.ts';
import { cutAt, SMALL_BYTES } from './cuts.ts';
import { readingOf } from './reading.ts';
import { SCANNERS, type ScannerName, scanner } from './scanner.ts';

vi.mock('../../lib/prometheus/series-scanner.ts', () => import('./scanner.ts'));

const MOST_BYTES = 100_000;
/** Cuts are so far apart where not all are tried: a prime, so that they fall on all parts of a line. */
const STRIDE = IS_THOROUGH ? 1 : 1009;
const TIMEOUT_MS = 2_000_000;

/** Of larger bodies cuts.test.ts tries some cuts only; but all that lines are made of is what was read. */
describe('a larger body is read alike wherever it is cut', async () => {
  const bodies = (await recordedBodies(MOST_BYTES)).filter(({ body }) => body.length > SMALL_BYTES);

  it.each(bodies)(
    '$name',
    (answer) => {
      const { body } = answer;
      const expected = readingOf(answer, [body], {});
      for (const name of Object.keys(SCANNERS) as ScannerName[]) {
        scanner.name = name;
        const earlier = { names: nameTable(), labelSets: labelSets() };
        for (let at = 1; at < body.length; at += STRIDE) {
          const found = readingOf(answer, cutAt(body, at), earlier);
          // Told quickly; what differs, slowly.
          if (!isDeepStrictEqual(found, expected)) expect(found, `scanner ${name}, cut at ${at}`).toEqual(expected);
        }
      }
    },
    TIMEOUT_MS,
  );
});
