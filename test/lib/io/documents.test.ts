import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../lib/document/problem.ts';
import { folderDocumentStore } from '../../../lib/io/folder-documents.ts';
import { formatS3Address, type TextObjects } from '../../../lib/io/s3.ts';
import { ssmDocumentStore } from '../../../lib/io/ssm-documents.ts';
import { type MemorySsm, memorySsm, mockSsm } from './memory-ssm.ts';

const ssm = mockSsm();
const client = new SSMClient({ region: 'eu-west-1' });
const prefix = '/prom-emf/dev';
const path = `${prefix}/prod/web`;
const store = ssmDocumentStore(client, prefix);
const web = { family: 'web', prometheus: 'p', agent: 'a', options: '{}' };
let memory: MemorySsm;
beforeEach(() => {
  ssm.reset();
  memory = memorySsm(ssm);
});

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

function memoryObjects(): TextObjects & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    read: async (address) => texts.get(formatS3Address(address)),
    write: async (address, text) => {
      texts.set(formatS3Address(address), text);
    },
    list: async () => [],
  };
}

describe('ssmDocumentStore', () => {
  it('writes PREFIX/CLUSTER/FAMILY/KIND and the release last, with Intelligent-Tiering', async () => {
    await store.write('prod', { ...web, agent: 'a'.repeat(4097) }, 'shop');
    const calls = ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input);
    // The first release says that the family is being created.
    expect(calls.map(({ Name }) => Name)).toEqual(
      ['release', 'prometheus', 'agent', 'options', 'release'].map((part) => `${path}/${part}`),
    );
    for (const { Tier } of calls) expect(Tier).toBe('Intelligent-Tiering');
    expect(store.addresses('prod', web)).toEqual([`${path}/prometheus`, `${path}/agent`, `${path}/options`]);
  });

  it('names the version and hash of each document in the release', async () => {
    await store.write('prod', web, 'shop');
    await store.write('prod', { ...web, agent: 'b' }, 'shop');
    expect(JSON.parse(memory.values()[`${path}/release`] ?? '')).toEqual({
      version: 1,
      project: 'shop',
      documents: {
        prometheus: { parameter_version: 1, sha256: hashOf('p') },
        agent: { parameter_version: 2, sha256: hashOf('b') },
        options: { parameter_version: 1, sha256: hashOf('{}') },
      },
    });
  });

  it('writes what is equal no second time', async () => {
    await store.write('prod', web, 'shop');
    const writes = memory.writes();
    await store.write('prod', web, 'shop');
    expect(memory.writes()).toBe(writes);
  });

  it('deletes a document that the family no longer has', async () => {
    await store.write('prod', web, 'shop');
    await store.write('prod', { family: 'web', agent: 'a', options: '{}' }, 'shop');
    expect(Object.keys(memory.values())).toEqual([`${path}/agent`, `${path}/options`, `${path}/release`]);
    expect(await store.read('prod')).toMatchObject([{ texts: { agent: { text: 'a' } }, problems: [] }]);
  });

  it('deletes a family and leaves what is not its own', async () => {
    await store.write('prod', web, 'shop');
    memory.put(`${path}/notes`, 'of somebody else');
    await store.remove('prod', 'web');
    expect(Object.keys(memory.values())).toEqual([`${path}/notes`]);
  });

  it('deletes nothing of a family that was written by hand', async () => {
    memory.put(`${path}/agent`, 'by hand');
    await store.remove('prod', 'web');
    expect(memory.values()).toEqual({ [`${path}/agent`]: 'by hand' });
  });

  it('names every document over 8 KB with its size where there is no bucket', () => {
    const api = { ...web, family: 'api', options: 'é'.repeat(4097) };
    expect(store.refusals('prod', [{ ...web, agent: 'a'.repeat(8193) }, api, web]).map(formatProblem)).toEqual([
      `ssm:${path}/agent:1:1: error: an SSM parameter holds at most 8192 bytes, this document has 8193; give a bucket for it (--bucket; no agent can read it there) or use fewer rules; nothing was written`,
      `ssm:${prefix}/prod/api/options:1:1: error: an SSM parameter holds at most 8192 bytes, this document has 8194; give a bucket for it (--bucket; no agent can read it there) or use fewer rules; nothing was written`,
    ]);
  });

  it('reads the documents of a cluster by family, over all pages', async () => {
    const parameter = (family: string, kind: string) => ({ Name: `${prefix}/prod/${family}/${kind}`, Value: kind });
    ssm
      .on(GetParametersByPathCommand, { Path: `${prefix}/prod/`, NextToken: undefined })
      .resolves({ Parameters: [parameter('web', 'agent')], NextToken: 'more' })
      .on(GetParametersByPathCommand, { NextToken: 'more' })
      .resolves({ Parameters: [parameter('web', 'prometheus'), parameter('api', 'agent')] });
    expect(await store.read('prod')).toEqual([
      {
        family: 'web',
        texts: {
          agent: { address: `ssm:${path}/agent`, text: 'agent' },
          prometheus: { address: `ssm:${path}/prometheus`, text: 'prometheus' },
        },
        problems: [],
      },
      {
        family: 'api',
        texts: { agent: { address: `ssm:${prefix}/prod/api/agent`, text: 'agent' } },
        problems: [],
      },
    ]);
  });

  const changes: readonly {
    name: string;
    change: () => void;
    agent: string | undefined;
    problems: readonly string[];
  }[] = [
    { name: 'as it was written', change: () => undefined, agent: 'a', problems: [] },
    {
      name: 'as released after a change by hand',
      change: () => memory.put(`${path}/agent`, 'x'),
      agent: 'a',
      problems: [
        `ssm:${path}/agent:1:1: warning: expected version 1, which the release names, found version 2 with another text (changed by hand, or by a write that has not ended); version 1 is used: render again to replace the other`,
      ],
    },
    {
      name: 'after the same text was written again',
      change: () => memory.put(`${path}/agent`, 'a'),
      agent: 'a',
      problems: [],
    },
    {
      name: 'not at all when the released version is gone',
      change: () => {
        memory.put(`${path}/agent`, 'x');
        memory.forgetHistory(`${path}/agent`);
      },
      agent: undefined,
      problems: [
        `ssm:${path}/agent:1:1: error: expected version 1, which the release names, found version 2 with another text; the family is left out: render it again`,
      ],
    },
    {
      name: 'not at all when a document was deleted',
      change: () => memory.remove(`${path}/agent`),
      agent: undefined,
      problems: [
        `ssm:${path}/agent:1:1: error: expected version 1, which the release names, found no parameter; the family is left out: render it again`,
      ],
    },
    {
      name: 'not at all under a release of a later version',
      change: () => memory.put(`${path}/release`, '{"version":2,"documents":{}}'),
      agent: undefined,
      problems: [
        `ssm:${path}/release:1:12: error: version: expected version 1, found 2; write 1, or use the release that wrote it`,
      ],
    },
    { name: 'as it is without a release', change: () => memory.remove(`${path}/release`), agent: 'a', problems: [] },
  ];
  it.each(changes)('reads a family $name', async ({ change, agent, problems }) => {
    await store.write('prod', web, undefined);
    change();
    const [family] = await store.read('prod');
    expect(family?.texts.agent?.text).toBe(agent);
    expect(family?.problems.map(formatProblem).sort()).toEqual([...problems].sort());
  });

  it('never overwrites a release that it does not know', async () => {
    memory.put(`${path}/release`, '{"version":2,"documents":{}}');
    await expect(store.write('prod', web, 'shop')).rejects.toThrow(
      'version: expected version 1, found 2; write 1, or use the release that wrote it',
    );
    expect(Object.keys(memory.values())).toEqual([`${path}/release`]);
  });
});

