import type { NamedAnswer } from './bodies.ts';

/** Written for what recorded bodies hardly have: what the fast path remembers from one line to the next, and limits. */

const TEXT = 'text/plain; version=0.0.4';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0';

const times = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

const text: Readonly<Record<string, string>> = {
  'numbers of many digits': [
    '999999999999999',
    '9999999999999999',
    '9007199254740993',
    '123456789012345678',
    '18446744073709551615',
    '99999999999999999999999',
    '0.1',
    '.5',
    '5.',
    '-0',
    '+7',
    '1e3',
    '1E-05',
    '1.7976931348623157e308',
    '5e-324',
    '4.35',
    '0.30000000000000004',
    '000000000000000000012',
    'NaN',
    '+Inf',
  ]
    .map((number, at) => `n{i="${at}"} ${number}\n`)
    .join(''),
  'lines that begin alike': [
    'ab{x="1",y="2"} 1',
    'ab{x="1",y="2"} 2',
    'ab{x="1",y="23"} 3',
    'ab{x="1",y="2\\n"} 4',
    'ab{x="1",y="2\\\\"} 5',
    'ab{x="1",y="2",z="3"} 6',
    'ab{x="1",y="2",z="3",} 7',
    'ab{x="1",yy="2"} 8',
    'ab{x="1"} 9',
    'ab{x="1",} 10',
    'ab{x=""} 11',
    'ab{} 12',
    'ab 13',
    'ab{y="2",x="1"} 14',
    'ab{y="2",x="12"} 15',
    'abc{x="1",y="2"} 16',
    'a{x="1",y="2"} 17',
    'ab{x="1",y="2"} 18 1700000500000',
    'ab{x="1", y="2"} 19',
    'ab {x="1",y="2"} 20',
    'ab{x="1" y="3"} 21',
    ' ab{x="4"} 22',
    'ab{x="\u00e9"} 23',
    'ab{x="\u00e8"} 24',
    'ab{x="e"} 25',
    'ab{x="",y="2"} 26',
  ]
    .map((line) => `${line}\n`)
    .join(''),
  'bounds under each type': times(2, (at) =>
    ['counter', 'gauge', 'histogram', 'summary', 'untyped', 'histogram']
      .map((type, index) => {
        const name = `b${at}_${index}_${type}`;
        const bounds = ['1', '1.0', '10', '1e1', '+Inf', '0x1p-2', '1_0'];
        const lines = bounds.map((bound, n) => `${name}_bucket{le="${bound}",quantile="${bound}"} ${n * 4}\n`);
        return `# TYPE ${name} ${type}\n${lines.join('')}${name}_count 40\n${name}_sum 80.5\n${name}{quantile="1"} 3\n`;
      })
      .join(''),
  ),
  'names that labels change': 'a{__name__="b"} 1\nb{__name__="a",c="1"} 2\n',
  'a label that is there twice': 'a{b="1"} 1\nA{b="1",b="2"} 3\n',
  'more labels than are looked at': `m{${times(70, (at) => `l${at}="${at}",`)}} 1\nm{${times(70, (at) => `l${at}="${at}",`)}last="x"} 2\nm 3\n`,
  'more labels than are kept': `few{a="1"} 1\nmany{${times(10_001, (at) => `l${at}="",`)}} 2\n`,
  'many values of a metric': times(250, (at) => `v_total{i="${at}"} ${at * 2}\n`),
  'many metrics of a label set': times(250, (at) => `name_${at} ${at * 3}\n`),
  'many buckets': `# TYPE h histogram\n${times(230, (at) => `h_bucket{le="${(at * at) / 7 - 3}"} ${at * 5}\n`)}h_bucket{le="+Inf"} 1200\nh_sum 5e5\nh_count 1200\n`,
  'histograms in pieces': times(6, (at) =>
    [
      `# TYPE p${at} histogram\np${at}_count{s="x"} ${at * 10}\np${at}_bucket{le="5",s="x"} ${at * 4}\n`,
      `p${at}_sum{s="x"} ${at * 33}\np${at}_bucket{s="x",le="1"} ${at * 2}\np${at}_bucket{le="bad",s="x"} 1\n`,
      at % 2 === 0 ? `p${at}_bucket{s="x",le="+Inf"} ${at * 10}\n` : '',
      `p${at}_bucket{s="y",le="+Inf"} ${at * 7}\np${at}_bucket{s="z",le="-1"} ${at}\np${at}_sum{s="z"} -4\n`,
    ].join(''),
  ),
  'a line that no document holds': `w{x="${'x'.repeat(70_000)}"} 1\n`,
  'long lines': `w{x="${'\u00e9'.repeat(20_000)}"} 1\nv{x="${'\u00e9'.repeat(20_000)}"} 2\n`,
  'lines of half the length': `w{x="${'y'.repeat(31_000)}"} 1\nv{x="${'y'.repeat(31_000)}"} 2\n`,
  'names and label sets that could be taken for each other': times(
    12,
    (at) => `a${at === 0 ? 1 : ''}{l${at}="x"} ${at}\n`,
  ),
  'names that CloudWatch refuses':
    '_aws 1\nCloudWatchMetrics 2\n{"\u00e9"} 3\n{" "} 4\njob{} 5\ninstance 6\nx{ClusterName="\u00e9"} 7\ny{_aws="1",CloudWatchMetrics="2",Service="3"} 8\n{"1",z="1","2"="2"} 9\n',
};

