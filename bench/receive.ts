import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { addressGuard } from '../lib/io/address-guard.ts';
import { httpScrape } from '../lib/io/http.ts';
import { expositionReader } from '../lib/prometheus/exposition-reader.ts';
import { CORPORA, type Corpus } from './corpora.ts';

/**
 * `node dist/bench/receive.js [--gzip] [CORPUS...]`: CPU time of one scrape over loopback HTTP, from the request to the
 * samples of selected names, and of receiving the same body alone. The exporter is a process of its own.
 */

/** A small body is read often, until it is read as fast as by a function that has been up for a while. */
const roundsOf = ({ name }: Corpus) => (name === 'node-1.5k' ? 400 : 15);
const LOOPBACK = ['127.0.0.0/8'];
const isGzip = process.argv.includes('--gzip');

function serve(name: string): void {
  const body = CORPORA.find((corpus) => corpus.name === name)?.body() ?? Buffer.alloc(0);
  const sent = isGzip ? gzipSync(body) : body;
  const encoding = isGzip ? 'gzip' : 'identity';
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(sent);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function measure(corpus: Corpus, port: number, reads: boolean) {
  const { name, format, selects } = corpus;
  const rounds = roundsOf(corpus);
  const scrape = httpScrape({ guard: addressGuard(LOOPBACK) });
  const request = {
    url: `http://127.0.0.1:${port}/metrics`,
    headers: { 'accept-encoding': 'gzip' },
    timeoutMs: 30_000,
    bodySizeLimit: 0,
    followRedirects: false,
  };
  const milliseconds: number[] = [];
  let series = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    const fallback = format === 'text' ? 'PrometheusText0.0.4' : 'OpenMetricsText1.0.0';
    const reader = expositionReader(fallback, selects);
    await scrape(request, reads ? (chunk) => reader.read(chunk, '') : () => {});
    series = reader.end().exposition.scraped;
    const { user, system } = process.cpuUsage(before);
    milliseconds.push((user + system) / 1000);
  }
  const [first = 0] = milliseconds;
  const median = milliseconds.toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
  process.stdout.write(
    `${name}, ${reads ? `${series} series read` : 'received alone'}: CPU ${median.toFixed(1)} ms (median of ${rounds}, first ${first.toFixed(1)})\n`,
  );
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const [served = ''] = asked;
if (process.send !== undefined) serve(served);
else {
  for (const corpus of CORPORA.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    const child = fork(fileURLToPath(import.meta.url), [corpus.name, ...(isGzip ? ['--gzip'] : [])]);
    const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
    for (const reads of [true, false]) await measure(corpus, port, reads);
    child.kill();
  }
  process.stdout.write(`peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB\n`);
}
