import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';

type Stored = { readonly bytes: Buffer; readonly tag: string; readonly nonce: string | undefined };

/** What S3 clients of this process find: objects by key, in one bucket, with conditional writes. */
export function memoryS3() {
  const s3 = mockClient(S3Client);
  const objects = new Map<string, Stored>();
  let version = 0;
  const put = (key: string, body: Buffer | string, nonce?: string) => {
    version += 1;
    objects.set(key, { bytes: Buffer.from(body), tag: `"${version}"`, nonce });
  };
  s3.on(GetObjectCommand).callsFake(async ({ Key }: { Key: string }) => {
    const { bytes, tag } = found(objects, Key);
    const Body = { transformToByteArray: async () => bytes, transformToString: async () => bytes.toString() };
    return { Body, ETag: tag };
  });
  s3.on(HeadObjectCommand).callsFake(async ({ Key }: { Key: string }) => {
    const { nonce } = found(objects, Key);
    return { Metadata: nonce === undefined ? {} : { nonce } };
  });
  s3.on(PutObjectCommand).callsFake(
    async ({ Key = '', Body, IfMatch, IfNoneMatch, Metadata }: PutObjectCommandInput) => {
      const known = objects.get(Key);
      const conflicts = (IfNoneMatch !== undefined && known !== undefined) || (IfMatch ?? known?.tag) !== known?.tag;
      if (conflicts) throw refusal('PreconditionFailed', 412);
      put(Key, Body as Buffer | string, Metadata?.nonce);
      return {};
    },
  );
  s3.on(ListObjectsV2Command).callsFake(async ({ Prefix = '' }: { Prefix?: string }) => {
    const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix));
    return { Contents: keys.map((Key) => ({ Key, LastModified: new Date() })) };
  });
  return { put, keys: () => [...objects.keys()], clear: () => objects.clear() };
}

function found(objects: ReadonlyMap<string, Stored>, key: string): Stored {
  const object = objects.get(key);
  if (object === undefined) throw refusal('NoSuchKey', 404);
  return object;
}

function refusal(name: string, status: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status } });
}
