import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { folderDocumentStore } from '../../../lib/io/folder-documents.ts';
import { ssmDocumentStore } from '../../../lib/io/ssm-documents.ts';

const ssm = mockClient(SSMClient);
const store = ssmDocumentStore(new SSMClient({ region: 'eu-west-1' }), '/prom-emf/dev');
beforeEach(() => ssm.reset());

describe('ssmDocumentStore', () => {
  it('writes PREFIX/CLUSTER/FAMILY/KIND with Intelligent-Tiering', async () => {
    const texts = { family: 'web', prometheus: 'p', agent: 'a'.repeat(4097), options: '{}' };
    expect(await store.write('prod', [texts])).toEqual([
      '/prom-emf/dev/prod/web/prometheus',
      '/prom-emf/dev/prod/web/agent',
      '/prom-emf/dev/prod/web/options',
    ]);
    const written = ssm.commandCalls(PutParameterCommand).map(({ args }) => [args[0].input.Name, args[0].input.Tier]);
    expect(written).toEqual([
      ['/prom-emf/dev/prod/web/prometheus', 'Intelligent-Tiering'],
      ['/prom-emf/dev/prod/web/agent', 'Intelligent-Tiering'],
      ['/prom-emf/dev/prod/web/options', 'Intelligent-Tiering'],
    ]);
  });

  it('writes nothing when one document is over 8 KB, and gives its size', async () => {
    const small = { family: 'api', prometheus: 'p', agent: 'a', options: '{}' };
    const large = { ...small, family: 'web', agent: 'a'.repeat(8193) };
    await expect(store.write('prod', [small, large])).rejects.toThrow(
      'ssm:/prom-emf/dev/prod/web/agent:1:1: error: an SSM parameter holds at most 8192 bytes, this document has 8193; nothing was written',
    );
    expect(ssm.commandCalls(PutParameterCommand)).toEqual([]);
  });

  it('reads the documents of a cluster by family, over all pages', async () => {
    const parameter = (family: string, kind: string) => ({ Name: `/prom-emf/dev/prod/${family}/${kind}`, Value: kind });
    ssm
      .on(GetParametersByPathCommand, { Path: '/prom-emf/dev/prod/', NextToken: undefined })
      .resolves({ Parameters: [parameter('web', 'agent')], NextToken: 'more' })
      .on(GetParametersByPathCommand, { NextToken: 'more' })
      .resolves({ Parameters: [parameter('web', 'prometheus'), parameter('api', 'agent')] });
    expect(await store.read('prod')).toEqual([
      {
        family: 'web',
        texts: {
          agent: { address: 'ssm:/prom-emf/dev/prod/web/agent', text: 'agent' },
          prometheus: { address: 'ssm:/prom-emf/dev/prod/web/prometheus', text: 'prometheus' },
        },
      },
      { family: 'api', texts: { agent: { address: 'ssm:/prom-emf/dev/prod/api/agent', text: 'agent' } } },
    ]);
  });
});

describe('folderDocumentStore', () => {
  it('writes FAMILY/prometheus.yaml, agent.json and options.json whole, and reads them back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prom-emf-test-'));
    const documents = folderDocumentStore(folder);
    await documents.write('prod', [{ family: 'web', prometheus: 'p', agent: 'a', options: 'o' }]);
    expect(await readdir(join(folder, 'web'))).toEqual(['agent.json', 'options.json', 'prometheus.yaml']);
    expect(await readFile(join(folder, 'web', 'agent.json'), 'utf8')).toBe('a');
    const [family] = await documents.read('prod');
    expect(family?.texts.prometheus).toEqual({ address: join(folder, 'web', 'prometheus.yaml'), text: 'p' });
  });
});
