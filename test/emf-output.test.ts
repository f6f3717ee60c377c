import { describe, expect, it } from 'vitest';
import { expectEmf, outputFaults } from './emf-output.ts';

const emf = (Timestamp: number) => `{"_aws":{"Timestamp":${Timestamp},"CloudWatchMetrics":[]}}\n`;

describe('outputFaults', () => {
  const rows: readonly { name: string; input: string; everyLine: boolean; expected: readonly string[] }[] = [
    { name: 'nothing', input: '', everyLine: true, expected: [] },
    { name: 'EMF', input: emf(Date.now()), everyLine: true, expected: [] },
    {
      name: 'EMF of another time',
      input: emf(Date.now()) + emf(5),
      everyLine: false,
      expected: ['line 2: _aws.Timestamp is over two weeks old'],
    },
    { name: 'a log event', input: '{"a":1}\n', everyLine: true, expected: [] },
    { name: 'text', input: 'text\n', everyLine: false, expected: [] },
    { name: 'text among EMF', input: 'text\n', everyLine: true, expected: ['line 1: the line is no JSON object'] },
    {
      name: 'a torn line',
      input: `${emf(5).trimEnd().slice(0, -1)}\n`,
      everyLine: false,
      expected: ['line 1: the line is no JSON object'],
    },
  ];
  it.each(rows)('judges $name', ({ input, everyLine, expected }) => {
    expect(outputFaults(input, { everyLine })).toEqual(expected.map((fault) => expect.stringContaining(fault)));
  });
});

describe('expectEmf', () => {
  const rows: readonly { args: readonly string[]; refuses: boolean }[] = [
    { args: ['scrape', '--count', '2'], refuses: true },
    { args: ['demo'], refuses: true },
    { args: ['demo', '--help'], refuses: false },
    { args: ['render', 'compose.yaml'], refuses: false },
  ];
  it.each(rows)('of text on stdout of $args: $refuses', ({ args, refuses }) => {
    const judge = () => expectEmf(args, 'text\n');
    if (refuses) expect(judge).toThrow(`stdout of prom-emf ${args[0]} is not valid EMF: line 1: the line is no JSON`);
    else expect(judge).not.toThrow();
  });
});
