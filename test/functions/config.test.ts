import { readFileSync } from 'node:fs';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { foldersOf, isUploadEvent } from '../../functions/config-upload.ts';
import { type MemorySsm, memorySsm, mockSsm } from '../lib/io/memory-ssm.ts';

vi.stubEnv('DOCUMENTS_PREFIX', '/prom-emf/dev');
vi.stubEnv('BUCKET_PREFIX', 'prom-emf-dev');
vi.stubEnv('AWS_REGION', 'eu-west-1');
vi.spyOn(process.stderr, 'write').mockReturnValue(true);
const { handler } = await import('../../functions/config.ts');

const ssm = mockSsm();
const s3 = mockClient(S3Client);
let memory: MemorySsm;
beforeEach(() => {
  ssm.reset();
  s3.reset();
  memory = memorySsm(ssm);
});

const context = {
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:prom-emf-dev-config',
  getRemainingTimeInMillis: () => 60_000,
} as Context;
const eventOf = (name: string) => JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
const compose = (family: string) =>
  `services: {${family}: {image: web, ports: ["9113"], x-prometheus: {ContainersInsights: {CollectForNginx: {ExporterPort: 9113}}}}}`;
const folder = 'compose/prod/kafka connect/';

/** Serves the folder's compose.yaml; each reading of it gives the next of these texts, then the last. */
function serve(...texts: readonly string[]): void {
  let reads = 0;
  s3.on(ListObjectsV2Command, { Prefix: folder }).resolves({ Contents: [{ Key: `${folder}compose.yaml` }] });
  s3.on(GetObjectCommand, { Key: `${folder}compose.yaml` }).callsFake(async () => {
    const text = texts[Math.min(reads, texts.length - 1)];
    reads += 1;
    return { Body: { transformToString: async () => text } };
  });
}

const families = () => [
  ...new Set(Object.keys(memory.values()).map((name) => name.slice('/prom-emf/dev/prod/'.length).split('/')[0])),
];

describe('config', () => {
  it('publishes the newest of two uploads at the same time', async () => {
    serve(compose('older'), compose('newer'));
    await handler(eventOf('config-upload'), context);
    expect(families()).toEqual(['newer']);
  });

  it('does not forget the other folders when one is wrong, and fails so that Lambda tries again', async () => {
    serve(compose('web'));
    s3.on(ListObjectsV2Command, { Prefix: 'compose/prod/other/' }).rejects(new Error('denied'));
    const { Records } = eventOf('config-upload');
    const other = structuredClone(Records[0]);
    other.s3.object.key = 'compose/prod/other/compose.yaml';
    await expect(handler({ Records: [other, ...Records] }, context)).rejects.toThrow('compose/prod/other: denied');
    expect(families()).toEqual(['web']);
  });

  it('tells of one family that fails in the result, and throws when all do', async () => {
    const event = { cluster: 'prod', compose: [{ file: 'c.yaml', text: compose('web') }] };
    memory.onWrite = () => 'refused';
    await expect(handler(event, context)).rejects.toThrow(/^family web: PutParameter .*Rate exceeded/);
    memory.onWrite = (call) => (call === 1 ? 'refused' : 'done');
    const both = { ...event, compose: [...event.compose, { file: 'd.yaml', text: compose('xapi') }] };
    const result = await handler(both, context);
    expect(result).toMatchObject({
      outcomes: [
        { family: 'web', outcome: 'failed' },
        { family: 'xapi', outcome: 'created' },
      ],
    });
  });

  it('returns the documents that it has written, without what goes with them', async () => {
    const event = { cluster: 'prod', compose: [{ file: 'c.yaml', text: compose('web') }] };
    const result = await handler(event, context);
    expect(result).toMatchObject({
      families: [{ family: 'web', agent: memory.values()['/prom-emf/dev/prod/web/agent'] }],
    });
    expect(result).not.toHaveProperty('families[0].artifacts');
  });

  it('asks nothing of AWS when nothing is to be written, and returns all texts', async () => {
    const result = await handler(eventOf('config-compose-inline'), context);
    const texts = { family: 'connect', agent: expect.any(String), artifacts: { 'dashboard.json': expect.any(String) } };
    expect(result).toMatchObject({ families: [texts], written: [], outcomes: [] });
    expect(ssm.calls()).toEqual([]);
  });

  it('understands its sample events', () => {
    for (const name of ['config-upload', 'config-upload-removed'])
      expect(foldersOf(eventOf(name))).toMatchObject([{ cluster: 'prod', project: 'kafka connect' }]);
    expect(isUploadEvent(eventOf('scrape-sqs'))).toBe(false);
  });
});
