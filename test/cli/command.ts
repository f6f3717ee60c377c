import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expectEmf } from '../emf-output.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export type Finished = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the built command as a process of its own, without AWS credentials. Rejects when its EMF is not valid. */
export function promEmf(...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      try {
        expectEmf(args, stdout);
        resolve({ status, stdout, stderr });
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The EMF lines of a run, parsed. */
export function documentsOf({ stdout }: Finished): EmfLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EmfLine);
}

export type EmfLine = Record<string, unknown> & {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
};

/** `name [dimension, ...]` of every metric of the lines, each once, sorted. */
export function metricsOf(lines: readonly EmfLine[]): string[] {
  const named = lines.flatMap(({ _aws }) =>
    _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name }) => Dimensions.map((names) => `${Name} [${names.join(', ')}]`)),
    ),
  );
  return [...new Set(named)].sort();
}
