import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { addressGuard, LOOPBACK_NETWORKS } from '../../../lib/io/address-guard.ts';
import { httpScrape } from '../../../lib/io/http.ts';
import { certificateAuthority } from './certificates.ts';

const MB = 1024 * 1024;
/** What the runtime of the stack has, and Node 20 does not. */
const CAN_GIVE_BACK = 'transfer' in ArrayBuffer.prototype;

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const ca = certificateAuthority('prom-emf test CA');
const tls = { ca: ca.cert, insecureSkipVerify: false };

async function serve(listener: RequestListener, scheme = 'http'): Promise<string> {
  const server =
    scheme === 'http' ? createServer(listener) : createTlsServer(ca.issue('exporter', ['127.0.0.1']), listener);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

/** Bytes that tell where they are. */
const BODY = Buffer.from(Array.from({ length: (3 * MB) / 8 }, (_, at) => String(at).padStart(7, '0')).join('\n'));

async function read(url: string) {
  const copies: Buffer[] = [];
  const chunks: Uint8Array[] = [];
  const request = { url, headers: {}, timeoutMs: 10_000, bodySizeLimit: 0, followRedirects: true, tls };
  await httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) })(request, (chunk) => {
    copies.push(Buffer.from(chunk));
    chunks.push(chunk);
  });
  return { body: Buffer.concat(copies), sizes: copies.map(({ length }) => length), chunks };
}

describe('a body whose memory is given back', () => {
  const sent: readonly { name: string; sizes: (at: number) => number; pause: (at: number) => boolean }[] = [
    { name: 'at once', sizes: () => BODY.length, pause: () => false },
    { name: 'in small parts', sizes: () => 777, pause: (at) => at % 50 === 0 },
    { name: 'in parts of all sizes', sizes: (at) => 1 + ((at * 7919) % 150_000), pause: (at) => at % 3 === 0 },
    { name: 'in a small part, then in large ones', sizes: (at) => (at === 0 ? 10 : 200_000), pause: () => true },
  ];
  const schemes = ['http', 'https'] as const;
  const encodings = ['identity', 'gzip'] as const;
  const kinds = schemes.flatMap((scheme) => encodings.map((encoding) => ({ scheme, encoding })));
  it.each(sent.flatMap((way) => kinds.map((kind) => ({ ...way, ...kind }))))(
    'is whole where it comes $name over $scheme in $encoding',
    async ({ sizes, pause, scheme, encoding }) => {
      const body = encoding === 'gzip' ? gzipSync(BODY) : BODY;
      const listener: RequestListener = async (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding });
        for (let [from, at] = [0, 0]; from < body.length; at += 1) {
          const end = from + sizes(at);
          response.write(body.subarray(from, end));
          if (pause(at)) await turn();
          from = end;
        }
        response.end();
      };
      const url = await serve(listener, scheme);
      expect((await read(url)).body.equals(BODY)).toBe(true);
    },
  );

  it.each([1, 2, 47])('is whole where gunzip ends with %i of its pieces', async (pieces) => {
    for (const length of [-1, 0, 1].map((more) => pieces * 64 * 1024 + more)) {
      const body = BODY.subarray(0, length);
      const listener: RequestListener = (_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
      expect((await read(await serve(listener))).body.equals(body)).toBe(true);
    }
  });

  it.each(encodings)('is whole for each of several that are read at once, in %s', async (encoding) => {
    const body = encoding === 'gzip' ? gzipSync(BODY) : BODY;
    const url = await serve((_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body));
    const all = await Promise.all(Array.from({ length: 5 }, () => read(url)));
    expect(all.every(({ body }) => body.equals(BODY))).toBe(true);
  });

  it.runIf(CAN_GIVE_BACK).each(encodings)('leaves its large chunks without bytes, in %s', async (encoding) => {
    const body = encoding === 'gzip' ? gzipSync(BODY) : BODY;
    const url = await serve((_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body));
    const { chunks, sizes } = await read(url);
    const large = chunks.filter((_, at) => (sizes[at] as number) >= 16 * 1024);
    const kept = large.filter(({ length }) => length > 0);
    // Whoever read the response before it was listened to has the first ones; gunzip keeps its last piece.
    expect([large.length > 10, kept.length <= 1]).toEqual([true, true]);
  });
});
