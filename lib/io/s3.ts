import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { PlanStore, StateStore } from '../ports.ts';

const NOT_FOUND = ['NoSuchKey', 'NotFound'];
/** A conditional write that lost: the condition failed, another conditional write was under way, or what was read is gone. */
const CONFLICTS = ['PreconditionFailed', 'ConditionalRequestConflict', ...NOT_FOUND];

/** Plans under `plans/`, by the hash of their text. */
export function s3PlanStore(client: S3Client, bucket: string): PlanStore {
  const keyOf = (hash: string) => `plans/${hash}.json`;
  return {
    read: async (hash) => (await getText(client, bucket, keyOf(hash)))?.text,
    write: async (hash, text) => {
      const Body = gzipSync(text);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(hash), Body, ContentEncoding: 'gzip' }));
    },
  };
}

/** Texts under a prefix, replaced with If-Match or created with If-None-Match. */
export function s3StateStore(client: S3Client, bucket: string, prefix = 'state'): StateStore {
  const keyOf = (name: string) => `${prefix}/${name}`;
  return {
    read: (shard) => getText(client, bucket, keyOf(shard)),
    commit: async (shard, { text, nonce }, tag) => {
      const Key = keyOf(shard);
      const condition = tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag };
      try {
        const Body = gzipSync(text);
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key,
            Body,
            ContentEncoding: 'gzip',
            Metadata: { nonce },
            ...condition,
          }),
        );
        return 'committed';
      } catch (error) {
        if (!CONFLICTS.includes((error as Error).name)) throw error;
        return (await nonceOf(client, bucket, Key)) === nonce ? 'committed' : 'lost';
      }
    },
  };
}

async function nonceOf(client: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  const head = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(unlessMissing);
  return head?.Metadata?.nonce;
}

async function getText(
  client: S3Client,
  Bucket: string,
  Key: string,
): Promise<{ text: string; tag: string } | undefined> {
  const object = await client.send(new GetObjectCommand({ Bucket, Key })).catch(unlessMissing);
  if (object?.Body === undefined) return undefined;
  const bytes = await object.Body.transformToByteArray();
  return { text: gunzipSync(bytes).toString('utf8'), tag: object.ETag ?? '' };
}

function unlessMissing(error: Error): undefined {
  if (!NOT_FOUND.includes(error.name)) throw error;
}
