import { cpus } from 'node:os';
import { parseExposition } from '../lib/prometheus/exposition-stream.ts';
import { CORPORA, type Corpus } from './corpora.ts';

/**
 * `node dist/bench/parse.js [--json] [CORPUS...]`: CPU time from the bytes of a body to the samples of selected
 * names, every line checked. The first round is cold for the first corpus only.
 */

const ROUNDS = 15;

function measure({ name, format, selects, body: build }: Corpus) {
  const body = build();
  const milliseconds: number[] = [];
  let series = 0;
  let decoded = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    const samples: unknown[] = [];
    series = parseExposition(format, body, {
      checkNames: true,
      wants: selects,
      sample: (metric, labels, value, timestampMs) => samples.push({ metric, labels, value, timestampMs }),
    });
    const { user, system } = process.cpuUsage(before);
    milliseconds.push((user + system) / 1000);
    decoded = samples.length;
  }
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const [fastest = 0] = sorted;
  const [first = 0] = milliseconds;
  return {
    name,
    bytes: body.length,
    series,
    decoded,
    cpu_ms_median: sorted[ROUNDS >> 1] ?? 0,
    cpu_ms_min: fastest,
    first,
  };
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const figures = CORPORA.filter(({ name }) => asked.length === 0 || asked.includes(name)).map(measure);
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, figures })}\n`);
} else {
  for (const { name, bytes, series, decoded, cpu_ms_median, cpu_ms_min, first } of figures)
    process.stdout.write(
      `${name}: ${(bytes / 1e6).toFixed(1)} MB, ${series} series, ${decoded} decoded, CPU ${cpu_ms_median.toFixed(1)} ms (median of ${ROUNDS}; least ${cpu_ms_min.toFixed(1)}, first ${first.toFixed(1)})\n`,
    );
}
