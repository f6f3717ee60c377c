import { describe, expect, it } from 'vitest';
import { ownData, pendingFaults, readPending, runTopic, TOPICS } from './main.ts';

/** Bodies of many megabytes, and servers that answer after the scrape timeout only. */
const TIMEOUT_MS = 240_000;

describe('the conformance data of the repository', async () => {
  const pending = await readPending();

  it.each(TOPICS.map((topic) => [topic.name, topic] as const))(
    '%s: what fails is what pending.json lists',
    async (_, topic) => {
      const result = await runTopic(topic, ownData());
      expect(result.missing).toBe(false);
      expect(result.outcomes).not.toEqual([]);
      expect(pendingFaults(result, pending)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('names a topic and an issue for every pending case', () => {
    const names = TOPICS.map(({ name }) => name);
    expect(pending.filter(({ topic, issue, why }) => !names.includes(topic) || issue <= 0 || why === '')).toEqual([]);
  });
});
