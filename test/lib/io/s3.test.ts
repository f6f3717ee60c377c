import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  parseS3Address,
  s3PlanArchive,
  s3PlanStore,
  s3SecretStore,
  s3ShardLoads,
  s3StateStore,
  s3Texts,
} from '../../../lib/io/s3.ts';

const s3 = mockClient(S3Client);
beforeEach(() => {
  s3.reset();
});

const client = () => new S3Client({ region: 'eu-west-1' });
const state = () => s3StateStore(client(), 'bucket');

function refusal(name: string, status: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status } });
}

/** The part of an answer's body that the store reads. */
function bodyOf(text: string): never {
  return { transformToByteArray: async () => gzipSync(text) } as never;
}

const puts = (): PutObjectCommandInput[] => s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
const textOf = (input: PutObjectCommandInput | undefined) => gunzipSync(input?.Body as Buffer).toString();

describe('s3PlanArchive', () => {
  it('gives plans and leaves other objects alone', async () => {
    const hash = 'a'.repeat(64);
    const LastModified = new Date(5000);
    const Contents = [`plans/${hash}.json`, 'plans/notes.txt'].map((Key) => ({ Key, LastModified }));
    s3.on(ListObjectsV2Command, { Prefix: 'plans/' }).resolves({ Contents });
    s3.on(DeleteObjectCommand).resolves({});
    const plans = s3PlanArchive(new S3Client({}), 'b');
    expect(await plans.list()).toEqual([{ hash, writtenAtMs: 5000 }]);
    await plans.remove([hash]);
    expect(s3.commandCalls(DeleteObjectCommand).map((call) => call.args[0].input)).toEqual([
      { Bucket: 'b', Key: `plans/${hash}.json` },
    ]);
  });
});

describe('s3ShardLoads', () => {
  it('reads what was confirmed with each state, where it was', async () => {
    const written = new Map<string, Record<string, string>>();
    s3.on(PutObjectCommand).callsFake(async ({ Key, Metadata }) => void written.set(Key, Metadata));
    s3.on(HeadObjectCommand).callsFake(async ({ Key }) => {
      if (!written.has(Key)) throw Object.assign(new Error('none'), { name: 'NotFound' });
      return { Metadata: written.get(Key) };
    });
    const client = new S3Client({});
    await s3StateStore(client, 'b').confirm('prod/1-2/0', 'n', 1234);
    written.set('state/prod/1-2/2.confirmed', {});
    const loads = await s3ShardLoads(client, 'b')(['prod/1-2/0', 'prod/1-2/1', 'prod/1-2/2']);
    expect(loads).toEqual(new Map([['prod/1-2/0', 1234]]));
  });
});

