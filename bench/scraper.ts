import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { compileFamily, planTargets, readFamily } from '../lib/documents.ts';
import { addressGuard } from '../lib/io/address-guard.ts';
import { httpScrape } from '../lib/io/http.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { streamSink } from '../lib/io/stdout-sink.ts';
import type { Scrape, Sink } from '../lib/ports.ts';
import { runScrape, type ScrapeInput } from '../lib/scrape.ts';
import { scrapeMemory } from '../lib/scrape-memory.ts';
import { allocatedBytes } from './allocation.ts';
import { bodyOf, type Corpus, corpusOf } from './corpora.ts';
import { peakRssMb } from './peak-rss.ts';

export type ScraperSettings = {
  readonly corpus: string;
  /** Where the exporter is; absent: the body is handed over in memory, and lines are counted instead of written. */
  readonly port?: number;
  readonly targets?: number;
  /** How many declarations there are; all but the last one select nothing. */
  readonly declarations?: number;
  /** Rounds after the first that do not count: until the code is compiled. */
  readonly unmeasured?: number;
  /** Rounds after these. */
  readonly rounds: number;
  /** Rounds after these, each a second after the one before. */
  readonly paused?: number;
  /** Rounds after these, for what they allocate. */
  readonly weighed?: number;
};

export type Round = {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Values of metrics, of which one metric may have several. */
  readonly values: number;
};

export type ScraperResult = {
  readonly first: Round;
  /** The values of the rounds that do not count. */
  readonly unmeasured: number;
  readonly rounds: readonly Round[];
  /** CPU time from one round to the next, so that what happens in between counts. */
  readonly paused: readonly Round[];
  /** What a round allocates on the heap, MB, and its values. */
  readonly weighed: readonly { readonly allocatedMb: number; readonly values: number }[];
  /** Bytes of lines that were counted in memory in the last round. */
  readonly bytes: number;
  readonly rssMb: number;
};

const PAUSE_MS = 1000;
const MINUTE_MS = 60_000;
const CHUNK_BYTES = 64 * 1024;

/** The process that is measured: the scrape cycle as the function runs it, with state in memory. */
export async function runScraper(settings: ScraperSettings): Promise<void> {
  const { port, unmeasured = 0, rounds, paused = 0, weighed = 0 } = settings;
  const counted = unmeasured + rounds;
  const input = await inputOf(settings);
  const memory = port === undefined ? memoryPorts(corpusOf(settings.corpus), counted + 1) : undefined;
  const ports = {
    scrape: memory?.scrape ?? httpScrape({ guard: addressGuard(['127.0.0.0/8']) }),
    sink: memory?.sink ?? streamSink(process.stdout),
    state: memoryStateStore(),
    summary: () => {},
    clock: Date.now,
    nonce: randomUUID,
  };
  // CloudWatch takes no metric that is hours ahead.
  const startedAt = (Math.floor(Date.now() / MINUTE_MS) - counted - paused - weighed) * MINUTE_MS;
  let done = 0;
  const scrape = async () => {
    memory?.begin(done);
    const report = await runScrape({ ...input, dueAt: startedAt + done * MINUTE_MS }, ports);
    const down = report.targets.find(({ up }) => !up);
    if (down !== undefined) throw new Error(`round ${done}: ${down.url}: ${down.error}`);
    const values = report.targets.reduce((sum, { emitted }) => sum + emitted, 0);
    // Counters give nothing in the first round.
    if (report.outcome !== 'emitted' || (values === 0 && done > 0))
      throw new Error(`round ${done}: expected values of metrics, found none; the cycle ended with ${report.outcome}`);
    done += 1;
    return values;
  };
  const first = await measured(scrape);
  let valuesBefore = 0;
  for (let round = 0; round < unmeasured; round += 1) valuesBefore += await scrape();
  const warm: Round[] = [];
  for (let round = 0; round < rounds; round += 1) warm.push(await measured(scrape));
  const apart: Round[] = [];
  for (let round = 0; round < paused; round += 1)
    apart.push(
      await measured(async () => {
        const startedMs = performance.now();
        const values = await scrape();
        const wallMs = performance.now() - startedMs;
        await pause(PAUSE_MS);
        return { values, wallMs };
      }),
    );
  const rssMb = peakRssMb();
  const heavy: { allocatedMb: number; values: number }[] = [];
  for (let round = 0; round < weighed; round += 1) {
    let values = 0;
    const allocated = await allocatedBytes(async () => {
      values = await scrape();
    });
    heavy.push({ allocatedMb: allocated / 1e6, values });
  }
  const bytes = memory?.bytes() ?? 0;
  const result: ScraperResult = {
    first,
    unmeasured: valuesBefore,
    rounds: warm,
    paused: apart,
    weighed: heavy,
    bytes,
    rssMb,
  };
  process.send?.(result, () => process.disconnect());
}

async function measured(work: () => Promise<number | { values: number; wallMs: number }>): Promise<Round> {
  const [before, startedMs] = [process.cpuUsage(), performance.now()];
  const done = await work();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, wallMs, ...(typeof done === 'number' ? { values: done } : done) };
}

async function inputOf(settings: ScraperSettings): Promise<Omit<ScrapeInput, 'dueAt'>> {
  const { corpus: name, port = 1, targets: count = 1, declarations: total = 1 } = settings;
  const { pattern, dimension } = corpusOf(name);
  const declaration = (selector: string) => ({
    source_labels: ['job'],
    label_matcher: '.*',
    dimensions: [['job', dimension]],
    metric_selectors: [selector],
  });
  const unused = Array.from({ length: total - 1 }, (_, i) => declaration(`^absent_${i}_(?:total|seconds)$`));
  const processor = { metric_declaration: [...unused, declaration(pattern)] };
  const agent = { logs: { metrics_collected: { prometheus: { emf_processor: processor } } } };
  const groups = Array.from({ length: count }, (_, i) => ({
    targets: [`127.0.0.1:${port}`],
    ...(count > 1 && { labels: { __metrics_path__: `/metrics/${i}`, replica: String(i) } }),
  }));
  // A body of 160 MB takes its exporter some seconds.
  const timing = { scrape_interval: '60s', scrape_timeout: '60s' };
  const prometheus = { scrape_configs: [{ job_name: 'bench', ...timing, static_configs: groups }] };
  const config = readFamily('bench', {
    prometheus: { address: 'prometheus', text: JSON.stringify(prometheus) },
    agent: { address: 'agent', text: JSON.stringify(agent) },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  return { families: [compileFamily(config, 'bench')], targets, shard: 'bench', memory: scrapeMemory() };
}

/** Bodies that are there already, in the chunks that a socket gives, and a sink that counts. */
function memoryPorts(corpus: Corpus, scrapes: number) {
  const made = Array.from({ length: corpus.moves ? scrapes : 1 }, (_, scrape) => bodyOf(corpus, scrape));
  let body = made[0] ?? Buffer.alloc(0);
  let bytes = 0;
  const scrape: Scrape = async (_, read) => {
    for (let at = 0; at < body.length; at += CHUNK_BYTES) read?.(body.subarray(at, at + CHUNK_BYTES), 'text/plain');
    return { status: 200, contentType: 'text/plain', body: Buffer.alloc(0) };
  };
  const sink: Sink = async (documents) => {
    for (const { line } of documents) bytes += Buffer.byteLength(line) + 1;
  };
  const begin = (round: number) => {
    body = made[round] ?? body;
    bytes = 0;
  };
  return { scrape, sink, begin, bytes: () => bytes };
}
