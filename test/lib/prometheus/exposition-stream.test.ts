import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ExpositionFormat } from '../../../lib/prometheus/exposition.ts';
import {
  type ExpositionStream,
  endExposition,
  openExposition,
  parseExposition,
  readChunk,
} from '../../../lib/prometheus/exposition-stream.ts';
import { type Said, SCANNERS, saidOfChunks as saidBy, saidOfWhole } from './parsed-body.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Recorded bodies: real exporters, and the cases of Prometheus's and OpenMetrics' own tests. */
function recordedBodies(): Buffer[] {
  const data = join(ROOT, 'test/conformance/data');
  const filesOf = (folder: string, ending: RegExp) =>
    readdirSync(folder)
      .filter((file) => ending.test(file))
      .map((file) => readFileSync(join(folder, file)));
  const cases = filesOf(join(data, 'exposition'), /\.ndjson$/)
    .flatMap((text) => text.toString().trim().split('\n'))
    .map((line) => JSON.parse(line) as { body?: string; body_b64?: string })
    .map(({ body = '', body_b64 }) => (body_b64 === undefined ? Buffer.from(body) : Buffer.from(body_b64, 'base64')));
  return [
    ...cases,
    ...filesOf(join(data, 'exporters'), /\.prom$/),
    ...filesOf(join(data, 'jmx'), /\.(?:prom|txt)$/),
    ...filesOf(join(ROOT, 'examples/exporters'), /\.prom$/),
  ];
}

const FORMATS: readonly ExpositionFormat[] = ['text', 'openmetrics'];
/** Some names, whatever they are. */
const some = (name: string) => name.length % 3 === 0;

/** Ascending offsets that follow from the seed alone. */
function cutsOf(length: number, count: number, seed: number): number[] {
  let state = seed;
  const cuts = Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % (length + 1);
  });
  return cuts.sort((a, b) => a - b);
}

const everyByte = (body: Uint8Array) => Array.from({ length: body.length }, (_, at) => at);

