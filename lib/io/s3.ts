import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type {
  HashedTexts,
  PlanArchive,
  ReadLoads,
  SecretStore,
  SnapshotStore,
  StateStore,
  VersionedTexts,
} from '../ports.ts';

const NOT_FOUND = ['NoSuchKey', 'NotFound'];
/** A conditional write that lost: the condition failed, another conditional write was under way, or what was read is gone. */
const CONFLICTS = ['PreconditionFailed', 'ConditionalRequestConflict', ...NOT_FOUND];

/** Plans under `plans/`, by the hash of their text. */
export function s3PlanStore(client: S3Client, bucket: string): HashedTexts {
  return packedTexts(client, bucket, planKey);
}

function planKey(hash: string): string {
  return `plans/${hash}.json`;
}

/** All plans of the bucket, for whoever deletes those that nobody uses. */
export function s3PlanArchive(client: S3Client, bucket: string): PlanArchive {
  return {
    list: async () => {
      const plans: { hash: string; writtenAtMs: number }[] = [];
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: 'plans/' });
      for await (const { Contents = [] } of pages)
        for (const { Key = '', LastModified } of Contents) {
          const [, hash] = /^plans\/([0-9a-f]{64})\.json$/.exec(Key) ?? [];
          if (hash !== undefined && LastModified !== undefined) plans.push({ hash, writtenAtMs: Number(LastModified) });
        }
      return plans;
    },
    remove: async (hashes) => {
      for (const hash of hashes) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: planKey(hash) }));
    },
  };
}

/**
 * Resolved secrets under `secrets/`, by the hash of their text. They are encrypted with the account's key for S3: S3
 * decrypts them for who may read them, so that a reader in a VPC needs no endpoint of KMS.
 */
export function s3SecretStore(client: S3Client, bucket: string): SecretStore {
  return packedTexts(client, bucket, (hash) => `secrets/${hash}`, { ServerSideEncryption: 'aws:kms' });
}

/** Snapshots of clusters under `snapshots/`, by the cluster's name. */
export function s3SnapshotStore(client: S3Client, bucket: string): SnapshotStore {
  return packedTexts(client, bucket, (cluster) => `snapshots/${cluster}.json`);
}

/** Texts that are written without looking at what is there. */
function packedTexts(
  client: S3Client,
  bucket: string,
  keyOf: (name: string) => string,
  settings: { readonly ServerSideEncryption?: 'aws:kms' } = {},
): HashedTexts {
  return {
    read: async (name) => (await getText(client, bucket, keyOf(name)))?.text,
    write: async (name, text) => {
      const Body = gzipSync(text);
      const ContentEncoding = 'gzip';
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(name), Body, ContentEncoding, ...settings }));
    },
  };
}

/** State under `state/`; the nonce that was confirmed last stands beside each. */
export function s3StateStore(client: S3Client, bucket: string): StateStore {
  const keyOf = (shard: string) => `state/${shard}.confirmed`;
  return {
    ...s3VersionedTexts(client, bucket, 'state'),
    confirmed: async (shard) => {
      const object = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(shard) }))
        .catch(unlessMissing);
      return object?.Body?.transformToString('utf8');
    },
    confirm: async (shard, nonce, load) => {
      const Metadata = { load: String(load) };
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(shard), Body: nonce, Metadata }));
    },
  };
}

/** The loads that were confirmed with the states of shards. */
export function s3ShardLoads(client: S3Client, bucket: string): ReadLoads {
  return async (shards) => {
    // The client itself opens 50 connections at the most.
    const read = shards.map(async (shard) => {
      const Key = `state/${shard}.confirmed`;
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key })).catch(unlessMissing);
      return [shard, Number(head?.Metadata?.load)] as const;
    });
    const loads = await Promise.all(read);
    return new Map(loads.filter(([, load]) => Number.isFinite(load)));
  };
}

/** Texts under a prefix, replaced with If-Match or created with If-None-Match. */
export function s3VersionedTexts(client: S3Client, bucket: string, prefix: string): VersionedTexts {
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

/** Where an object is. */
export type S3Address = { readonly bucket: string; readonly key: string };

/** Texts as objects, readable as they are. */
export type TextObjects = {
  /** Undefined when there is no such object. */
  readonly read: (address: S3Address) => Promise<string | undefined>;
  readonly write: (address: S3Address, text: string) => Promise<void>;
  /** The keys that start with a prefix. */
  readonly list: (bucket: string, prefix: string) => Promise<readonly string[]>;
};

/** The address in `s3://BUCKET/KEY`; undefined for any other text. */
export function parseS3Address(text: string): S3Address | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}

export function formatS3Address({ bucket, key }: S3Address): string {
  return `s3://${bucket}/${key}`;
}

/** Texts of any bucket; the client is made when the first is needed. */
export function s3Texts(client: () => S3Client): TextObjects {
  return {
    read: async ({ bucket, key }) => {
      const object = await client()
        .send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        .catch(unlessMissing);
      return object?.Body?.transformToString('utf8');
    },
    write: async ({ bucket, key }, text) => {
      const ContentType = 'text/plain; charset=utf-8';
      await client().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType }));
    },
    list: async (Bucket, Prefix) => {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client: client() }, { Bucket, Prefix }))
        keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
      return keys;
    },
  };
}
