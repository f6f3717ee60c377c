import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Corpus } from './corpora.ts';
import { countValues } from './emf-values.ts';
import { AWAITED_PATH } from './exporter.ts';
import { peakRssMb } from './peak-rss.ts';
import { COLLECTOR } from './peers.ts';
import { CORES, type Exporter, startPinned } from './processes.ts';

/** The configuration of a careful operator: what is not selected is dropped before it is exported. */
export function collectorConfig({ pattern, dimension }: Corpus, port: number): string {
  const job = {
    job_name: 'bench',
    scrape_interval: '3s',
    scrape_timeout: '3s',
    metrics_path: AWAITED_PATH,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    metric_relabel_configs: [{ source_labels: ['__name__'], regex: pattern, action: 'keep' }],
  };
  const awsemf = {
    output_destination: 'stdout',
    region: 'eu-west-1',
    namespace: 'bench',
    dimension_rollup_option: 'NoDimensionRollup',
    // The receiver tells the job as a resource attribute.
    resource_to_telemetry_conversion: { enabled: true },
    metric_declarations: [{ dimensions: [['service.name', dimension]], metric_name_selectors: [pattern] }],
  };
  return stringify({
    receivers: { prometheus: { config: { scrape_configs: [job] } } },
    exporters: { awsemf },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { metrics: { receivers: ['prometheus'], exporters: ['awsemf'] } },
    },
  });
}

export type CollectorResult = {
  readonly cpuMs: readonly number[];
  /** CPU ms a second that it takes between two scrapes, when the lines of the first one are written. */
  readonly idle: readonly number[];
  readonly rssMb: number;
  /** Values of metrics in the lines of the last scrape. */
  readonly values: number;
};

const WARM_UP = 2;
/** After a request, all that the scrape needs is over, unless the next one is late. */
const IDLE_AFTER_MS = 2000;
/** Its first scrape comes within an interval, a slow one takes no longer than its timeout. */
const SILENCE_MS = 15_000;

/**
 * The CPU time of each of so many scrapes, from one request to the next one, after two that do not count.
 * @throws {Error} when it ends or asks nothing any more.
 */
export async function measureCollector(
  corpus: Corpus,
  exporter: Exporter,
  settings: { readonly scrapes: number; readonly folder: string },
): Promise<CollectorResult> {
  const { scrapes, folder } = settings;
  const [config, lines] = [join(folder, 'collector.yaml'), join(folder, 'collector.out')];
  writeFileSync(config, collectorConfig(corpus, exporter.port));
  const out = openSync(lines, 'w');
  const env = { GOMAXPROCS: '1', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  const stdio = ['ignore', out, 'inherit'] as const;
  const child = startPinned(CORES.measured, [COLLECTOR, '--config', config], {
    stdio: [...stdio],
    env: { PATH: process.env.PATH, ...env },
  });
  try {
    const readings = await readingsOf(child, exporter, { out, count: WARM_UP + scrapes + 1 });
    const rssMb = peakRssMb(child.pid ?? 0);
    const counted = readings.slice(WARM_UP);
    const cpuMs = counted.slice(1).map(({ cpuMs: at }, i) => at - (counted[i]?.cpuMs ?? 0));
    const idle = counted.flatMap(({ idle: each }) => each ?? []);
    const [from, to] = counted.slice(-2).map(({ bytes }) => bytes);
    const written = readFileSync(lines).subarray(from, to).toString();
    return { cpuMs, idle, rssMb, values: countValues(written) };
  } finally {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill();
    await ended;
    closeSync(out);
  }
}

/** At a request; `idle`: of the time before it. */
type Reading = { readonly cpuMs: number; readonly bytes: number; readonly idle: number | undefined };

function readingsOf(
  child: ChildProcess,
  exporter: Exporter,
  { out, count }: { readonly out: number; readonly count: number },
): Promise<readonly Reading[]> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(resting);
      reject(new Error(`collector: ${what} after ${readings.length} scrapes`));
    };
    const readings: Reading[] = [];
    let rest: { readonly cpuMs: number; readonly sinceMs: number } | undefined;
    let resting: NodeJS.Timeout | undefined;
    let silence = setTimeout(fail, SILENCE_MS, 'no request');
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code}`));
    exporter.onAsked((path) => {
      if (path !== AWAITED_PATH) return;
      clearTimeout(silence);
      clearTimeout(resting);
      if (readings.length === count || child.pid === undefined) return;
      const { pid } = child;
      const cpuMs = cpuMsOf(pid);
      const idle = rest && ((cpuMs - rest.cpuMs) * 1000) / (performance.now() - rest.sinceMs);
      rest = undefined;
      readings.push({ cpuMs, bytes: fstatSync(out).size, idle });
      exporter.goOn();
      if (readings.length === count) resolve(readings);
      else {
        silence = setTimeout(fail, SILENCE_MS, 'no request');
        resting = setTimeout(() => {
          rest = { cpuMs: cpuMsOf(pid), sinceMs: performance.now() };
        }, IDLE_AFTER_MS);
      }
    });
  });
}

/** Of all threads; the clock ticks of /proc/PID/stat are too long for a short scrape. */
function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
