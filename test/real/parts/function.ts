import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { outputFaults } from '../../emf-output.ts';
import { openPipe, type Pipe } from './pipe.ts';
import { cached, endOf, killAtExit, type Stop, startPart, stopChild, tail, tiedToParent } from './program.ts';
import { type Outcome, startRuntimeApi } from './runtime-api.ts';

/** A function as Lambda starts it. */
export type FunctionSettings = {
  /** LAMBDA_TASK_ROOT: the folder of the deployed bundle. */
  readonly bundleDir: string;
  /** `FILE.EXPORT`, as in the template. */
  readonly handler: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bound on the initialisation and on each invocation, after which the function is killed. */
  readonly timeoutMs?: number;
  /** Reads the function's stdout at this many bytes a second: a full pipe shows who does not wait for a write. */
  readonly readSlowly?: number;
};

/** A function under the real runtime client, frozen between invocations as in Lambda. */
export type FunctionPart = {
  /** Hands over one event. Throws when the function ends or is killed instead of answering, or writes faulty EMF. */
  readonly invoke: (event: unknown) => Promise<Outcome>;
  /** Everything written to stdout so far, as bytes. */
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  readonly stop: Stop;
};

/** Starts aws-lambda-ric on a bundle and waits for the end of its initialisation. */
export function startFunction(settings: FunctionSettings): Promise<FunctionPart> {
  return startPart('function', async ({ folder, onStop }) => {
    const stdout = openPipe(join(folder, 'stdout'), settings.readSlowly);
    const stderr = openPipe(join(folder, 'stderr'));
    onStop(async () => {
      stdout.close();
      stderr.close();
    });

    let child: ChildProcess | undefined;
    const api = await startRuntimeApi(
      () => child?.kill('SIGSTOP'),
      () => child?.kill('SIGCONT'),
    );
    onStop(api.stop);
    const runtime = spawnRuntime(settings, api.address, stdout, stderr);
    child = runtime;
    const ended = endOf(runtime);
    onStop(() => stopChild(runtime, ended));

    const timeoutMs = settings.timeoutMs ?? 30_000;
    const within = async <T>(work: Promise<T>): Promise<T> => {
      const timer = setTimeout(() => runtime.kill('SIGKILL'), timeoutMs);
      const failure = ended.then((end) => {
        const log = tail(Buffer.concat([stdout.bytes(), stderr.bytes()]).toString('utf8'));
        throw new Error(`${settings.handler} ${end} (limit ${timeoutMs / 1000} s); the end of its output:\n${log}`);
      });
      try {
        return await Promise.race([work, failure]);
      } finally {
        clearTimeout(timer);
      }
    };
    await within(api.initialised);
    return {
      invoke: async (event: unknown) => {
        const before = stdout.bytes().length;
        const outcome = await within(api.invoke(event, timeoutMs));
        expectEmf(settings.handler, stdout.bytes().subarray(before));
        return outcome;
      },
      stdout: stdout.bytes,
      stderr: stderr.bytes,
    };
  });
}

/** A line at the end that is not whole yet is left out: a function may not wait for its writes. */
function expectEmf(handler: string, written: Buffer): void {
  const whole = written.subarray(0, written.lastIndexOf('\n') + 1).toString();
  const faults = outputFaults(whole, { everyLine: false });
  if (faults.length > 0) throw new Error(`stdout of ${handler} is not valid EMF: ${faults.join('\n')}`);
}

function spawnRuntime(settings: FunctionSettings, apiAddress: string, stdout: Pipe, stderr: Pipe): ChildProcess {
  const client = cached('ric', 'node_modules', 'aws-lambda-ric', 'index.mjs');
  // A frozen process does not see SIGTERM.
  const [command, args] = tiedToParent('KILL', process.execPath, [client]);
  const child = spawn(command, args, {
    cwd: settings.bundleDir,
    env: { ...lambdaEnvironment(settings, apiAddress), ...settings.env },
    stdio: ['ignore', stdout.writeEnd, stderr.writeEnd],
    detached: true,
  });
  stdout.closeWriteEnd();
  stderr.closeWriteEnd();
  if (child.pid !== undefined) killAtExit(child);
  return child;
}

/** The reserved variables of a function, and nothing of this process's environment but the PATH. */
function lambdaEnvironment(settings: FunctionSettings, apiAddress: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: settings.handler,
    LAMBDA_TASK_ROOT: settings.bundleDir,
    AWS_LAMBDA_RUNTIME_API: apiAddress,
    AWS_LAMBDA_FUNCTION_NAME: 'real',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/real',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]00000000000000000000000000000000',
    AWS_LAMBDA_LOG_FORMAT: 'Text',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    // The deployed runtime is newer than the Node that the SDK warns about, on stdout through the runtime client.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
