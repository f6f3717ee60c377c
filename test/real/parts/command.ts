import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectEmf } from '../../emf-output.ts';
import { openPipe } from './pipe.ts';
import { childEnvironment, killAtExit, tiedToParent } from './program.ts';

/** How a run of the `prom-emf` command ended; a status of -1 stands for a signal. */
export type CommandRun = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** A run of the `prom-emf` command that is under way. */
export type RunningCommand = {
  /** Everything written to stderr so far. */
  readonly stderr: () => string;
  /** Rejects when the run's EMF is not valid. */
  readonly ended: Promise<CommandRun>;
};

const repository = join(import.meta.dirname, '..', '..', '..');

/** Path of something that `npm run build` makes; throws when it is not there. */
export function built(...segments: readonly string[]): string {
  const path = join(repository, 'dist', ...segments);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build" first`);
  return path;
}

/** Starts the built command in the repository's root, with `extra` beside this process's environment. */
export function startCommand(args: readonly string[], extra: Readonly<Record<string, string>> = {}): RunningCommand {
  return start(args, extra, 'pipe');
}

/** Stdout is collected, or the given file descriptor, which is not read here. */
function start(
  args: readonly string[],
  extra: Readonly<Record<string, string>>,
  stdout: 'pipe' | number,
): RunningCommand {
  const [command, all] = tiedToParent('TERM', process.execPath, [built('cli', 'main.js'), ...args]);
  const child = spawn(command, all, {
    cwd: repository,
    env: childEnvironment(extra),
    stdio: ['ignore', stdout, 'pipe'],
    detached: true,
  });
  killAtExit(child);
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, 'close').then(([status]) => {
    expectEmf(args, output.stdout);
    return { status: typeof status === 'number' ? status : -1, ...output };
  });
  return { stderr: () => output.stderr, ended };
}

/** Runs the built command to its end. */
export function runCommand(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CommandRun> {
  return startCommand(args, extra).ended;
}

/** Starts the built command with a stdout that nobody reads, and kills it when `isTime` says so. */
export async function killCommand(args: readonly string[], isTime: () => boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'prom-emf-command-'));
  // One byte a second is as good as none, and lets the pipe be opened.
  const pipe = openPipe(join(folder, 'stdout'), 1);
  try {
    const child = spawn(process.execPath, [built('cli', 'main.js'), ...args], {
      env: childEnvironment(),
      stdio: ['ignore', pipe.writeEnd, 'ignore'],
      detached: true,
    });
    killAtExit(child);
    pipe.closeWriteEnd();
    const closed = once(child, 'close');
    while (!isTime() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await closed;
  } finally {
    pipe.close();
    rmSync(folder, { recursive: true });
  }
}

/** Runs the built command to its end while its stdout, a pipe of 64 KiB, is read at this many bytes a second. */
export async function runCommandReadSlowly(args: readonly string[], bytesPerSecond: number): Promise<CommandRun> {
  const folder = mkdtempSync(join(tmpdir(), 'prom-emf-command-'));
  const pipe = openPipe(join(folder, 'stdout'), bytesPerSecond);
  try {
    const { ended } = start(args, {}, pipe.writeEnd);
    pipe.closeWriteEnd();
    const run = { ...(await ended), stdout: pipe.bytes().toString() };
    expectEmf(args, run.stdout);
    return run;
  } finally {
    pipe.close();
    rmSync(folder, { recursive: true });
  }
}
