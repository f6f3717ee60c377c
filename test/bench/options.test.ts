import { describe, expect, it } from 'vitest';
import { HELP, parseBenchOptions } from '../../bench/options.ts';

describe('the command line of bench', () => {
  it('measures all groups beside all peers by default', () => {
    expect(parseBenchOptions([])).toEqual({
      kind: 'run',
      groups: ['http', 'memory', 'cold', 'growth'],
      quick: false,
      json: false,
      out: undefined,
      peers: true,
      rounds: undefined,
    });
  });

  const accepted = [
    { args: ['memory', 'http', 'http'], expected: { groups: ['http', 'memory'] } },
    {
      args: ['--quick', '--peers', 'none', '--rounds', '3', 'cold'],
      expected: { quick: true, peers: false, rounds: 3 },
    },
    { args: ['jmx-100k'], expected: { groups: ['http', 'memory'], corpora: ['jmx-100k'] } },
    { args: ['node-1.5k'], expected: { groups: ['http'], corpora: ['node-1.5k'] } },
    { args: ['all-20k', 'memory', 'node-1.5k'], expected: { groups: ['memory'], corpora: ['node-1.5k', 'all-20k'] } },
    { args: ['--json', '--out', 'file'], expected: { kind: 'run', json: true, out: 'file' } },
    { args: ['--tables', 'a.json'], expected: { kind: 'tables', file: 'a.json', out: undefined } },
    { args: ['--tables', 'a.json', '--out', 'b.md'], expected: { kind: 'tables', file: 'a.json', out: 'b.md' } },
    { args: ['--rounds', 'x', '-h'], expected: { kind: 'help' } },
  ];
  it.each(accepted)('accepts $args', ({ args, expected }) => {
    expect(parseBenchOptions(args)).toMatchObject(expected);
  });

  const refused = [
    { args: ['disk'], expected: 'expected a group (http, memory, cold, growth), found "disk"' },
    { args: ['cold', 'jmx-100k'], expected: 'cold does not measure jmx-100k' },
    { args: ['memory', 'node-1.5k'], expected: 'memory does not measure node-1.5k' },
    {
      args: ['--json', '--out', 'file', 'jmx-100k'],
      expected: '--out: expected no body with it, since the file holds whole groups; found jmx-100k',
    },
    { args: ['--peers', 'some'], expected: '--peers: expected all or none, found "some"' },
    { args: ['--rounds', '0'], expected: '--rounds: expected a whole number from 1 up, found "0"' },
    { args: ['--rounds', '1e3'], expected: '--rounds: expected a whole number from 1 up, found "1e3"' },
    { args: ['--out', 'file'], expected: '--out: expected --json or --tables with it' },
    { args: ['--tables', 'file', 'http'], expected: '--tables: expected no groups with it' },
    { args: ['--fast'], expected: "Unknown option '--fast'" },
  ];
  it.each(refused)('refuses $args', ({ args, expected }) => {
    expect(() => parseBenchOptions(args)).toThrow(expected);
  });

  it('has help whose examples it accepts', () => {
    const examples = [...HELP.matchAll(/^ {2}npm run (?:--silent )?bench -- (.*)$/gm)].map(([, args = '']) => args);
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(() => parseBenchOptions(example.split(' '))).not.toThrow();
  });
});
