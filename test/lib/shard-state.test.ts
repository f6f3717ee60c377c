import { describe, expect, it } from 'vitest';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { encodeState, type ScrapeState } from '../../lib/prometheus/scrape-state.ts';
import { commitShard, readShard, type StateMemory } from '../../lib/shard-state.ts';

const NONE = { previous: undefined, tag: undefined, gaps: [] };

function stateOf(value: number, nonce: string): ScrapeState {
  const counters = new Map([['requests_total', { value, atMs: 5, createdMs: undefined }]]);
  const target = { scrapedAtMs: 5, counters, histograms: new Map(), times: new Map() };
  return { dueAt: 5, nonce, gaps: [], targets: new Map([['task', target]]) };
}

describe('readShard of a process that wrote the shard before', () => {
  const nonce = () => 'n';

  it('takes what it wrote for what is stored', async () => {
    const store = memoryStateStore();
    const kept: StateMemory = new Map();
    const own = { state: stateOf(1, 'own'), nonce: 'own' };
    expect(await commitShard('s', own, NONE, store, kept)).toBe('committed');
    expect((await readShard('s', undefined, store, nonce, kept)).previous).toBe(own.state);
  });

  it('reads what another process has stored since', async () => {
    const store = memoryStateStore();
    const kept: StateMemory = new Map();
    await commitShard('s', { state: stateOf(1, 'own'), nonce: 'own' }, NONE, store, kept);
    const other = { text: encodeState(stateOf(2, 'other')), nonce: 'other' };
    expect(await store.commit('s', other, 'own')).toBe('committed');
    const { previous } = await readShard('s', undefined, store, nonce, kept);
    expect(previous).toEqual({ ...stateOf(2, 'other'), targets: expect.any(Map) });
    expect(previous?.targets.get('task')?.counters.get('requests_total')?.value).toBe(2);
  });

  it('keeps no state that lost', async () => {
    const store = memoryStateStore();
    const kept: StateMemory = new Map();
    await store.commit('s', { text: encodeState(stateOf(2, 'other')), nonce: 'other' }, undefined);
    expect(await commitShard('s', { state: stateOf(1, 'own'), nonce: 'own' }, NONE, store, kept)).toBe('lost');
    expect(kept.size).toBe(0);
  });
});