const openmetrics: Readonly<Record<string, string>> = {
  'beginnings, exemplars and units': [
    '# TYPE c counter',
    '# HELP c x',
    'c_total{a="1"} 4 1700000400.25',
    'c_created{a="1"} 1700000650',
    'c_total{a="2"} 5 # {t="1"} 0.5',
    '# TYPE h_bytes histogram',
    '# UNIT h_bytes bytes',
    'h_bytes_bucket{le="1"} 2',
    'h_bytes_bucket{le="+Inf"} 6 # {t="x"} 3 1700000000',
    'h_bytes_count 6',
    'h_bytes_sum 11',
    'h_bytes_created 1600000000',
    '# TYPE g gaugehistogram',
    'g_bucket{le="2"} 3',
    'g_bucket{le="+Inf"} 8',
    'g_gcount 8',
    'g_gsum 30',
    '# TYPE i info',
    'i_info{v="1"} 1',
    '# TYPE s stateset',
    's{s="a"} 1',
    's{s="b"} 0',
    '# TYPE u unknown',
    'u{a="1"} 3',
    '# EOF',
  ].join('\n'),
  'a name with two types':
    '# TYPE x gauge\nx 3\n# TYPE y counter\ny_total 4\n# TYPE y_total gauge\ny_total{a="1"} 9\n# EOF\n',
};

const answersOf = (bodies: Readonly<Record<string, string>>, contentType: string): NamedAnswer[] =>
  Object.entries(bodies).map(([name, body]) => ({ name, contentType, body: Buffer.from(body) }));

export const ownBodies: readonly NamedAnswer[] = [...answersOf(text, TEXT), ...answersOf(openmetrics, OPENMETRICS)];

/** A plain line, and after it the same one with another byte in place of each of its own, or before it. */
export const nearlyAlike: readonly NamedAnswer[] = ['ab{x="1",y="\\n"} 3', 'ab{x="12"} 4 17000'].flatMap((line) =>
  [...line].flatMap((_, at) =>
    [...'"\\\n {},=#:1a.-\u00e9'].flatMap((byte) =>
      [0, 1].map((replaced): NamedAnswer => {
        const other = line.slice(0, at) + byte + line.slice(at + replaced);
        const body = Buffer.from(`${line}\n${other}\n${line.replace('ab', 'abc')}\n`);
        return { name: other, contentType: TEXT, body };
      }),
    ),
  ),
);