describe.each(SCANNERS)('a body in chunks that are scanned by $language', ({ scanner }) => {
  const saidOfChunks = (
    format: ExpositionFormat,
    body: Uint8Array,
    cuts: readonly number[],
    wants?: (name: string) => boolean,
  ): Said => saidBy(format, body, cuts, wants, scanner);
  const bodies = recordedBodies();
  const small = bodies.filter(({ length }) => length <= 1500);
  const large = bodies.filter(({ length }) => length > 1500);

  it('are recorded bodies of both sizes', () => {
    expect([small.length > 150, large.length > 20, scanner !== undefined]).toEqual([true, true, true]);
  });

  describe.each(FORMATS)('read as %s', (format) => {
    it('says what the reference says of it, cut anywhere', () => {
      for (const body of small) {
        const expected = saidOfWhole(format, body);
        for (const cut of everyByte(body)) expect(saidOfChunks(format, body, [cut])).toEqual(expected);
        expect(saidOfChunks(format, body, everyByte(body))).toEqual(expected);
      }
    }, 60_000);

    it('says what the reference says of it, whatever is selected', () => {
      for (const wants of [undefined, some, () => false]) {
        for (const [index, body] of bodies.entries()) {
          const expected = saidOfWhole(format, body, wants);
          for (const count of [0, 1, 7, 50])
            expect(saidOfChunks(format, body, cutsOf(body.length, count, index), wants)).toEqual(expected);
        }
      }
    }, 60_000);
  });

  const rows: readonly { readonly name: string; readonly body: string; readonly format?: ExpositionFormat }[] = [
    { name: 'a line that goes on as the one before it did', body: 'a{b="1",c="2"} 1\na{b="1",c="2"} x\n' },
    { name: 'a longer name with the same start', body: 'a{b="1"} 1\na1{b="1"} 2\na{b="1"} 3\n' },
    { name: 'the same labels under another name', body: 'ab{b="1"} 1\nac{b="1"} 2\n' },
    { name: 'a name without labels after one with', body: 'a{b="1"} 1\na 2\na{b="1"} 3\n' },
    { name: 'a longer value with the same start', body: 'a{b="1"} 1\na{b="12"} 2\na{b="1"} 3\na{b=""} 4\n' },
    { name: 'another byte for the quote, then a comma', body: 'a{b="1"} 1\na{b="1x,c="2"} 2\n' },
    { name: 'another byte for the quote, then the end', body: 'a{b="1"} 1\na{b="1x} 2\n' },
    { name: 'an escape where the one before has none', body: 'a{b="x1"} 1\na{b="x\\"1"} 2\na{b="x\\\\"} 3\n' },
    {
      name: 'another escape in the same place',
      body: 'a{b="x\\\\"} 1\na{b="x\\\\\\""} 2\na{b="x\\n"} 3\na{b="x\\"} 4\n',
    },
    { name: 'an escape at the end that swallows the quote', body: 'a{b="x\\\\",c="1"} 1\na{b="x\\\\\\",c="1"} 1\n' },
    { name: 'more labels, and fewer', body: 'a{b="1"} 1\na{b="1",c="2"} 2\na{b="1",} 3\na{} 4\na{b="1",c="3"} 5\n' },
    { name: 'another label name in the same place', body: 'a{b="1",cd="2"} 1\na{b="1",ce="2"} 2\na{b="1",c="2"} 3\n' },
    { name: 'a comma missing where there was one', body: 'a{b="1",c="2"} 1\na{b="1"c="2"} 2\na{b="1";c="2"} 3\n' },
    { name: 'two commas where there was one', body: 'a{b="1",c="2"} 1\na{b="1",,c="2"} 2\n' },
    {
      name: 'labels that are not sorted, and the same again',
      body: 'a{c="1",b="2"} 1\na{c="1",b="3"} 2\na{c="1",b="3"} 3\n',
    },
    { name: 'a label that renames', body: 'a{__name__="b",c="1"} 1\na{__name__="b",c="1"} 2\na{c="1"} 3\n' },
    {
      name: 'a bound in two spellings',
      body: '# TYPE a histogram\na_bucket{le="1"} 1\na_bucket{le="1.0"} 2\na_bucket{le="1e6"} 3\n',
    },
    {
      name: 'a bound that was none before',
      body: 'a{le="1"} 1\n# TYPE a histogram\na{le="1"} 2\n# TYPE a gauge\na{le="1"} 3\n',
    },
    {
      name: 'a bound under another type',
      body: '# TYPE a summary\na{quantile="1"} 1\n# TYPE a gauge\na{quantile="1"} 2\n',
    },
    { name: 'letters of two bytes', body: 'a{b="\u00e9"} 1\na{b="\u00e8"} 2\na{b="e"} 3\n' },
    { name: 'a newline in a value', body: 'a{b="1\n2"} 1\na{b="1\n3"} 2\na{b="1' },
    { name: 'a newline in a quoted name', body: '{"a\nb",c="1"} 1\n{"a\n', format: 'openmetrics' },
    { name: 'a NUL byte at the start of a line', body: 'a 1\n\0b x\nc\n' },
    { name: 'numbers at the borders', body: `a ${'9'.repeat(200)}\na ${'9'.repeat(308)}\na 1e99\na 1e308\na 1e309\n` },
    {
      name: 'numbers as floats hold them',
      body: 'a 0.1\na -0\na 123456789012345\na 9007199254740993\na 1.7976931348623157e99\na 5e-23\na 1.5e22\na 00.30E-1\na 3.22E9\n',
    },
    {
      name: 'numbers that are almost short',
      body: 'a 1.e5\na .e5\na 1.5e\na 1.5e123\na 1..5\na 1.5e5e5\na 123456789012345\na 1234567890123456\na 1e5.5\n',
    },
    { name: 'a point alone', body: 'a 1\na .\n' },
    { name: 'an exponent alone', body: 'a 1\na .e1\n' },
    { name: 'two points', body: 'a 1\na 1.5.\n' },
    {
      name: 'the labels of the line before under a shorter name',
      body: 'abc{d="1",e="2"} 1\nab{d="1",e="2"} 2\na{d="1",ee="2"} 3\na{d="1",e1="2"} 4\na{d="1",e="2"} 5\n',
    },
    {
      name: 'labels with long names',
      body: `a{b="1",${'c'.repeat(14)}="1",${'d'.repeat(15)}="2"} 1\na{b="2",${'c'.repeat(14)}="1",${'d'.repeat(15)}="2"} 1\na{b="3",${'c'.repeat(13)}d="1",${'d'.repeat(16)}="2"} 1\n`,
    },
    {
      name: 'numbers of every form',
      body: 'a 1.\na .5\na +1\na -.5e-07\na 1E5\na NaN\na nan\na -Inf\na Infinity\na 1e\n',
    },
    { name: 'no number', body: 'a{b="1"} 1\na{b="1"} .\n' },
    { name: 'a sign alone', body: 'a -\n' },
    { name: 'NaN that goes on', body: 'a NaN1\n' },
    { name: 'timestamps', body: 'a 1 1700000000000\na 1 -1\n' },
    {
      name: 'the largest timestamps',
      body: 'a 1 999999999999999999\na 1 9223372036854775807\na 1 9223372036854775808\n',
    },
    { name: 'a space behind the timestamp', body: 'a 1 5 \na 1 5  \na 1 5 6\n' },
    { name: 'timestamps in seconds', body: 'a 1 1.5\na 1 -2e3\na 1 1e99\na 1 NaN\n# EOF\n', format: 'openmetrics' },
    {
      name: 'an exemplar',
      body: 'a{b="1"} 1\na{b="1"} 1 # {c="2"} 3\na{b="1"} 1 5 # {c="2"} x\n',
      format: 'openmetrics',
    },
    {
      name: 'when a counter began',
      body: '# TYPE a counter\na_total 1\na_created 5\na_created{b="1"} 5.5\n# EOF\n',
      format: 'openmetrics',
    },
    {
      name: 'when a counter began, first',
      body: '# TYPE a counter\na_created 5\na_total 1\na_created 6\n# EOF\n',
      format: 'openmetrics',
    },
    { name: 'something behind # EOF', body: 'a 1\n# EOF\nb 2\n', format: 'openmetrics' },
    { name: 'an empty line behind # EOF', body: 'a 1\n# EOF\n\n', format: 'openmetrics' },
    { name: '# EOF twice', body: 'a 1\n# EOF\n# EOF\n', format: 'openmetrics' },
    { name: '# EOF that goes on', body: 'a 1\n# EOFx', format: 'openmetrics' },
    { name: '# EOF without newline', body: 'a 1\n# EOF', format: 'openmetrics' },
    { name: 'no # EOF', body: 'a 1\nb 2\n', format: 'openmetrics' },
    { name: 'nothing', body: '', format: 'openmetrics' },
  ];
  it.each(rows)('says of $name what the reference says', ({ body: text, format = 'text' }) => {
    const body = Buffer.from(text);
    for (const wants of [undefined, () => false]) {
      const expected = saidOfWhole(format, body, wants);
      for (const cut of everyByte(body)) expect(saidOfChunks(format, body, [cut], wants)).toEqual(expected);
      expect(saidOfChunks(format, body, everyByte(body), wants)).toEqual(expected);
    }
  });

  it('knows more names than it remembers', () => {
    const body = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `a_${i}{b="1"} ${i}\na_${i % 7} 2\n`).join(''));
    const wants = (name: string) => name.endsWith('77');
    expect(saidOfChunks('text', body, [], wants)).toEqual(saidOfWhole('text', body, wants));
  });

  it('holds a line with more labels than there is room for', () => {
    const labels = Array.from({ length: 200 }, (_, i) => `l${i}="${i}"`).join(',');
    const body = Buffer.from(`a{${labels}} 1\na{${labels}} 2\n`);
    expect(saidOfChunks('text', body, [])).toEqual(saidOfWhole('text', body));
  });

  it('holds lines that are longer than what is scanned at a time, and shorter ones between them', () => {
    const long = (label: string) => `a{${label}="${'x'.repeat(70_000)}"} 1\n`;
    const short = Array.from({ length: 3000 }, (_, i) => `a{b="${i % 40}",c="${i}"} ${i}\n`).join('');
    const body = Buffer.from(long('b') + long('b') + short + long('c') + short);
    for (const wants of [undefined, () => false])
      expect(saidOfChunks('text', body, [100_000], wants)).toEqual(saidOfWhole('text', body, wants));
  });

  it('finds an open quote without reading all again for each chunk', () => {
    const body = Buffer.from(`a 1\na{b="${'1\n'.repeat(200_000)}`);
    const cuts = Array.from({ length: body.length / 64 }, (_, i) => i * 64);
    expect(saidOfChunks('text', body, cuts)).toEqual(saidOfWhole('text', body));
  });
});

