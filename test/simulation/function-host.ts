import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionSettings } from './function-settings.ts';

export type FunctionRequest = { readonly id: number; readonly event: unknown };

/** What the process tells: of its initialisation (id 0), and of each event. */
export type FunctionAnswer = Measured & {
  readonly id: number;
  readonly result?: unknown;
  /** What the handler threw. */
  readonly error?: string;
};

/** Peak resident memory is that of the process since its start, as Lambda counts it. */
export type Measured = { readonly wallMs: number; readonly cpuMs: number; readonly rssMb: number };

/** One invocation, with all that it printed. */
export type Invocation = FunctionAnswer & { readonly stdout: string; readonly stderr: string };

export type FunctionHost = {
  readonly initialisation: Measured;
  /** Hands over one event. @throws {Error} when the process ends instead of answering. */
  readonly invoke: (event: unknown) => Promise<Invocation>;
  /** Ends the process at once, wherever it is. */
  readonly kill: () => void;
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
 * Starts a function's bundle in a process of its own, as one warm Lambda. Its heap is bounded by its memory; its CPU is
 * not. stdout and stderr are files: writes to them are over when they return, so that none is missed.
 */
export async function startFunction(settings: HostSettings): Promise<FunctionHost> {
  const folder = mkdtempSync(join(tmpdir(), `prom-emf-${settings.name}-`));
  const [stdout, stderr] = [openOutput(folder, 'stdout'), openOutput(folder, 'stderr')];
  const child = startProcess(settings, stdout.fd, stderr.fd);
  const waiting = new Map<number, (answer: FunctionAnswer | Error) => void>();
  let requests = 0;
  child.on('message', (answer: FunctionAnswer) => waiting.get(answer.id)?.(answer));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const error = new Error(
        `function ${settings.name} ended: ${signal ?? `status ${code}`}\n${stderr.read().slice(-2000)}`,
      );
      for (const settle of waiting.values()) settle(error);
      resolve();
    });
  });
  const answerTo = async (id: number, send: () => void): Promise<FunctionAnswer> => {
    const answer = await new Promise<FunctionAnswer | Error>((resolve) => {
      waiting.set(id, resolve);
      if (child.exitCode !== null || child.signalCode !== null)
        resolve(new Error(`function ${settings.name} has ended`));
      else send();
    });
    waiting.delete(id);
    if (answer instanceof Error) throw answer;
    return answer;
  };

  const initialisation = await answerTo(0, () => {});
  return {
    initialisation,
    invoke: async (event) => {
      const id = ++requests;
      const answer = await answerTo(id, () => child.send({ id, event } satisfies FunctionRequest));
      return { ...answer, stdout: stdout.read(), stderr: stderr.read() };
    },
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      closeSync(stdout.fd);
      closeSync(stderr.fd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
