import { cpus } from 'node:os';
import { compileFamily, planTargets, readFamily } from '../lib/documents.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { runScrape } from '../lib/scrape.ts';

/**
 * `npm run bench`: CPU time of the scrape cycle, body in memory to EMF lines, over seeded bodies. Figures on stdout
 * (`--json` for machines). Peers and the road over HTTP come with the performance work.
 */

type Corpus = { readonly name: string; readonly selector: string; readonly lines: () => string[] };

const CORPORA: readonly Corpus[] = [
  { name: 'node, 1,500 series', selector: '^node_cpu', lines: () => series('node', 1500, 30) },
  { name: 'jmx, 100,000 series, 2 % selected', selector: '^jmx_metric_7_', lines: () => series('jmx', 100_000, 50) },
  { name: 'all of 20,000 series selected', selector: '^app_', lines: () => series('app', 20_000, 40) },
];

const ROUNDS = 5;

/** Gauges of `names` names with two labels each; values follow from the index alone. */
function series(prefix: string, count: number, names: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = prefix === 'node' && i % names === 0 ? 'node_cpu_seconds' : `${prefix}_metric_${i % names}_value`;
    return `${name}{connector="sink.connector${i % 97}.v1",task="${i}",} ${(i * 7919) % 1000}.5`;
  });
}

async function measure({ name, selector, lines }: Corpus) {
  const body = Buffer.from(`${lines().join('\n')}\n`);
  const declaration = {
    source_labels: ['job'],
    label_matcher: '.*',
    dimensions: [['job', 'connector']],
    metric_selectors: [selector],
  };
  const agent = {
    logs: { metrics_collected: { prometheus: { emf_processor: { metric_declaration: [declaration] } } } },
  };
  const config = readFamily('bench', {
    prometheus: {
      address: 'prometheus',
      text: 'scrape_configs: [{job_name: j, static_configs: [{targets: ["h:1"]}]}]',
    },
    agent: { address: 'agent', text: JSON.stringify(agent) },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const families = [compileFamily(config, 'bench')];
  const state = memoryStateStore();
  const milliseconds: number[] = [];
  let metrics = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const ports = {
      scrape: async () => ({ status: 200, contentType: 'text/plain', body }),
      state,
      sink: async () => {},
      summary: () => {},
      clock: Date.now,
      nonce: () => String(round),
    };
    const before = process.cpuUsage();
    metrics = (await runScrape({ families, targets, dueAt: Date.now() + round, shard: 'bench' }, ports)).metrics;
    const { user, system } = process.cpuUsage(before);
    milliseconds.push((user + system) / 1000);
  }
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    name,
    bytes: body.length,
    metrics,
    cpu_ms_median: sorted[ROUNDS >> 1] ?? 0,
    cpu_ms_first: milliseconds[0] ?? 0,
  };
}

const figures = [];
for (const corpus of CORPORA) figures.push(await measure(corpus));
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, figures })}\n`);
} else {
  for (const { name, bytes, metrics, cpu_ms_median, cpu_ms_first } of figures)
    process.stdout.write(
      `${name} (${bytes} bytes): ${metrics} metrics, CPU ${cpu_ms_median.toFixed(0)} ms (median of ${ROUNDS}), first ${cpu_ms_first.toFixed(0)} ms\n`,
    );
}