describe('s3StateStore', () => {
  it('reads the text and its ETag', async () => {
    s3.on(GetObjectCommand, { Bucket: 'bucket', Key: 'state/1/0' }).resolves({ Body: bodyOf('text'), ETag: '"tag"' });
    expect(await state().read('1/0')).toEqual({ text: 'text', tag: '"tag"' });
  });

  it('reads nothing where there is nothing', async () => {
    s3.on(GetObjectCommand).rejects(refusal('NoSuchKey', 404));
    expect(await state().read('0')).toBeUndefined();
  });

  it('passes any other refusal on', async () => {
    s3.on(GetObjectCommand).rejects(refusal('AccessDenied', 403));
    await expect(state().read('0')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('creates with If-None-Match', async () => {
    s3.on(PutObjectCommand).resolves({});
    expect(await state().commit('0', { text: 'text', nonce: 'n' }, undefined)).toBe('committed');
    const [put] = puts();
    expect(put).toMatchObject({
      Bucket: 'bucket',
      Key: 'state/0',
      IfNoneMatch: '*',
      ContentEncoding: 'gzip',
      Metadata: { nonce: 'n' },
    });
    expect(put).not.toHaveProperty('IfMatch');
    expect(textOf(put)).toBe('text');
  });

  it('replaces with If-Match', async () => {
    s3.on(PutObjectCommand).resolves({});
    expect(await state().commit('0', { text: 'text', nonce: 'n' }, '"tag"')).toBe('committed');
    expect(puts()[0]).toMatchObject({ IfMatch: '"tag"' });
    expect(puts()[0]).not.toHaveProperty('IfNoneMatch');
  });

  const conflicts: readonly {
    name: string;
    error: S3ServiceException;
    stored: string | undefined;
    expected: string;
  }[] = [
    { name: 'a 412 over its own nonce', error: refusal('PreconditionFailed', 412), stored: 'n', expected: 'committed' },
    {
      name: "a 412 over another's nonce",
      error: refusal('PreconditionFailed', 412),
      stored: 'other',
      expected: 'lost',
    },
    {
      name: 'a 412 over an object without a nonce',
      error: refusal('PreconditionFailed', 412),
      stored: undefined,
      expected: 'lost',
    },
    {
      name: 'a 409 beside another write',
      error: refusal('ConditionalRequestConflict', 409),
      stored: 'other',
      expected: 'lost',
    },
    {
      name: 'a 409 over its own nonce',
      error: refusal('ConditionalRequestConflict', 409),
      stored: 'n',
      expected: 'committed',
    },
  ];
  it.each(conflicts)('takes $name for $expected', async ({ error, stored, expected }) => {
    s3.on(PutObjectCommand).rejects(error);
    s3.on(HeadObjectCommand, { Bucket: 'bucket', Key: 'state/0' }).resolves(
      stored === undefined ? {} : { Metadata: { nonce: stored } },
    );
    expect(await state().commit('0', { text: 'text', nonce: 'n' }, '"tag"')).toBe(expected);
  });

  it('has lost where the object is gone', async () => {
    s3.on(PutObjectCommand).rejects(refusal('PreconditionFailed', 412));
    s3.on(HeadObjectCommand).rejects(refusal('NotFound', 404));
    expect(await state().commit('0', { text: 'text', nonce: 'n' }, '"tag"')).toBe('lost');
  });

  it('has lost where the object to be replaced is gone', async () => {
    s3.on(PutObjectCommand).rejects(refusal('NoSuchKey', 404));
    s3.on(HeadObjectCommand).rejects(refusal('NotFound', 404));
    expect(await state().commit('0', { text: 'text', nonce: 'n' }, '"tag"')).toBe('lost');
  });

  it('passes any other failure of a write on', async () => {
    s3.on(PutObjectCommand).rejects(refusal('AccessDenied', 403));
    await expect(state().commit('0', { text: 'text', nonce: 'n' }, undefined)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('s3SecretStore', () => {
  it("writes secrets under their hash, encrypted with the account's key for S3", async () => {
    s3.on(PutObjectCommand).resolves({});
    await s3SecretStore(client(), 'bucket').write('abc', 'text');
    const [put] = puts();
    expect(put).toMatchObject({ Bucket: 'bucket', Key: 'secrets/abc', ServerSideEncryption: 'aws:kms' });
    expect(put).not.toHaveProperty('SSEKMSKeyId');
    expect(textOf(put)).toBe('text');
  });

  it('reads them, and nothing where there is nothing', async () => {
    s3.on(GetObjectCommand, { Bucket: 'bucket', Key: 'secrets/abc' }).resolves({ Body: bodyOf('text') });
    s3.on(GetObjectCommand, { Bucket: 'bucket', Key: 'secrets/old' }).rejects(refusal('NoSuchKey', 404));
    expect(await s3SecretStore(client(), 'bucket').read('abc')).toBe('text');
    expect(await s3SecretStore(client(), 'bucket').read('old')).toBeUndefined();
  });
});

describe('s3PlanStore', () => {
  it('writes a plan under its hash', async () => {
    s3.on(PutObjectCommand).resolves({});
    await s3PlanStore(client(), 'bucket').write('abc', '{"version":1}');
    expect(puts()[0]).toMatchObject({ Bucket: 'bucket', Key: 'plans/abc.json', ContentEncoding: 'gzip' });
    expect(textOf(puts()[0])).toBe('{"version":1}');
  });

  it('reads a plan, or nothing', async () => {
    s3.on(GetObjectCommand, { Key: 'plans/abc.json' }).resolves({ Body: bodyOf('{"version":1}') });
    s3.on(GetObjectCommand, { Key: 'plans/none.json' }).rejects(refusal('NoSuchKey', 404));
    const store = s3PlanStore(client(), 'bucket');
    expect([await store.read('abc'), await store.read('none')]).toEqual(['{"version":1}', undefined]);
  });
});

describe('s3Texts', () => {
  const texts = () => s3Texts(client);

  it('reads a text as it is, or nothing', async () => {
    s3.on(GetObjectCommand, { Bucket: 'bucket', Key: 'a' }).resolves({
      Body: { transformToString: async () => 'text' } as never,
    });
    s3.on(GetObjectCommand, { Key: 'none' }).rejects(refusal('NoSuchKey', 404));
    const read = (key: string) => texts().read({ bucket: 'bucket', key });
    expect([await read('a'), await read('none')]).toEqual(['text', undefined]);
  });

  it('passes a refusal on', async () => {
    s3.on(GetObjectCommand).rejects(refusal('AccessDenied', 403));
    await expect(texts().read({ bucket: 'bucket', key: 'a' })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('writes a text that people can read', async () => {
    s3.on(PutObjectCommand).resolves({});
    await texts().write({ bucket: 'bucket', key: 'documents/1' }, 'text');
    expect(puts()).toMatchObject([{ Bucket: 'bucket', Key: 'documents/1', Body: 'text' }]);
    expect(puts()[0]).not.toHaveProperty('ContentEncoding');
  });

  it('lists the keys under a prefix, over all pages', async () => {
    s3.on(ListObjectsV2Command, { Bucket: 'bucket', Prefix: 'compose/', ContinuationToken: undefined })
      .resolves({ Contents: [{ Key: 'compose/a' }], IsTruncated: true, NextContinuationToken: 'more' })
      .on(ListObjectsV2Command, { ContinuationToken: 'more' })
      .resolves({ Contents: [{ Key: 'compose/b' }] });
    expect(await texts().list('bucket', 'compose/')).toEqual(['compose/a', 'compose/b']);
  });
});

describe('parseS3Address', () => {
  it.each([
    { text: 's3://bucket/a/b c.yaml', expected: { bucket: 'bucket', key: 'a/b c.yaml' } },
    { text: 's3://bucket/', expected: undefined },
    { text: 's3://bucket', expected: undefined },
    { text: 'https://bucket/a', expected: undefined },
    { text: 'services: {}', expected: undefined },
  ])('reads $text', ({ text, expected }) => {
    expect(parseS3Address(text)).toEqual(expected);
  });
});
