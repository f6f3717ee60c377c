import { describe, expect, it, vi } from 'vitest';
import { earlier, IS_THOROUGH, type NamedAnswer, recordedBodies } from './bodies.ts';
import { expectEqualRounds } from './comparison.ts';
import { nearlyAlike } from './own-bodies.ts';
import { referenceResults } from './results.ts';
import { scanner } from './scanner.ts';
import { type Scenario, scenarios } from './scenarios.ts';

vi.mock('../../lib/prometheus/series-scanner.ts', () => import('./scanner.ts'));

const SMALL_BYTES = 4000;
const MOST_BYTES = 100_000;
const CHUNK_BYTES = 777;
const TIMEOUT_MS = 1_000_000;

/** Of large bodies each scenario takes every fourth, beginning with another one. */
function bodiesOf(all: readonly NamedAnswer[], scenario: number): NamedAnswer[] {
  const large = all.filter(({ body }) => body.length >= SMALL_BYTES);
  const taken = IS_THOROUGH ? large : large.filter((_, at) => (at + scenario) % 4 === 0);
  return [...all.filter(({ body }) => body.length < SMALL_BYTES), ...taken];
}

describe('equal EMF from the fast path, the fallback and the reference', async () => {
  const bodies = await recordedBodies(MOST_BYTES);

  it('is no line at all of a body that is refused', () => {
    const [everything] = scenarios as [Scenario];
    const small = bodies.filter(({ body }) => body.length < SMALL_BYTES);
    const results = small.flatMap((answer) => referenceResults(everything, [answer]));
    const refused = results.filter(({ outcomes }) => outcomes.every(({ error }) => error !== undefined));
    expect(refused.length).toBeGreaterThan(50);
    expect(refused.filter(({ documents }) => documents.length > 0)).toEqual([]);
  });

  it.each(scenarios.map((scenario, at) => [scenario.name, scenario, at] as const))(
    '%s',
    async (_, scenario, at) => {
      let documents = 0;
      for (const answer of bodiesOf(bodies, at)) {
        const before = earlier(answer);
        // At last everything falls.
        const results = await expectEqualRounds(scenario, [before, answer, before], CHUNK_BYTES);
        documents += results.flatMap((result) => result.documents).length;
      }
      expect(documents).toBeGreaterThan(50);
    },
    TIMEOUT_MS,
  );

  it('is that of each line, whatever the one before it had in common with it', async () => {
    const [everything] = scenarios as [Scenario];
    for (const answer of nearlyAlike) await expectEqualRounds(everything, [answer], CHUNK_BYTES);
  });

  it('is of lines that the scanners read', () => {
    const { webassembly, javascript, none } = scanner.bytes;
    expect(webassembly).toBeGreaterThan(1_000_000);
    expect(javascript).toBeGreaterThan(1_000_000);
    expect(none).toBe(0);
  });
});
