import { createHash } from 'node:crypto';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService } from './call.ts';
import { element, escaped } from './xml.ts';

export type S3Object = {
  readonly body: Buffer;
  readonly etag: string;
  /** Content-Encoding and x-amz-meta-* as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
};

/** By `BUCKET/KEY`. */
export type S3Objects = Map<string, S3Object>;

/** Amazon S3 with paths that start with the bucket: objects, conditional writes, lists. */
export function s3Service(objects: S3Objects): AwsService {
  return (call) => {
    const name = decodeURIComponent(call.path.slice(1));
    switch (call.operation) {
      case 'GetObject':
      case 'HeadObject':
        return objectAnswer(find(objects, name), call.operation === 'HeadObject');
      case 'PutObject':
        return put(objects, name, call);
      case 'ListObjectsV2':
        return list(objects, name.replace(/\/$/, ''), call);
      default:
        throw new AwsError('NotImplemented', `${call.method} ${call.path} is not simulated`, 501);
    }
  };
}

/** The name of the operation that a request asks for. */
export function s3Operation(method: string, query: URLSearchParams): string {
  if (query.get('list-type') === '2') return 'ListObjectsV2';
  return `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`;
}

function find(objects: S3Objects, name: string): S3Object {
  const found = objects.get(name);
  if (found === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  return found;
}

function objectAnswer({ body, etag, headers }: S3Object, isHead: boolean): AwsAnswer {
  const length = { 'content-length': String(body.length) };
  return { status: 200, headers: { ...headers, ...length, etag }, body: isHead ? '' : body };
}

function put(objects: S3Objects, name: string, { headers, body }: AwsCall): AwsAnswer {
  if (headers['content-encoding']?.includes('aws-chunked'))
    throw new AwsError('NotImplemented', 'Bodies in aws-chunked encoding are not simulated.', 501);
  const stored = objects.get(name);
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && stored === undefined) find(objects, name);
  if ((headers['if-none-match'] === '*' && stored !== undefined) || (ifMatch !== undefined && ifMatch !== stored?.etag))
    throw preconditionFailed();
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  objects.set(name, { body, etag, headers: keptHeaders(headers) });
  return { status: 200, headers: { etag }, body: '' };
}

export function preconditionFailed(): AwsError {
  const text = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError('PreconditionFailed', text, 412);
}

function keptHeaders(headers: AwsCall['headers']): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => /^(content-(encoding|type)|x-amz-meta-.*)$/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function list(objects: S3Objects, bucket: string, { query }: AwsCall): AwsAnswer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const most = Number(query.get('max-keys') ?? 1000);
  const names = [...objects.keys()].filter((name) => name.startsWith(`${bucket}/${prefix}`));
  const keys = names.map((name) => name.slice(bucket.length + 1)).filter((key) => key > after);
  const page = keys.sort().slice(0, most);
  const contents = page.map((key) => {
    const { body, etag } = find(objects, `${bucket}/${key}`);
    return element(
      'Contents',
      `${element('Key', escaped(key))}${element('ETag', etag)}${element('Size', String(body.length))}`,
    );
  });
  const isTruncated = keys.length > page.length;
  const token = isTruncated ? element('NextContinuationToken', escaped(page.at(-1) ?? '')) : '';
  const head = `${element('IsTruncated', String(isTruncated))}${element('KeyCount', String(page.length))}`;
  return { status: 200, body: element('ListBucketResult', `${head}${token}${contents.join('')}`) };
}
