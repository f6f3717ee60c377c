import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { bodyOf, type Corpus, corpusOf } from './corpora.ts';

export type ExporterSettings = {
  readonly corpus: string;
  readonly gzip?: boolean;
  /** The body is sent in chunks of as many bytes; absent: at once. */
  readonly chunkBytes?: number;
};

/** What the exporter tells its parent: its port once, then the path of each request as it comes. */
export type ExporterMessage = { readonly port: number } | { readonly asked: string };

/** Its answers wait for a message of the parent, which takes its readings before a scrape goes on. */
export const AWAITED_PATH = '/awaited';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The process that is scraped: every path answers with the corpus. */
export function runExporter({ corpus: name, gzip = false, chunkBytes }: ExporterSettings): void {
  const corpus = corpusOf(name);
  const headers = { 'content-type': CONTENT_TYPE, ...(gzip && { 'content-encoding': 'gzip' }) };
  const bodies = preparedBodies(corpus, gzip);
  const server = createServer(async ({ url = '' }, response) => {
    tell({ asked: url });
    if (url === AWAITED_PATH) await once(process, 'message');
    response.writeHead(200, headers);
    const body = bodies.take();
    if (chunkBytes === undefined) response.end(body);
    else Readable.from(chunksIn(body, chunkBytes)).pipe(response);
    response.once('close', bodies.prepare);
  });
  process.once('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
}

/** The body of the next scrape is made before it is asked for. */
function preparedBodies(corpus: Corpus, gzip: boolean) {
  const make = (scrape: number) => (gzip ? gzipSync(bodyOf(corpus, scrape)) : bodyOf(corpus, scrape));
  let scrape = 0;
  let body: Buffer | undefined = make(scrape);
  const prepare = () => {
    body ??= make(scrape);
  };
  const take = () => {
    const taken = body ?? make(scrape);
    if (corpus.moves) {
      body = undefined;
      scrape += 1;
    }
    return taken;
  };
  return { take, prepare };
}

function* chunksIn(body: Buffer, bytes: number): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes);
}

function tell(message: ExporterMessage): void {
  process.send?.(message);
}
