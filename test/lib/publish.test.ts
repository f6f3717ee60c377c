import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../lib/document/problem.ts';
import type { DocumentStore, FamilyDocuments, FamilyTexts } from '../../lib/ports.ts';
import { type PublishSettings, publishFamilies } from '../../lib/publish.ts';

type MemoryStore = DocumentStore & { readonly families: Map<string, FamilyDocuments>; readonly calls: string[] };

const KINDS = ['prometheus', 'agent', 'options'] as const;

/** Documents in memory; families called `bad...` cannot be written or removed. */
function memoryStore(...families: readonly FamilyDocuments[]): MemoryStore {
  const stored = new Map(families.map((family) => [family.family, family]));
  const calls: string[] = [];
  const guard = (call: string, family: string) => {
    calls.push(`${call} ${family}`);
    if (family.startsWith('bad')) throw new Error(`${family} is refused`);
  };
  return {
    families: stored,
    calls,
    read: async () => [...stored.values()],
    addresses: (cluster, family) =>
      KINDS.filter((kind) => family[kind] !== undefined).map((kind) => `${cluster}/${family.family}/${kind}`),
    refusals: (_cluster, all) =>
      all
        .filter(({ agent }) => agent === 'too large')
        .map(({ family }) => ({
          severity: 'error',
          place: { file: family, line: 1, column: 1 },
          path: '',
          text: 'too large',
        })),
    write: async (_cluster, family, project) => {
      guard('write', family.family);
      stored.set(family.family, storedAs(family, project));
    },
    remove: async (_cluster, family) => {
      guard('remove', family);
      stored.delete(family);
    },
  };
}

function writtenByHand(family: FamilyTexts): FamilyDocuments {
  const { release: _, ...stored } = storedAs(family);
  return stored;
}

function storedAs({ family, artifacts: _, ...texts }: FamilyTexts, project?: string): FamilyDocuments {
  const stored = Object.entries(texts).map(([kind, text]) => [kind, { address: kind, text }]);
  return { family, texts: Object.fromEntries(stored), release: { project }, problems: [] };
}

const family = (name: string, agent = '{"a":1}'): FamilyTexts => ({
  family: name,
  prometheus: 'scrape_configs: []\n',
  agent,
  options: '{}',
});
const settings: PublishSettings = { cluster: 'prod', project: 'shop' };
const outcomesOf = (published: Awaited<ReturnType<typeof publishFamilies>>) =>
  Object.fromEntries(published.map(({ family, outcome }) => [family, outcome]));

describe('publishFamilies', () => {
  const drifted = {
    ...storedAs(family('web'), 'shop'),
    problems: [
      { severity: 'warning', place: { file: 'ssm:web', line: 1, column: 1 }, path: '', text: 'another' },
    ] as const,
  };
  const table: readonly {
    name: string;
    stored: readonly FamilyDocuments[];
    rendered?: FamilyTexts;
    outcome: string;
    calls: readonly string[];
  }[] = [
    { name: 'creates a family that is not there', stored: [], outcome: 'created', calls: ['write web'] },
    {
      name: 'creates a family whose creation never ended',
      stored: [storedAs({ family: 'web' }, 'shop')],
      outcome: 'created',
      calls: ['write web'],
    },
    {
      name: 'leaves what is equal',
      stored: [storedAs(family('web'), 'shop')],
      outcome: 'unchanged',
      calls: [],
    },
    {
      name: 'changes what is not',
      stored: [storedAs(family('web', '{}'), 'shop')],
      outcome: 'changed',
      calls: ['write web'],
    },
    {
      name: 'deletes a document that is not rendered any more',
      stored: [storedAs(family('web'), 'shop')],
      rendered: { family: 'web', agent: '{"a":1}', options: '{}' },
      outcome: 'changed',
      calls: ['write web'],
    },
    {
      name: 'takes over documents that were written by hand',
      stored: [writtenByHand(family('web'))],
      outcome: 'changed',
      calls: ['write web'],
    },
    {
      name: 'takes over documents of no project',
      stored: [storedAs(family('web'))],
      outcome: 'changed',
      calls: ['write web'],
    },
    { name: 'repairs what was changed by hand', stored: [drifted], outcome: 'changed', calls: ['write web'] },
    {
      name: 'does not look at further files that the store does not hold',
      stored: [storedAs(family('web'), 'shop')],
      rendered: { ...family('web'), artifacts: { 'dashboard.json': '{}' } },
      outcome: 'unchanged',
      calls: [],
    },
    {
      name: 'writes further files that have changed',
      stored: [{ ...storedAs(family('web'), 'shop'), artifacts: { 'dashboard.json': { address: 'd', text: '[]' } } }],
      rendered: { ...family('web'), artifacts: { 'dashboard.json': '{}' } },
      outcome: 'changed',
      calls: ['write web'],
    },
  ];
  it.each(table)('$name', async ({ stored, rendered = family('web'), outcome, calls }) => {
    const store = memoryStore(...stored);
    expect(outcomesOf(await publishFamilies([rendered], store, settings))).toEqual({ web: outcome });
    expect(store.calls).toEqual(calls);
  });

  it('tells for a family that fails why, and writes the others', async () => {
    const store = memoryStore();
    const published = await publishFamilies([family('bad'), family('web')], store, settings);
    expect(published).toEqual([
      {
        family: 'bad',
        outcome: 'failed',
        addresses: ['prod/bad/prometheus', 'prod/bad/agent', 'prod/bad/options'],
        problems: [],
        error: 'bad is refused',
      },
      {
        family: 'web',
        outcome: 'created',
        addresses: ['prod/web/prometheus', 'prod/web/agent', 'prod/web/options'],
        problems: [],
      },
    ]);
  });

  it.each([
    { project: 'blog', found: 'project "blog"' },
    { project: undefined, found: 'no project name' },
  ])('refuses a family of another project to $found, and writes the others', async ({ project, found }) => {
    const store = memoryStore(storedAs(family('web', '{}'), 'shop'));
    const [web, api] = await publishFamilies([family('web'), family('api')], store, { cluster: 'prod', project });
    expect(web).toMatchObject({
      outcome: 'failed',
      error: `these documents belong to project "shop", found ${found}; render with that name, or prune them there first`,
    });
    expect(api?.outcome).toBe('created');
    expect(store.calls).toEqual(['write api']);
  });

  it('takes over from the former name of the project', async () => {
    const store = memoryStore(storedAs(family('web'), 'shop'));
    const renamed = { cluster: 'prod', project: 'store', formerProject: 'shop' };
    expect(outcomesOf(await publishFamilies([family('web')], store, renamed))).toEqual({ web: 'changed' });
    expect(store.families.get('web')?.release).toEqual({ project: 'store' });
  });

  it('writes nothing when a text cannot be stored, and names every one', async () => {
    const store = memoryStore();
    const rendered = [family('web'), family('api', 'too large'), family('db', 'too large')];
    const error = await publishFamilies(rendered, store, settings).catch((refused) => refused);
    expect(error.problems.map(formatProblem)).toEqual(['api:1:1: error: too large', 'db:1:1: error: too large']);
    expect(store.calls).toEqual([]);
  });

  it('begins no family when the time is out', async () => {
    const store = memoryStore();
    const [web] = await publishFamilies([family('web')], store, { ...settings, signal: AbortSignal.abort() });
    expect(web).toMatchObject({ outcome: 'failed', error: expect.stringContaining('the time was out') });
    expect(store.calls).toEqual([]);
  });
});

