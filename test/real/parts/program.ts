import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is needed to start a real program: `ready` is asked again and again until it answers true. */
export type ProgramSettings = {
  /** Name of its log file and in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ready: () => Promise<boolean>;
  /** Bound on the start, milliseconds. */
  readonly timeoutMs: number;
};

/** A started program. */
export type Program = {
  /** Everything written to stdout and stderr so far. */
  readonly log: () => string;
};

/** What a part is made with: its own temporary folder, and programs that run there until the part is stopped. */
export type Workshop = {
  readonly folder: string;
  /** Starts a program and waits until it is ready. Throws with the tail of its log when it ends or takes too long. */
  readonly start: (settings: ProgramSettings) => Promise<Program>;
  /** Registers something else to be stopped with the part. */
  readonly onStop: (stop: Stop) => void;
};

/** Ends what was started and waits for its end; a second call does nothing. */
export type Stop = () => Promise<void>;

const cacheFolder = join(import.meta.dirname, '..', '.cache');
const running = new Set<ChildProcess>();
const folders = new Set<string>();

process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL');
  for (const folder of folders) removeFolder(folder);
});

/** Path of something that test/real/install.sh put into the cache; throws when it is not there. */
export function cached(...segments: readonly string[]): string {
  const path = join(cacheFolder, ...segments);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "bash test/real/install.sh" first`);
  return path;
}

/** Makes a part. At its stop, and when `make` throws, all that was started is stopped, last first. */
export async function startPart<T extends object>(
  name: string,
  make: (workshop: Workshop) => Promise<T>,
): Promise<T & { readonly stop: Stop }> {
  const folder = mkdtempSync(join(tmpdir(), `prom-emf-${name}-`));
  folders.add(folder);
  const stops: Stop[] = [];
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
    removeFolder(folder);
  };
  try {
    const part = await make({
      folder,
      start: (settings) => startProgram(settings, folder, stops),
      onStop: (hook) => stops.push(hook),
    });
    return { ...part, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A TCP port nobody listens on at `host`, a loopback address. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** True when `url` answers with a 2xx status; for ProgramSettings.ready. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits for the end of a child and says how it ended. */
export function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
}

/**
 * The command under which a child dies with its parent: on Linux the kernel sends `signal` even when this process is
 * killed and its exit handlers never run.
 */
export function tiedToParent(
  signal: 'TERM' | 'KILL',
  command: string,
  args: readonly string[],
): readonly [string, readonly string[]] {
  if (process.platform !== 'linux') return [command, args];
  return ['setpriv', ['--pdeathsig', signal, '--', command, ...args]];
}

/** The environment of a child: this process's, with the folders where Debian puts servers on the PATH. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);
  return { ...process.env, PATH: path, ...extra };
}

/** Registers a child to be killed, with its group, when this process ends. The child must be spawned detached. */
export function killAtExit(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Ends a child registered with killAtExit, also a frozen one: SIGTERM to its group, SIGKILL after five seconds. */
export async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (!running.has(child)) return;
  killGroup(child, 'SIGTERM');
  killGroup(child, 'SIGCONT');
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

async function startProgram(settings: ProgramSettings, folder: string, stops: Stop[]): Promise<Program> {
  const logPath = join(folder, `${settings.name}.log`);
  const child = spawnLogged(settings, folder, logPath);
  const log = () => readFileSync(logPath, 'utf8');
  const ended = endOf(child);
  stops.push(() => stopChild(child, ended));

  const deadline = Date.now() + settings.timeoutMs;
  for (;;) {
    const end = await Promise.race([ended, sleep(100)]);
    const late = Date.now() > deadline ? `was not ready after ${settings.timeoutMs / 1000} s` : undefined;
    const failure = end ?? late;
    if (failure !== undefined) throw new Error(`${settings.name} ${failure}; the end of its log:\n${tail(log())}`);
    if (await settings.ready()) return { log };
  }
}

function spawnLogged(settings: ProgramSettings, folder: string, logPath: string): ChildProcess {
  const output = openSync(logPath, 'a');
  const [command, args] = tiedToParent('TERM', settings.command, settings.args);
  const child = spawn(command, args, {
    cwd: folder,
    env: childEnvironment(settings.env),
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  if (child.pid !== undefined) killAtExit(child);
  return child;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

/** The last lines of a program's output, at most 4,000 characters. */
export function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-30).join('\n').slice(-4_000);
}