describe('a document over 8 KB', () => {
  const large = { ...web, agent: `{"a":"${'a'.repeat(9000)}"}` };
  const address = `s3://bucket/documents/${hashOf(large.agent)}`;

  it('goes to the bucket, and the parameter holds its address and hash', async () => {
    const objects = memoryObjects();
    const spilling = ssmDocumentStore(client, prefix, { objects, bucket: 'bucket' });
    expect(spilling.refusals('prod', [large])).toEqual([]);
    await spilling.write('prod', large, undefined);
    expect([...objects.texts]).toEqual([[address, large.agent]]);
    expect(JSON.parse(memory.values()[`${path}/agent`] ?? '')).toEqual({
      version: 1,
      document: address,
      sha256: hashOf(large.agent),
    });
    expect(await spilling.read('prod')).toMatchObject([{ texts: { agent: { text: large.agent } }, problems: [] }]);
  });

  it.each([
    { name: 'is gone', change: (texts: Map<string, string>) => texts.delete(address), found: 'none' },
    { name: 'is another', change: (texts: Map<string, string>) => texts.set(address, 'x'), found: 'another text' },
  ])('is an error of its family when it $name', async ({ change, found }) => {
    const objects = memoryObjects();
    const spilling = ssmDocumentStore(client, prefix, { objects, bucket: 'bucket' });
    await spilling.write('prod', large, undefined);
    await spilling.write('prod', { ...web, family: 'api' }, undefined);
    change(objects.texts);
    const [api, family] = (await spilling.read('prod')).toSorted((a, b) => (a.family < b.family ? -1 : 1));
    expect(family?.problems.map(formatProblem)).toEqual([
      `ssm:${path}/agent:1:1: error: expected the text of sha256 ${hashOf(large.agent)} at ${address}, found ${found}; render again`,
    ]);
    expect(api?.problems).toEqual([]);
  });
});

