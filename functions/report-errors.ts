import type { MiddlewareObj } from '@middy/core';
import { ConfigError, formatProblem, printable } from '../lib/document/problem.ts';

/** Writes what went wrong on stderr, a problem a line, before the runtime is told: stdout carries EMF alone. */
export function reportErrors(): MiddlewareObj {
  return {
    onError: ({ error }) => {
      const lines = error instanceof ConfigError ? error.problems.map(formatProblem) : [printable(describe(error))];
      for (const line of lines) process.stderr.write(`${line}\n`);
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
