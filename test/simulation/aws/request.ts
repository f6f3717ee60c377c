import type { IncomingMessage } from 'node:http';
import type { AwsCall, Input } from './call.ts';
import { s3Operation } from './s3.ts';
import type { Sessions } from './sts.ts';

/** Reads a request to its end: its service and who calls from the signature, its operation from where it stands. */
export async function readCall(request: IncomingMessage, sessions: Sessions): Promise<AwsCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { headers, method = '', url = '/' } = request;
  const [path = '/', queryText] = url.split('?');
  const query = new URLSearchParams(queryText);
  // KEY/DATE/REGION/SERVICE/aws4_request
  const scope = /Credential=([^/]*)\/[^/]*\/[^/]*\/([^/]*)\//.exec(headers.authorization ?? '') ?? [];
  const [, accessKey = 'anonymous', service = ''] = scope;
  const target = headers['x-amz-target'];
  const input = inputOf(body, headers['content-type'] ?? '');
  const operation = operationOf({ target: target === undefined ? undefined : String(target), method, query, input });
  const caller = sessions.get(accessKey)?.roleArn ?? accessKey;
  const cluster = typeof input.cluster === 'string' ? input.cluster.split('/').at(-1) : undefined;
  return { service, operation, caller, cluster, method, path, query, headers, body, input };
}

function inputOf(body: Buffer, contentType: string): Input {
  if (contentType.startsWith('application/x-amz-json')) return JSON.parse(body.toString()) as Input;
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body.toString()));
  return {};
}

type Where = Pick<AwsCall, 'method' | 'query' | 'input'> & { readonly target: string | undefined };

function operationOf({ target, method, query, input }: Where): string {
  if (target !== undefined) return target.split('.').at(-1) ?? '';
  return typeof input.Action === 'string' ? input.Action : s3Operation(method, query);
}
