import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { bodyOf, type Corpus, chunksOf, corpusOf } from './corpora.ts';

export type ExporterSettings = { readonly corpus: string; readonly gzip?: boolean };

/** What the exporter tells its parent: its port once, then the path of each request as it comes. */
export type ExporterMessage = { readonly port: number } | { readonly asked: string };

/** Its answers wait for a message of the parent, which takes its readings before a scrape goes on. */
export const AWAITED_PATH = '/awaited';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** A larger body would take most of the memory of the machine: it is made while it is sent. */
const STREAMED = 'jmx-1m';

/** The process that is scraped: every path answers with the corpus. */
export function runExporter({ corpus: name, gzip = false }: ExporterSettings): void {
  const corpus = corpusOf(name);
  const headers = { 'content-type': CONTENT_TYPE, ...(gzip && { 'content-encoding': 'gzip' }) };
  const bodies = corpus.name === STREAMED ? undefined : preparedBodies(corpus, gzip);
  const server = createServer(async ({ url = '' }, response) => {
    tell({ asked: url });
    if (url === AWAITED_PATH) await once(process, 'message');
    response.writeHead(200, headers);
    if (bodies === undefined) Readable.from(chunksOf(corpus)).pipe(response);
    else {
      response.end(bodies.take());
      response.once('close', bodies.prepare);
    }
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
    prepare();
    const taken = body;
    if (corpus.moves) {
      body = undefined;
      scrape += 1;
    }
    return taken;
  };
  return { take, prepare };
}

function tell(message: ExporterMessage): void {
  process.send?.(message);
}