describe('prune', () => {
  const deployed = [
    storedAs(family('web'), 'shop'),
    storedAs(family('gone'), 'shop'),
    storedAs(family('other'), 'blog'),
    storedAs(family('nobodys')),
    writtenByHand(family('by-hand')),
  ];

  it('deletes the families of its project that are not rendered any more, and no others', async () => {
    const store = memoryStore(...deployed);
    const published = await publishFamilies([family('web')], store, { ...settings, prune: true });
    expect(outcomesOf(published)).toEqual({ web: 'unchanged', gone: 'pruned' });
    expect(store.calls).toEqual(['remove gone']);
  });

  it('deletes nothing unless asked', async () => {
    const store = memoryStore(...deployed);
    await publishFamilies([family('web')], store, settings);
    expect(store.calls).toEqual([]);
  });

  it('needs the name of a project', async () => {
    const store = memoryStore(...deployed);
    await expect(publishFamilies([], store, { cluster: 'prod', prune: true })).rejects.toThrow(
      'prune needs the name of the project whose families it may delete',
    );
  });
});

describe('a dry run', () => {
  it('writes nothing and shows what would change', async () => {
    const store = memoryStore(
      storedAs(family('web', '{"a":1,"b":{"c":[1]}}'), 'shop'),
      storedAs(family('same'), 'shop'),
      storedAs(family('gone'), 'shop'),
    );
    const rendered = [family('web', '{"a":1,"b":{"c":[2]}}'), family('same'), family('bad-new')];
    const published = await publishFamilies(rendered, store, { ...settings, prune: true, dryRun: true });
    expect(store.calls).toEqual([]);
    expect(outcomesOf(published)).toEqual({
      web: 'changed',
      same: 'unchanged',
      'bad-new': 'created',
      gone: 'pruned',
    });
    expect(published.map(({ diff = '' }) => diff)).toEqual([
      [
        '--- web/agent\tdeployed',
        '+++ web/agent\trendered',
        '@@ -2,7 +2,7 @@',
        '   "a": 1,',
        '   "b": {',
        '     "c": [',
        '-      1',
        '+      2',
        '     ]',
        '   }',
        ' }',
        '',
      ].join('\n'),
      '',
      expect.stringMatching(
        /^--- \/dev\/null\tdeployed\n\+\+\+ bad-new\/prometheus\trendered\n@@ -0,0 \+1,1 @@\n\+scrape/,
      ),
      expect.stringMatching(/^--- gone\/prometheus\tdeployed\n\+\+\+ \/dev\/null\trendered\n@@ -1,1 \+0,0 @@\n-scrape/),
    ]);
  });
});
