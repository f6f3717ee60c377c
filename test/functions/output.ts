import { vi } from 'vitest';

/** The lines that a function writes from here on, instead of the process. */
export type Output = { readonly stdout: string[]; readonly stderr: string[] };

/** Takes over both streams until vi.restoreAllMocks(). */
export function takeOutput(): Output {
  const output: Output = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation(
      writer((text) => {
        output[name].push(...text.trimEnd().split('\n'));
        return undefined;
      }),
    );
  return output;
}

/** A stream's write that hands over each text, and fails with what that gives back. */
export function writer(take: (text: string) => Error | undefined) {
  const write = (text: string | Uint8Array, done?: unknown) => {
    const failure = take(String(text));
    if (typeof done === 'function') (done as (error?: Error) => void)(failure);
    return true;
  };
  return write as typeof process.stdout.write;
}
