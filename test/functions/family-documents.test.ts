import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { familyDocuments } from '../../functions/family-documents.ts';
import type { FamilyDocuments } from '../../lib/ports.ts';

const stored = (family: string, prometheus = 'scrape_configs: []'): FamilyDocuments => ({
  family,
  texts: {
    prometheus: { address: `/${family}/prometheus`, text: prometheus },
    agent: { address: `/${family}/agent`, text: '{"logs": {"metrics_collected": {"prometheus": {}}}}' },
  },
  problems: [],
});

/** Documents in a store that counts its readings, at a time that is set. */
function documentsOf(count: number) {
  const answers = { next: async () => Array.from({ length: count }, (_, at) => stored(`f${at}`)) };
  let reads = 0;
  let now = 0;
  const store = {
    read: () => {
      reads += 1;
      return answers.next();
    },
  };
  const read = familyDocuments(
    store,
    () => now,
    (cluster) => `/documents/${cluster}/`,
  );
  const atWith = (nowMs: number, maxAgeMs?: number) => {
    now = nowMs;
    return read('prod', maxAgeMs);
  };
  const at = (nowMs: number) => atWith(nowMs);
  return { answers, at, joinAt: (nowMs: number) => atWith(nowMs, 300_000), reads: () => reads };
}

describe('familyDocuments', () => {
  const told: string[] = [];
  beforeEach(() => {
    told.length = 0;
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  });
  afterEach(() => vi.restoreAllMocks());

  it.each([
    { families: 59, times: [0, 1, 2], reads: [1, 2, 3] },
    { families: 60, times: [0, 59_999, 60_000], reads: [1, 1, 2] },
    { families: 500, times: [0, 299_999, 300_000], reads: [1, 1, 2] },
  ])('reads a few families each time, and $families at the times that follow from their number', async (row) => {
    const documents = documentsOf(row.families);
    const reads: number[] = [];
    for (const time of row.times) {
      expect(await documents.at(time)).toHaveLength(row.families);
      reads.push(documents.reads());
    }
    expect(reads).toEqual(row.reads);
  });

  it('gives those of the last five minutes where that is enough', async () => {
    const documents = documentsOf(2);
    const first = await documents.at(0);
    expect(await documents.joinAt(299_999)).toBe(first);
    await documents.joinAt(300_000);
    expect(documents.reads()).toBe(2);
  });

  it('gives the last ones while they cannot be read, and says so', async () => {
    const documents = documentsOf(2);
    const first = await documents.at(0);
    documents.answers.next = () => Promise.reject(new Error('slow down'));
    expect(await documents.at(60_000)).toBe(first);
    expect(told).toEqual([
      'documents of cluster prod cannot be read: slow down; those of 1970-01-01T00:00:00.000Z are used\n',
    ]);
  });

  it('fails when there never were any', async () => {
    const documents = documentsOf(0);
    await expect(documents.at(0)).rejects.toThrow(
      'there are no documents under /documents/prod/; render them there, or correct the parameter clusters',
    );
  });

  it('fails when all of them are gone', async () => {
    const documents = documentsOf(1);
    await documents.at(0);
    documents.answers.next = async () => [];
    await expect(documents.at(60_000)).rejects.toThrow('there are no documents under /documents/prod/');
  });

  it('goes on without a family that has errors, and tells them', async () => {
    const documents = documentsOf(0);
    documents.answers.next = async () => [stored('a', 'scrape_config: []'), stored('b')];
    expect((await documents.at(0)).map(({ family }) => family)).toEqual(['b']);
    expect(told.join('')).toContain('/a/prometheus:1:16: error: scrape_config: unknown key "scrape_config"');
  });
});
