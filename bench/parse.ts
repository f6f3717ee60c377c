import { cpus } from 'node:os';
import { parseExposition } from '../lib/prometheus/exposition-stream.ts';
import { CORPORA, type Corpus } from './corpora.ts';

/**
 * `node dist/bench/parse.js [--json] [CORPUS...]`: CPU time from the bytes of a body to the samples of selected
 * names, every line checked. The first round is cold for the first corpus only.
 */

/** A small body is read often, until it is read as fast as by a function that has been up for a while. */
const roundsOf = ({ name }: Corpus) => (name === 'node-1.5k' ? 400 : 15);

function measure(corpus: Corpus) {
  const { name, format, selects, body: build } = corpus;
  const rounds = roundsOf(corpus);
  const body = build();
  const milliseconds: number[] = [];
  let series = 0;
  let decoded = 0;
  for (let round = 0; round < rounds; round += 1) {
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
    rounds,
    bytes: body.length,
    series,
    decoded,
    cpu_ms_median: sorted[rounds >> 1] ?? 0,
    cpu_ms_min: fastest,
    first,
  };
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const figures = CORPORA.filter(({ name }) => asked.length === 0 || asked.includes(name)).map(measure);
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, figures })}\n`);
} else {
  for (const { name, rounds, bytes, series, decoded, cpu_ms_median, cpu_ms_min, first } of figures)
    process.stdout.write(
      `${name}: ${(bytes / 1e6).toFixed(1)} MB, ${series} series, ${decoded} decoded, CPU ${cpu_ms_median.toFixed(1)} ms (median of ${rounds}; least ${cpu_ms_min.toFixed(1)}, first ${first.toFixed(1)})\n`,
    );
}