describe('folderDocumentStore', () => {
  const newFolder = () => mkdtemp(join(tmpdir(), 'prom-emf-test-'));

  it('writes FAMILY/prometheus.yaml, agent.json and options.json whole, and reads them back', async () => {
    const folder = await newFolder();
    const documents = folderDocumentStore(folder);
    const written = { family: 'web', prometheus: 'p', agent: 'a', options: 'o' };
    await documents.write('prod', written, 'shop');
    expect(await readdir(join(folder, 'web'))).toEqual(['agent.json', 'options.json', 'prometheus.yaml']);
    expect(await readFile(join(folder, 'web', 'agent.json'), 'utf8')).toBe('a');
    expect(documents.addresses('prod', written)).toContain(join(folder, 'web', 'agent.json'));
    const [family] = await documents.read('prod');
    expect(family?.texts.prometheus).toEqual({ address: join(folder, 'web', 'prometheus.yaml'), text: 'p' });
    expect(family?.release).toEqual({ project: 'shop' });
  });

  it('replaces further files and deletes those of its own that are no longer there', async () => {
    const folder = await newFolder();
    const documents = folderDocumentStore(folder);
    await documents.write(
      'prod',
      { ...web, artifacts: { 'dashboard.json': '{}', 'cloudformation.json': '{}' } },
      'shop',
    );
    await writeFile(join(folder, 'web', 'notes.txt'), 'of somebody else');
    await documents.write('prod', { family: 'web', agent: 'a', artifacts: { 'dashboard.json': '[]' } }, 'shop');
    expect(await readdir(join(folder, 'web'))).toEqual(['agent.json', 'dashboard.json', 'notes.txt']);
    const [family] = await documents.read('prod');
    expect(family?.artifacts).toEqual({
      'dashboard.json': { address: join(folder, 'web', 'dashboard.json'), text: '[]' },
    });
  });

  it('deletes a family and leaves what is not its own', async () => {
    const folder = await newFolder();
    const documents = folderDocumentStore(folder);
    await documents.write('prod', web, 'shop');
    await documents.write('prod', { ...web, family: 'api' }, 'shop');
    await writeFile(join(folder, 'api', 'notes.txt'), 'of somebody else');
    await documents.remove('prod', 'web');
    const record = JSON.parse(await readFile(join(folder, '.prom-emf.json'), 'utf8'));
    const files = ['prometheus.yaml', 'agent.json', 'options.json'];
    expect(record).toEqual({ version: 1, families: { api: { project: 'shop', files } } });
    await documents.remove('prod', 'api');
    expect(await readdir(folder)).toEqual(['.prom-emf.json', 'api']);
    expect(await readdir(join(folder, 'api'))).toEqual(['notes.txt']);
  });

  it('reads a folder without a record as written by hand, and one that is not there as empty', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'web'));
    await writeFile(join(folder, 'web', 'agent.json'), 'a');
    const [family] = await folderDocumentStore(folder).read('prod');
    expect(family).not.toHaveProperty('release');
    expect(await folderDocumentStore(join(folder, 'absent')).read('prod')).toEqual([]);
  });
});
