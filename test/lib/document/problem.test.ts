import { describe, expect, it } from 'vitest';
import { ConfigError, formatPath, formatProblem, type Problem, printable } from '../../../lib/document/problem.ts';

const problem: Problem = {
  severity: 'warning',
  place: { file: 'f.yaml', line: 3, column: 7 },
  path: 'a.b[0]',
  text: 'expected x',
};

describe('formatProblem', () => {
  const rows: readonly { name: string; input: Partial<Problem>; expected: string }[] = [
    { name: 'place, severity, path and text', input: {}, expected: 'f.yaml:3:7: warning: a.b[0]: expected x' },
    { name: 'no path', input: { path: '' }, expected: 'f.yaml:3:7: warning: expected x' },
    {
      name: 'line breaks and control characters escaped',
      input: { text: 'x\ny\u0000\u001b\u2028' },
      expected: 'f.yaml:3:7: warning: a.b[0]: x\\ny\\u0000\\u001b\\u2028',
    },
  ];
  it.each(rows)('writes $name', ({ input, expected }) => {
    expect(formatProblem({ ...problem, ...input })).toBe(expected);
  });
});

describe('printable', () => {
  it('cuts a long text', () => {
    expect(printable('abcdef', 3)).toBe('abc...');
  });
});

describe('formatPath', () => {
  it('writes indexes in brackets', () => {
    expect(formatPath(['services', 'web', 'ports', 0, 'x'])).toBe('services.web.ports[0].x');
  });
});

describe('ConfigError', () => {
  it('carries every problem, one a line', () => {
    const error = new ConfigError([problem, { ...problem, severity: 'error', path: '' }]);
    expect([error.name, error.code, error.message]).toEqual([
      'ConfigError',
      'config',
      'f.yaml:3:7: warning: a.b[0]: expected x\nf.yaml:3:7: error: expected x',
    ]);
  });
});
