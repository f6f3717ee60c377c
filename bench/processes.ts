import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CountersResult, CountersSettings } from './counters.ts';
import type { ExporterMessage, ExporterSettings } from './exporter.ts';
import type { MemoryLimit } from './memory-limit.ts';
import type { ScraperResult, ScraperSettings } from './scraper.ts';

/** What is measured has a core for itself; the exporter and this process share another one. */
export const CORES = { measured: 0, rest: 1 } as const;

const canPin = spawnSync('taskset', ['-c', String(CORES.rest), 'true']).status === 0;

/** Keeps this process off the core of what is measured. Says whether processes have cores of their own at all. */
export function stayAside(): boolean {
  if (canPin) spawnSync('taskset', ['-cp', String(CORES.rest), String(process.pid)]);
  return canPin;
}

/** Starts a command on one core. */
export function startPinned(
  core: number,
  command: readonly string[],
  options: { readonly stdio: StdioOptions; readonly env?: NodeJS.ProcessEnv },
): ChildProcess {
  const [program = '', ...args] = canPin ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, args, { ...options, env: options.env ?? process.env });
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

function startChild(
  core: number,
  role: string,
  settings: object,
  { stdout = 'ignore', flags = [], limit }: ChildOptions,
): ChildProcess {
  const command = [process.execPath, ...flags, CHILD, role, JSON.stringify(settings)];
  return startPinned(core, limit?.bound(command) ?? command, { stdio: ['ignore', stdout, 'inherit', 'ipc'] });
}

/** `stdout`: the file of the lines; `flags`: those of Node; `limit`: what bounds its memory. */
type ChildOptions = {
  readonly stdout?: 'ignore' | number;
  readonly flags?: readonly string[];
  readonly limit?: MemoryLimit | undefined;
};

/** Scrapes in a process of its own. @throws {Error} when it ends without a result. */
export function scrapeApart(settings: ScraperSettings, options: ChildOptions = {}): Promise<ScraperResult> {
  return resultOf(startChild(CORES.measured, 'scraper', settings, options), `scraping ${settings.corpus}`);
}

export function countApart(settings: CountersSettings): Promise<CountersResult> {
  return resultOf(startChild(CORES.measured, 'counters', settings, {}), `${settings.counters} counters`);
}

async function resultOf<T>(child: ChildProcess, what: string): Promise<T> {
  let result: T | undefined;
  child.once('message', (message) => {
    result = message as T;
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0 || result === undefined) throw new Error(`${what}: the process ended with ${signal ?? code}`);
  return result;
}

export type Exporter = {
  readonly port: number;
  /** Tells the path of each request as it comes. */
  readonly onAsked: (listener: (path: string) => void) => void;
  /** Lets it answer a request to the path that waits. */
  readonly goOn: () => void;
};

/** Runs while an exporter answers, which ends then. */
export async function withExporter<T>(settings: ExporterSettings, work: (exporter: Exporter) => Promise<T>) {
  const child = startChild(CORES.rest, 'exporter', settings, {});
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message: ExporterMessage) => resolve('port' in message ? message.port : 0));
      child.once('exit', (code) => reject(new Error(`exporter of ${settings.corpus}: ended with ${code}`)));
    });
    const onAsked = (listener: (path: string) => void) =>
      void child.on('message', (message: ExporterMessage) => {
        if ('asked' in message) listener(message.asked);
      });
    return await work({ port, onAsked, goOn: () => void child.send('go on') });
  } finally {
    child.kill();
  }
}
