import { describe, expect, it } from 'vitest';
import { parseSimulateOptions } from './options.ts';

describe('the command line of simulate', () => {
  it('has defaults', () => {
    expect(parseSimulateOptions(['--tasks', '10', '--json', '--out', 'file'])).toMatchObject({
      kind: 'run',
      tasks: 10,
      families: 50,
      cycles: 5,
      churn: 0.01,
      intervalSeconds: 60,
      out: 'file',
    });
  });

  const refusals = [
    { args: ['--tasks', 'many'], expected: '--tasks: expected a whole number, found "many"' },
    { args: ['--churn', '2'], expected: '--churn: expected a number from 0 to 1, found "2"' },
    {
      args: ['--interval', '5s'],
      expected: '--interval: expected a duration of at least 15s, such as 60s, found "5s"',
    },
    { args: ['--out', 'file'], expected: '--out: expected --json or --tables with it' },
    { args: ['--clusters', '60'], expected: '--families: expected at least as many as clusters, found 50 in 60' },
    { args: ['--task', '1'], expected: "Unknown option '--task'" },
  ];
  it.each(refusals)('refuses $args', ({ args, expected }) => {
    expect(() => parseSimulateOptions(args)).toThrow(expected);
  });
});
