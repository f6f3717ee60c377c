import { describe, expect, it } from 'vitest';
import { ExpositionError, type LabelPair } from '../../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../../lib/prometheus/exposition-stream.ts';

type Seen = readonly [name: string, labels: readonly LabelPair[], value: number, timestampMs?: number];

function samplesOf(body: string | Uint8Array, checkNames = false): Seen[] {
  const seen: Seen[] = [];
  const count = parseExposition('text', typeof body === 'string' ? Buffer.from(body) : body, {
    checkNames,
    sample: (name, labels, value, timestampMs) =>
      seen.push(timestampMs === undefined ? [name, labels, value] : [name, labels, value, timestampMs]),
  });
  expect(count).toBe(seen.length);
  return seen;
}

function errorOf(body: string | Uint8Array, checkNames = false): string {
  try {
    samplesOf(body, checkNames);
  } catch (error) {
    if (error instanceof ExpositionError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('parseText', () => {
  const accepted: readonly { name: string; input: string; expected: readonly Seen[] }[] = [
    { name: 'nothing', input: '', expected: [] },
    { name: 'empty lines', input: '\n\n', expected: [] },
    { name: 'a sample', input: 'a 1\n', expected: [['a', [], 1]] },
    { name: 'a last line without newline', input: 'a 1', expected: [['a', [], 1]] },
    { name: 'a timestamp', input: 'a 1 1700000000000\n', expected: [['a', [], 1, 1_700_000_000_000]] },
    { name: 'tabs and trailing white space', input: 'a\t1\t2 \n', expected: [['a', [], 1, 2]] },
    { name: 'colons in a name', input: ':a:b 1\n', expected: [[':a:b', [], 1]] },
    { name: 'empty braces', input: 'a{} 1\n', expected: [['a', [], 1]] },
    {
      name: 'labels, sorted by name',
      input: 'a{y="2",x="1"} 1\n',
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
    { name: 'a trailing comma', input: 'a{x="1",} 1\n', expected: [['a', [['x', '1']], 1]] },
    {
      name: 'labels without a comma',
      input: 'a{x="1" y="2"} 1\n',
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
    { name: 'white space inside braces', input: 'a { x = "1" , } 1\n', expected: [['a', [['x', '1']], 1]] },
    { name: 'no space behind the braces', input: 'a{x="1"}1\n', expected: [['a', [['x', '1']], 1]] },
    { name: 'escapes', input: 'a{x="q\\"b\\\\n\\n"} 1\n', expected: [['a', [['x', 'q"b\\n\n']], 1]] },
    { name: 'an unknown escape as it stands', input: 'a{x="\\t"} 1\n', expected: [['a', [['x', '\\t']], 1]] },
    { name: 'a brace in a value', input: 'a{x="}"} 1\n', expected: [['a', [['x', '}']], 1]] },
    { name: 'a line break in a value', input: 'a{x="1\n2"} 1\n', expected: [['a', [['x', '1\n2']], 1]] },
    { name: 'an empty label value', input: 'a{x=""} 1\n', expected: [['a', [['x', '']], 1]] },
    {
      name: 'a label twice',
      input: 'a{x="1",x="2"} 1\n',
      expected: [
        [
          'a',
          [
            ['x', '1'],
            ['x', '2'],
          ],
          1,
        ],
      ],
    },
    { name: 'a label called __proto__', input: 'a{__proto__="1"} 1\n', expected: [['a', [['__proto__', '1']], 1]] },
    { name: 'a quoted name', input: '{"a b",x="1"} 1\n', expected: [['a b', [['x', '1']], 1]] },
    { name: 'a quoted label name', input: 'a{"x y"="1"} 1\n', expected: [['a', [['x y', '1']], 1]] },
    { name: 'a name given as label', input: 'a{__name__="b"} 1\n', expected: [['b', [], 1]] },
    { name: 'UTF-8 in a value', input: 'a{x="größe 😀"} 1\n', expected: [['a', [['x', 'größe 😀']], 1]] },
    {
      name: 'the special values',
      input: 'a +Inf\na -inf\na NaN\na -0\na 1e-3\na .5\na infinity\n',
      expected: [Infinity, -Infinity, Number.NaN, -0, 0.001, 0.5, Infinity].map((value) => ['a', [], value]),
    },
    {
      name: 'comments and HELP',
      input: '# a comment\n#\n#comment\n# HELP a text\\n \\\\\n# HELP a\na 1\n',
      expected: [['a', [], 1]],
    },
    {
      name: 'le of a histogram in one spelling',
      input:
        '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1.50"} 2\nh_bucket{le="1e6"} 2\nh_bucket{le="+inf"} 3\n',
      expected: [
        ['h_bucket', [['le', '1.0']], 1],
        ['h_bucket', [['le', '1.5']], 2],
        ['h_bucket', [['le', '1e+06']], 2],
        ['h_bucket', [['le', '+Inf']], 3],
      ],
    },
    {
      name: 'quantile of a summary in one spelling',
      input: '# TYPE s summary\ns{quantile="0.50"} 1\n',
      expected: [['s', [['quantile', '0.5']], 1]],
    },
    { name: 'le of another type as it stands', input: 'a{le="1"} 1\n', expected: [['a', [['le', '1']], 1]] },
    { name: 'nothing behind a NUL byte at the start of a line', input: 'a 1\n\u0000b 2\n', expected: [['a', [], 1]] },
    { name: 'the largest timestamp', input: 'a 1 9223372036854775807\n', expected: [['a', [], 1, 2 ** 63]] },
    {
      name: 'the Kafka Connect sample of the design',
      input: 'kafka_connect_connect_worker_metrics_connector_total_task_count{connector="sink.connectora.v1",} 1.0\n',
      expected: [
        ['kafka_connect_connect_worker_metrics_connector_total_task_count', [['connector', 'sink.connectora.v1']], 1],
      ],
    },
  ];
  it.each(accepted)('accepts $name', ({ input, expected }) => {
    expect(samplesOf(input)).toEqual(expected);
  });

  const END = 'found the end of the body';
  const FLOAT = 'expected a float as the value, found';
  const TYPES = 'expected one of counter, gauge, histogram, summary, untyped, found';
  const rejected: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'a name alone',
      input: 'a',
      expected: `syntax: line 1, column 2: expected a value after the series, ${END}`,
    },
    {
      name: 'a series without value',
      input: 'ok 1\na{x="1"}\n',
      expected: 'syntax: line 2, column 9: expected a value after the series, found "\\n"',
    },
    { name: 'an open brace', input: 'a{', expected: `syntax: line 1, column 3: expected a label name, ${END}` },
    {
      name: 'a label without value',
      input: 'a{x',
      expected: `syntax: line 1, column 4: expected "=" after the label name, ${END}`,
    },
    {
      name: 'a value without quotes',
      input: 'a{x=1} 1',
      expected: 'syntax: line 1, column 5: expected a label value in double quotes, found "1} 1"',
    },
    {
      name: 'a value that does not end',
      input: 'a{x="1',
      expected: 'syntax: line 1, column 5: expected a label value in double quotes, found ""1"',
    },
    {
      name: 'a label name that starts with a digit',
      input: 'a{1="1"} 1',
      expected: 'syntax: line 1, column 3: expected a label name, found "1="1"} 1"',
    },
    {
      name: 'a comma alone',
      input: 'a{,} 1',
      expected: 'syntax: line 1, column 3: expected a label name, found ",} 1"',
    },
    {
      name: 'two commas',
      input: 'a{x="1",,} 1',
      expected: 'syntax: line 1, column 9: expected a label name, found ",} 1"',
    },
    {
      name: 'another separator',
      input: 'a{x="1";y="2"} 1',
      expected: 'syntax: line 1, column 8: expected a label name, found ";y="2"} 1"',
    },
    {
      name: 'braces without a name',
      input: '\n{x="1"} 1',
      expected: 'syntax: line 2, column 1: expected a metric name in the braces, found "{x="1"} 1"',
    },
    {
      name: 'two names',
      input: '{"a","b"} 1',
      expected: 'syntax: line 1, column 6: expected one metric name only, found ""b"} 1"',
    },
    {
      name: 'a name that starts with a digit',
      input: 'ok 1\n1a 2\n',
      expected: 'syntax: line 2, column 1: expected a metric name or a comment, found "1a 2"',
    },
    {
      name: 'a name with a letter beyond ASCII',
      input: 'ok 1\n\ngröße 1\n',
      expected: 'value: line 3, column 3: expected a float as the value, found "öße 1"',
    },
    { name: 'a value that is no number', input: 'a x\n', expected: `value: line 1, column 3: ${FLOAT} "x"` },
    { name: 'a value of another locale', input: 'a 1,5\n', expected: `value: line 1, column 3: ${FLOAT} "1,5"` },
    { name: 'a hexadecimal value', input: 'a 0x1\n', expected: `value: line 1, column 3: ${FLOAT} "0x1"` },
    { name: 'a value with underscores', input: 'a 1_0\n', expected: `value: line 1, column 3: ${FLOAT} "1_0"` },
    { name: 'a value beyond a float', input: 'a 1e999\n', expected: `value: line 1, column 3: ${FLOAT} "1e999"` },
    { name: 'a carriage return', input: 'a 1\r\n', expected: `value: line 1, column 3: ${FLOAT} "1\\u000d"` },
    {
      name: 'a timestamp with a sign',
      input: 'a 1 -1',
      expected: 'timestamp: line 1, column 5: expected a timestamp in milliseconds or the end of the line, found "-1"',
    },
    {
      name: 'a timestamp with a fraction',
      input: 'a 1 1.5',
      expected: 'syntax: line 1, column 6: expected the end of the line, found ".5"',
    },
    {
      name: 'a timestamp beyond 64 bits',
      input: 'a 1 9223372036854775808',
      expected: 'timestamp: line 1, column 5: expected a timestamp in milliseconds, found "922337203685..."',
    },
    {
      name: 'more behind the timestamp',
      input: 'a 1 1 1',
      expected: 'syntax: line 1, column 7: expected the end of the line, found "1"',
    },
    {
      name: 'an exemplar',
      input: 'a 1 # {t="1"} 2',
      expected:
        'timestamp: line 1, column 5: expected a timestamp in milliseconds or the end of the line, found "# {t="1"} 2"',
    },
    { name: 'an unknown type', input: '# TYPE a number\n', expected: `metadata: line 1, column 9: ${TYPES} " number"` },
    {
      name: 'a type of OpenMetrics',
      input: '# TYPE a info\n',
      expected: `metadata: line 1, column 9: ${TYPES} " info"`,
    },
    { name: 'no type', input: '# TYPE a\n', expected: `metadata: line 1, column 9: ${TYPES} "\\n"` },
    {
      name: 'more behind the type',
      input: '# TYPE a counter x\n',
      expected: `metadata: line 1, column 9: ${TYPES} " counter x"`,
    },
    {
      name: 'a type without a name',
      input: '# TYPE 1a counter\n',
      expected: 'metadata: line 1, column 8: expected a metric name after # TYPE, found "1a counter"',
    },
    {
      name: 'a page in HTML',
      input: '\n<!DOCTYPE html>\n',
      expected: 'syntax: line 2, column 1: expected a metric name or a comment, found "<!DOCTYPE ht..."',
    },
    {
      name: 'a fault behind good lines',
      input: 'ok 1\n\nbad line here\n',
      expected: `value: line 3, column 5: ${FLOAT} "line here"`,
    },
    {
      name: 'a long line, which the message cuts',
      input: `a ${'x'.repeat(100)}\n`,
      expected: `value: line 1, column 3: ${FLOAT} "${'x'.repeat(12)}..."`,
    },
    {
      name: 'control characters, which the message escapes',
      input: 'a \u001b[31m\n',
      expected: `value: line 1, column 3: ${FLOAT} "\\u001b[31m"`,
    },
  ];
  it.each(rejected)('rejects $name', ({ input, expected }) => {
    expect(errorOf(input)).toBe(expected);
  });

  it('places a fault at the first byte in column 1', () => {
    expect(errorOf('}')).toBe('syntax: line 1, column 1: expected a metric name or a comment, found "}"');
  });

  it('rejects a label value that is not UTF-8', () => {
    const body = Buffer.from('ok 1\na{x="\u00ff"} 1\n', 'latin1');
    expect(errorOf(body)).toBe('utf8: line 2, column 5: expected a label value in UTF-8, found ""\ufffd"} 1"');
  });

  it('rejects a name that is not UTF-8 where names are checked', () => {
    const body = Buffer.from('ok 1\n{"\u00ff"} 1\n', 'latin1');
    expect(errorOf(body)).toBe('accepted');
    expect(errorOf(body, true)).toBe('utf8: line 2, column 3: expected a metric name in UTF-8, found "\ufffd"} 1"');
  });

  it('rejects a help text that is not UTF-8', () => {
    const body = Buffer.from('# HELP a \u00ff\n', 'latin1');
    expect(errorOf(body)).toBe('utf8: line 1, column 10: expected a help text in UTF-8, found "\ufffd"');
  });

  it('reports types', () => {
    const types: string[] = [];
    const body = '# TYPE a counter\n# TYPE b untyped\n# TYPE "c d" gauge\n';
    parseExposition('text', Buffer.from(body), {
      sample: () => {},
      type: (name, type) => types.push(`${name}=${type}`),
    });
    expect(types).toEqual(['a=counter', 'b=unknown', 'c d=gauge']);
  });

  it('checks and counts samples that are not wanted without handing them over', () => {
    const seen: string[] = [];
    const visitor = { wants: (name: string) => name === 'b', sample: (name: string) => seen.push(name) };
    expect(parseExposition('text', Buffer.from('a 1\nb 2\na 3\n'), visitor)).toBe(3);
    expect(seen).toEqual(['b']);
    expect(() => parseExposition('text', Buffer.from('b 2\na x\n'), visitor)).toThrow('line 2, column 3');
  });
});