describe.each(SCANNERS)('bodies that are read at the same time by $language', ({ scanner }) => {
  const bodies = recordedBodies().filter(({ length }) => length > 1500);
  const wantsOf = (index: number) => (name: string) => name.length % 3 === index % 3;

  it('say the same as each for itself', () => {
    const said = bodies.map((): unknown[] => []);
    const streams = bodies.map((_, index) => {
      const sample = (...given: unknown[]) => said[index]?.push(given);
      return openExposition('text', { wants: wantsOf(index), sample }, scanner);
    });
    const longest = Math.max(...bodies.map(({ length }) => length));
    for (let start = 0; start < longest; start += 1000)
      for (const [index, body] of bodies.entries())
        attempt(() => readChunk(streams[index] as ExpositionStream, body.subarray(start, start + 1000)));
    for (const [index, body] of bodies.entries()) {
      const alone: unknown[] = [];
      const visitor = { wants: wantsOf(index), sample: (...given: unknown[]) => alone.push(given) };
      const read = attempt(() => parseExposition('text', body, visitor, scanner));
      if (read)
        expect([attempt(() => endExposition(streams[index] as ExpositionStream)), said[index]]).toEqual([true, alone]);
    }
  });

  it('may be read by the visitor of another one', () => {
    const inner = Buffer.from('b{c="1"} 1\nb{c="2"} 2\n');
    const outer = Buffer.from('a{c="1"} 1\na{c="1",d="1"} 2\na{c="1",d="2"} 3\n');
    const said: unknown[] = [];
    const read = (body: Buffer, then: () => void) =>
      parseExposition(
        'text',
        body,
        {
          sample: (name, labels, value) => {
            said.push([name, labels.length, value]);
            then();
          },
        },
        scanner,
      );
    expect(read(outer, () => read(inner, () => {}))).toBe(3);
    const nested = [
      ['b', 1, 1],
      ['b', 1, 2],
    ];
    expect(said).toEqual([['a', 1, 1], ...nested, ['a', 2, 2], ...nested, ['a', 2, 3], ...nested]);
  });

  it('may be read between two lines of another one', () => {
    const body = Buffer.from('a{c="1"} 1\n# TYPE b gauge\nb{c="2"} 2\n');
    // Another line begins where that of b does.
    const inner = Buffer.from(`x{c="${'3'.repeat(16)}"} 3\ny{c="4"} 4\nz 5\n`);
    const said: unknown[] = [];
    const sample = (name: string, _: unknown, value: number) => said.push([name, value]);
    const type = () => parseExposition('text', inner, { sample }, scanner);
    expect(inner.indexOf('y')).toBe(body.lastIndexOf('b'));
    expect(parseExposition('text', body, { sample, type }, scanner)).toBe(2);
    expect(said).toEqual([
      ['a', 1],
      ['x', 3],
      ['y', 4],
      ['z', 5],
      ['b', 2],
    ]);
  });

  it('are read after a visitor has thrown', () => {
    const body = Buffer.from('a{b="1"} 1\na{b="2"} 2\n');
    const refuse = () => {
      throw new Error('refused');
    };
    expect(() => parseExposition('text', body, { sample: refuse }, scanner)).toThrow('refused');
    expect(() => parseExposition('text', body, { wants: refuse, sample: () => {} }, scanner)).toThrow('refused');
    expect(saidBy('text', body, [], undefined, scanner)).toEqual(saidOfWhole('text', body));
  });
});

function attempt(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
