import { SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import { ssmDocumentStore } from '../../../lib/io/ssm-documents.ts';
import { type MemorySsm, memorySsm, mockSsm } from './memory-ssm.ts';

const ssm = mockSsm();
const prefix = '/prom-emf/dev';
const path = `${prefix}/prod/web`;
const store = ssmDocumentStore(new SSMClient({ region: 'eu-west-1' }), prefix);
const old = { family: 'web', prometheus: 'p1', agent: 'a1', options: 'o1' };
const next = { family: 'web', prometheus: 'p2', agent: 'a2', options: 'o2' };
let memory: MemorySsm;
beforeEach(() => {
  ssm.reset();
  memory = memorySsm(ssm);
});

type Texts = Readonly<Partial<Record<'prometheus' | 'agent' | 'options', string>>>;
type Start = { readonly name: string; readonly prepare: () => Promise<void>; readonly before: Texts };

/** Where a write may start from. */
const starts: readonly Start[] = [
  { name: 'a family that is new', prepare: async () => undefined, before: {} },
  {
    name: 'released documents',
    prepare: () => store.write('prod', old, 'shop'),
    before: { prometheus: 'p1', agent: 'a1', options: 'o1' },
  },
  {
    name: 'documents that were written by hand',
    prepare: async () => {
      memory.put(`${path}/prometheus`, 'p0');
      memory.put(`${path}/agent`, 'a0');
    },
    before: { prometheus: 'p0', agent: 'a0' },
  },
];
const after: Texts = { prometheus: 'p2', agent: 'a2', options: 'o2' };

/** What discover reads. */
async function seen(): Promise<Texts> {
  const [family] = await store.read('prod');
  expect(family?.problems.filter(({ severity }) => severity === 'error') ?? []).toEqual([]);
  return Object.fromEntries(Object.entries(family?.texts ?? {}).map(([kind, { text }]) => [kind, text]));
}

/** What an agent reads, which knows no release. */
function latest(): Texts {
  const documents = Object.entries(memory.values()).filter(([name]) => !name.endsWith('/release'));
  return Object.fromEntries(documents.map(([name, text]) => [name.slice(path.length + 1), text]));
}

/** The number of write calls of a work that nothing disturbs. */
async function callsOf(start: Start, work: () => Promise<void>): Promise<number> {
  await start.prepare();
  const before = memory.writes();
  await work();
  const calls = memory.writes() - before;
  ssm.reset();
  memory = memorySsm(ssm);
  return calls;
}

describe.each(starts)('a write over $name', (start) => {
  const write = () => store.write('prod', next, 'shop');

  it('is seen as a whole or not at all, whichever call the process dies after', async () => {
    const calls = await callsOf(start, write);
    expect(calls).toBeGreaterThanOrEqual(4);
    for (let died = 0; died <= calls; died++) {
      await start.prepare();
      const begun = memory.writes();
      memory.onWrite = (call) => (call - begun < died ? 'done' : 'refused');
      if (died < calls) await expect(write()).rejects.toThrow('ThrottlingException');
      else await write();
      expect(await seen()).toEqual(died < calls ? start.before : after);
      ssm.reset();
      memory = memorySsm(ssm);
    }
  });

  it.each(['refused', 'lost'] as const)('is undone for agents too when a call is %s', async (verdict) => {
    const calls = await callsOf(start, write);
    for (let bad = 0; bad < calls; bad++) {
      await start.prepare();
      const begun = memory.writes();
      memory.onWrite = (call) => (call - begun === bad ? verdict : 'done');
      const isLanded = verdict === 'lost' && bad === calls - 1;
      if (isLanded) await write();
      else await expect(write()).rejects.toThrow(/PutParameter .*: (ThrottlingException|TimeoutError)/);
      expect(latest()).toEqual(isLanded ? after : start.before);
      expect(await seen()).toEqual(isLanded ? after : start.before);
      ssm.reset();
      memory = memorySsm(ssm);
    }
  });

  it('says what could not be put back, and is done by the next one', async () => {
    await start.prepare();
    const begun = memory.writes();
    memory.onWrite = (call) => (call - begun < 2 ? 'done' : 'refused');
    await expect(write()).rejects.toThrow(
      /Rate exceeded; not everything was put back: .*\/web\/(prometheus|agent).*; discover uses the released documents, an agent may not: render again$/,
    );
    memory.onWrite = () => 'done';
    await write();
    expect(await seen()).toEqual(after);
  });
});

describe('a write over documents that were written by hand', () => {
  const byHand = starts[2] as Start;
  const write = () => store.write('prod', next, 'shop');

  it('keeps the release that names them while one of them cannot be put back', async () => {
    await byHand.prepare();
    // The release and prometheus are written, agent is not, and prometheus cannot be put back.
    memory.onWrite = (call) => (call === 2 || call === 3 ? 'refused' : 'done');
    await expect(write()).rejects.toThrow('not everything was put back');
    expect(latest()).toEqual({ ...byHand.before, prometheus: 'p2' });
    expect(await seen()).toEqual(byHand.before);
  });

  it('leaves them without a project when it dies, so that nobody prunes them', async () => {
    await byHand.prepare();
    memory.onWrite = (call) => (call === 0 ? 'done' : 'refused');
    await expect(write()).rejects.toThrow('ThrottlingException');
    const [family] = await store.read('prod');
    expect(family?.release).toEqual({ project: undefined });
  });
});

describe('two writes at once', () => {
  const third = { family: 'web', prometheus: 'p3', agent: 'a3', options: 'o3' };

  it('refuse the second of two that create a family', async () => {
    const first = store.write('prod', next, 'shop');
    const second = store.write('prod', third, 'shop');
    const results = await Promise.allSettled([first, second]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await seen()).toEqual(
      results[0]?.status === 'fulfilled' ? after : { prometheus: 'p3', agent: 'a3', options: 'o3' },
    );
  });

  it('never undo what the other has released', async () => {
    await store.write('prod', old, 'shop');
    const begun = memory.writes();
    let interrupted = false;
    memory.onWrite = async (call) => {
      if (call - begun !== 2 || interrupted) return 'done';
      interrupted = true;
      await store.write('prod', third, 'shop');
      return 'refused';
    };
    await expect(store.write('prod', next, 'shop')).rejects.toThrow('another run has changed the release');
    expect(await seen()).toEqual({ prometheus: 'p3', agent: 'a3', options: 'o3' });
  });
});

describe('a deletion', () => {
  const released = starts[1] as Start;
  const remove = () => store.remove('prod', 'web');

  it('leaves a reader with all documents or none, whichever call the process dies after', async () => {
    const calls = await callsOf(released, remove);
    expect(calls).toBe(3);
    for (let died = 0; died < calls; died++) {
      await released.prepare();
      const begun = memory.writes();
      memory.onWrite = (call) => (call - begun < died ? 'done' : 'refused');
      await expect(remove()).rejects.toThrow('ThrottlingException');
      expect(await seen()).toEqual(died === 0 ? released.before : {});
      memory.onWrite = () => 'done';
      await remove();
      expect(memory.values()).toEqual({});
      ssm.reset();
      memory = memorySsm(ssm);
    }
  });
});
