import { afterAll, afterEach, expect, vi } from 'vitest';
import { checkEmitted, takeEmittedFaults } from './emitted-faults.ts';

/**
 * Runs before every test file (vitest.config.ts): whatever lib makes a line of, in any test, is valid EMF. The two
 * functions that make lines are wrapped; what they made is judged after the test, where no code under test can catch it.
 */
vi.mock('../lib/cloudwatch/emf.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../lib/cloudwatch/emf.ts')>();
  return {
    ...original,
    *renderDocuments(...given: Parameters<typeof original.renderDocuments>) {
      for (const document of original.renderDocuments(...given)) {
        checkEmitted([document]);
        yield document;
      }
    },
  };
});

vi.mock('../lib/cloudwatch/self-metrics.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../lib/cloudwatch/self-metrics.ts')>();
  return {
    ...original,
    renderSelfDocument: (...given: Parameters<typeof original.renderSelfDocument>) => {
      const documents = original.renderSelfDocument(...given);
      checkEmitted(documents);
      return documents;
    },
  };
});

const expectNoFaults = () => expect(takeEmittedFaults(), 'faults of the lines that were emitted').toEqual([]);
afterEach(expectNoFaults);
// What was emitted after the last test, or where there was none.
afterAll(expectNoFaults);
