import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionSettings } from './function-settings.ts';

export type FunctionRequest = { readonly id: number; readonly event: unknown };

/** What the process tells: of its initialisation (id 0), and of each event. */
export type FunctionAnswer = Measured & {
  readonly id: number;
  readonly result?: unknown;
  /** What the handler threw, or that the process ended. */
  readonly error?: string;
};

/** Peak resident memory is that of the process since its start, as Lambda counts it. */
export type Measured = { readonly wallMs: number; readonly cpuMs: number; readonly rssMb: number };

/** One invocation, with all that it printed. */
export type Invocation = FunctionAnswer & { readonly stdout: string; readonly stderr: string };

export type FunctionHost = {
  readonly initialisation: Measured;
  /** Hands over one event. */
  readonly invoke: (event: unknown) => Promise<Invocation>;
  /** Ends the process at once, wherever it is; resolves when it has ended. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type HostSettings = FunctionSettings & {
  /** Of the checkout, whose dist is run. */
  readonly root: string;
  readonly name: string;
  readonly arn: string;
  /** Beside that of the function: where AWS is. */
  readonly awsEnvironment: Readonly<Record<string, string>>;
};

/**
 * Starts a function's bundle in a process of its own, as one warm Lambda. When the process has ended, the next event
 * starts another. Its heap is bounded by its memory, an invocation by its timeout; its CPU is not. stdout and stderr are files: writes to them are
 * over when they return, so that none is missed.
 */
export async function startFunction(settings: HostSettings): Promise<FunctionHost> {
  const folder = mkdtempSync(join(tmpdir(), `prom-emf-${settings.name}-`));
  const [stdout, stderr] = [openOutput(folder, 'stdout'), openOutput(folder, 'stderr')];
  const start = () => initialised(startProcess(settings, stdout.fd, stderr.fd));
  let running = await start();
  let requests = 0;
  if (running.initialisation.error !== undefined)
    throw new Error(`${running.initialisation.error}\n${stderr.read().slice(-2000)}`);
  return {
    initialisation: running.initialisation,
    invoke: async (event) => {
      if (hasEnded(running.child)) running = await start();
      const request: FunctionRequest = { id: ++requests, event };
      const answered = answerOf(running.child, request.id);
      // It may end at this very moment, which is told by its exit.
      if (!hasEnded(running.child)) running.child.send(request, () => {});
      const timeout = setTimeout(() => running.child.kill('SIGKILL'), settings.timeoutMs);
      const answer = await answered;
      clearTimeout(timeout);
      return { ...answer, stdout: stdout.read(), stderr: stderr.read() };
    },
    kill: () => killed(running.child),
    stop: async () => {
      await killed(running.child);
      closeSync(stdout.fd);
      closeSync(stderr.fd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Who takes no more messages ends, even if its exit is not told yet. */
function hasEnded(child: ChildProcess): boolean {
  return !child.connected || hasExited(child);
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = hasExited(child) ? undefined : once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function initialised(child: ChildProcess) {
  return { child, initialisation: await answerOf(child, 0) };
}

/** What the process tells under this id; that it has ended if it does before. */
function answerOf(child: ChildProcess, id: number): Promise<FunctionAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: FunctionAnswer) => {
      child.off('message', hear).off('exit', end);
      resolve(answer);
    };
    const hear = (answer: unknown) => {
      if ((answer as FunctionAnswer).id === id) settle(answer as FunctionAnswer);
    };
    const end = (code: number | null, signal: string | null) => {
      const error = `the process of the function ended: ${signal ?? `status ${code}`}`;
      settle({ id, error, wallMs: 0, cpuMs: 0, rssMb: 0 });
    };
    child.on('message', hear).on('exit', end);
    if (hasExited(child)) end(child.exitCode, child.signalCode);
  });
}

function startProcess(settings: HostSettings, stdout: number, stderr: number): ChildProcess {
  const { root, name, arn, timeoutMs, memoryMb, environment, awsEnvironment } = settings;
  const bundle = join(root, 'dist/functions', name, 'handler.js');
  return fork(join(root, 'dist/test/simulation-function.js'), [bundle, arn, String(timeoutMs)], {
    execArgv: [`--max-old-space-size=${Math.floor(memoryMb * 0.9)}`],
    env: { PATH: process.env.PATH, AWS_LAMBDA_FUNCTION_NAME: name, ...awsEnvironment, ...environment },
    stdio: ['ignore', stdout, stderr, 'ipc'],
  });
}

type Output = { readonly fd: number; readonly read: () => string };

/** A file that is written by another process; `read` gives what came since the last time. */
function openOutput(folder: string, name: string): Output {
  // Appending, since both processes share the position of the file.
  const fd = openSync(join(folder, name), 'a+');
  let position = 0;
  return {
    fd,
    read: () => {
      const bytes = Buffer.alloc(fstatSync(fd).size - position);
      position += readSync(fd, bytes, 0, bytes.length, position);
      return bytes.toString('utf8');
    },
  };
}
