import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { putResponse } from '../../../lib/io/custom-resource.ts';

let server: Server | undefined;
afterEach(() => server?.close());

type Received = { readonly method: string; readonly type: string | undefined; readonly body: string };

/** Answers with these statuses, one a request; gives the URL and what was received. */
async function startReceiver(...statuses: readonly number[]) {
  const received: Received[] = [];
  const listening = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', headers } = request;
    received.push({ method, type: headers['content-type'], body: Buffer.concat(chunks).toString() });
    response.writeHead(statuses[received.length - 1] ?? 200, { location: 'http://127.0.0.1:1/' }).end();
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/answer?signature=x`, received };
}

describe('putResponse', () => {
  it('puts the body without a type, as the URL is signed for', async () => {
    const { url, received } = await startReceiver(200);
    await putResponse(url, '{"Status":"SUCCESS"}');
    expect(received).toEqual([{ method: 'PUT', type: '', body: '{"Status":"SUCCESS"}' }]);
  });

  it('tries again', async () => {
    const { url, received } = await startReceiver(503, 307, 200);
    await putResponse(url, '{}');
    expect(received).toHaveLength(3);
  });

  it('gives up with the last reason', async () => {
    const { url, received } = await startReceiver(500, 500, 403);
    await expect(putResponse(url, '{}')).rejects.toThrow(
      'the answer could not be delivered to CloudFormation: HTTP status 403',
    );
    expect(received).toHaveLength(3);
  });

  it.each(['http://example.com/', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'nothing', ''])(
    'refuses %j',
    async (url) => {
      await expect(putResponse(url, '{}')).rejects.toThrow('expected an https URL as ResponseURL');
    },
  );
});
