import { describe, expect, it } from 'vitest';
import { ExpositionError, type LabelPair } from '../../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../../lib/prometheus/exposition-stream.ts';

type Seen = readonly [name: string, labels: readonly LabelPair[], value: number, timestampMs?: number];

function samplesOf(body: string): Seen[] {
  const seen: Seen[] = [];
  const count = parseExposition('openmetrics', Buffer.from(body), {
    sample: (name, labels, value, timestampMs) =>
      seen.push(timestampMs === undefined ? [name, labels, value] : [name, labels, value, timestampMs]),
  });
  expect(count).toBe(seen.length);
  return seen;
}

function errorOf(body: string): string {
  try {
    samplesOf(body);
  } catch (error) {
    if (error instanceof ExpositionError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('parseOpenMetrics', () => {
  const accepted: readonly { name: string; input: string; expected: readonly Seen[] }[] = [
    { name: 'nothing but the end', input: '# EOF\n', expected: [] },
    { name: 'an end without newline', input: 'a 1\n# EOF', expected: [['a', [], 1]] },
    { name: 'a timestamp in seconds', input: 'a 1 1.5\n# EOF\n', expected: [['a', [], 1, 1500]] },
    { name: 'a negative timestamp', input: 'a 1 -1.5\n# EOF\n', expected: [['a', [], 1, -1500]] },
    { name: 'a timestamp with an exponent', input: 'a 1 1.7e9\n# EOF\n', expected: [['a', [], 1, 1_700_000_000_000]] },
    {
      name: 'labels with a trailing comma',
      input: 'a{y="2",x="1",} 1\n# EOF\n',
      expected: [
        [
          'a',
          [
            ['x', '1'],
            ['y', '2'],
          ],
          1,
        ],
      ],
    },
    { name: 'escapes', input: 'a{x="q\\"\\\\\\n"} 1\n# EOF\n', expected: [['a', [['x', 'q"\\\n']], 1]] },
    { name: 'a quoted name', input: '{"a b",x="1"} 1\n# EOF\n', expected: [['a b', [['x', '1']], 1]] },
    {
      name: 'metadata',
      input: '# HELP a_seconds text\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n',
      expected: [['a_seconds', [], 1]],
    },
    {
      name: 'an exemplar, never as the value',
      input: '# TYPE a counter\na_total 5 # {t="x"} 3\n# EOF\n',
      expected: [['a_total', [], 5]],
    },
    {
      name: 'an exemplar and timestamps of both',
      input: 'a_total{x="1"} 5 1.25 # {t="x"} 3 1.5\n# EOF\n',
      expected: [['a_total', [['x', '1']], 5, 1250]],
    },
    { name: 'an exemplar without labels', input: 'a 5 # {} 3\n# EOF\n', expected: [['a', [], 5]] },
    { name: '_created of no family as a sample', input: 'a_created 5\n# EOF\n', expected: [['a_created', [], 5]] },
    {
      name: 'le in one spelling',
      input: '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\n# EOF\n',
      expected: [
        ['h_bucket', [['le', '1.0']], 1],
        ['h_bucket', [['le', '+Inf']], 1],
      ],
    },
  ];
  it.each(accepted)('accepts $name', ({ input, expected }) => {
    expect(samplesOf(input)).toEqual(expected);
  });

  const EOF = 'expected # EOF as the last line, found the end of the body';
  const NAME = 'expected a metric name or "# ", found';
  const COMMENT = 'expected # HELP, # TYPE, # UNIT or # EOF, found';
  const TYPES = 'expected one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown, found';
  const rejected: readonly { name: string; input: string; expected: string }[] = [
    { name: 'no end', input: 'a 1\n', expected: `end: line 2, column 1: ${EOF}` },
    { name: 'no end of the line', input: 'a 1', expected: `end: line 1, column 4: ${EOF}` },
    {
      name: 'a line behind the end',
      input: 'a 1\n# EOF\nb 1\n',
      expected: 'end: line 3, column 1: expected nothing after # EOF, found "b 1"',
    },
    {
      name: 'an empty line behind the end',
      input: 'a 1\n# EOF\n\n',
      expected: 'end: line 3, column 1: expected nothing after # EOF, found "\\n"',
    },
    {
      name: 'text behind the end',
      input: 'a 1\n# EOF x\n',
      expected: 'end: line 2, column 6: expected nothing after # EOF, found " x"',
    },
    { name: 'an empty line', input: 'a 1\n\n# EOF\n', expected: `syntax: line 2, column 1: ${NAME} "\\n"` },
    {
      name: 'a space before the name',
      input: 'a 1\n b 1\n# EOF\n',
      expected: `syntax: line 2, column 1: ${NAME} " b 1"`,
    },
    {
      name: 'two spaces',
      input: 'a  1\n# EOF\n',
      expected: 'syntax: line 1, column 2: expected the value, found "  1"',
    },
    {
      name: 'a tab',
      input: 'a\t1\n# EOF\n',
      expected: 'syntax: line 1, column 2: expected a space and the value, found "\\u00091"',
    },
    {
      name: 'a trailing space',
      input: 'a 1 \n# EOF\n',
      expected: 'syntax: line 1, column 4: expected the timestamp, found " "',
    },
    {
      name: 'a carriage return',
      input: 'a 1\r\n# EOF\n',
      expected: 'value: line 1, column 3: expected a float as the value, found "1\\u000d"',
    },
    {
      name: 'a timestamp that is none',
      input: 'a 1 x\n# EOF\n',
      expected: 'value: line 1, column 5: expected a float as the timestamp, found "x"',
    },
    {
      name: 'a timestamp that is no number',
      input: 'a 1 NaN\n# EOF\n',
      expected: 'timestamp: line 1, column 5: expected a finite timestamp, found "NaN"',
    },
    {
      name: 'an infinite timestamp',
      input: 'a 1 +Inf\n# EOF\n',
      expected: 'timestamp: line 1, column 5: expected a finite timestamp, found "+Inf"',
    },
    {
      name: 'more behind the timestamp',
      input: 'a 1 2 3\n# EOF\n',
      expected: 'syntax: line 1, column 6: expected the end of the line, found " 3"',
    },
    {
      name: 'labels without a comma',
      input: 'a{x="1" y="2"} 1\n# EOF\n',
      expected: 'syntax: line 1, column 8: expected "," or "}", found " y="2"} 1"',
    },
    {
      name: 'a line break in a value',
      input: 'a{x="1\n2"} 1\n# EOF\n',
      expected: 'syntax: line 1, column 5: expected a label value in double quotes, found ""1"',
    },
    {
      name: 'braces without a name',
      input: 'a 1\n{x="1"} 1\n# EOF\n',
      expected: 'syntax: line 2, column 1: expected a metric name in the braces, found "{x="1"} 1"',
    },
    {
      name: 'a comment',
      input: 'a 1\n# comment\n# EOF\n',
      expected: `syntax: line 2, column 1: ${COMMENT} "# comment"`,
    },
    { name: 'a hash without a space', input: 'a 1\n#EOF\n', expected: `syntax: line 2, column 1: ${COMMENT} "#EOF"` },
    {
      name: 'a type of the text format',
      input: '# TYPE a untyped\n# EOF\n',
      expected: `metadata: line 1, column 9: ${TYPES} " untyped"`,
    },
    {
      name: 'no type',
      input: '# TYPE a\n# EOF\n',
      expected: 'metadata: line 1, column 9: expected a space and text after # TYPE and the name, found "\\n"',
    },
    {
      name: 'no help text',
      input: '# HELP a\n# EOF\n',
      expected: 'metadata: line 1, column 9: expected a space and text after # HELP and the name, found "\\n"',
    },
    {
      name: 'a unit that does not end the name',
      input: '# UNIT a seconds\n# EOF\n',
      expected: 'metadata: line 1, column 9: expected a unit that ends the name a, found " seconds"',
    },
    {
      name: 'an exemplar without labels',
      input: 'a 1 # x\n# EOF\n',
      expected: 'value: line 1, column 5: expected a float as the timestamp, found "# x"',
    },
    {
      name: 'an exemplar without value',
      input: 'a 1 # {x="1"}\n# EOF\n',
      expected: 'syntax: line 1, column 14: expected a space and the exemplar\'s value, found "\\n"',
    },
    {
      name: 'an exemplar whose value is none',
      input: 'a 1 # {x="1"} y\n# EOF\n',
      expected: 'value: line 1, column 15: expected a float as the exemplar\'s value, found "y"',
    },
    {
      name: 'more behind an exemplar',
      input: 'a 1 # {x="1"} 2 3 4\n# EOF\n',
      expected: 'syntax: line 1, column 18: expected the end of the line, found " 4"',
    },
    {
      name: 'a name that starts with a digit',
      input: 'a 1\n1 2\n# EOF\n',
      expected: `syntax: line 2, column 1: ${NAME} "1 2"`,
    },
    { name: 'a page in HTML', input: 'a 1\n<html>\n', expected: `syntax: line 2, column 1: ${NAME} "<html>"` },
  ];
  it.each(rejected)('rejects $name', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it('places a fault at the first byte in column 1', () => {
    expect(errorOf('')).toBe(`end: line 1, column 1: ${EOF}`);
  });

  it('gives the start of a counter, histogram or summary instead of a sample', () => {
    const starts: unknown[] = [];
    const samples: string[] = [];
    const body =
      '# TYPE a counter\na_total{x="1"} 5\na_created{x="1"} 12.5\n# TYPE g gauge\ng_created 3\n' +
      '# TYPE s summary\ns_created 1e300\n# EOF\n';
    const count = parseExposition('openmetrics', Buffer.from(body), {
      sample: (name) => samples.push(name),
      created: (name, labels, timestampMs) => starts.push([name, labels, timestampMs]),
    });
    expect(starts).toEqual([
      ['a', [['x', '1']], 12_500],
      ['s', [], -(2 ** 63)],
    ]);
    expect([count, samples]).toEqual([2, ['a_total', 'g_created']]);
  });

  it('reports types and units', () => {
    const seen: string[] = [];
    const body = '# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# UNIT b \n# TYPE i info\n# EOF\n';
    parseExposition('openmetrics', Buffer.from(body), {
      sample: () => {},
      type: (name, type) => seen.push(`${name} is ${type}`),
      unit: (name, unit) => seen.push(`${name} in ${unit}`),
    });
    expect(seen).toEqual(['a_bytes is gauge', 'a_bytes in bytes', 'b in ', 'i is info']);
  });
});
