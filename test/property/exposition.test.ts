import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpositionError, type ExpositionFormat, type LabelPair } from '../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../lib/prometheus/exposition-stream.ts';
import { SCANNERS, saidOfChunks, saidOfWhole } from '../lib/prometheus/parsed-body.ts';

const SETTINGS = { seed: 20_261_124, numRuns: 200 };

type Sample = {
  readonly name: string;
  readonly labels: readonly LabelPair[];
  readonly value: number;
  readonly timestampMs: number | undefined;
};

const legacyName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const utf8 = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const special = fc.string({
  unit: fc.constantFrom('"', '\\', 'n', '\n', '{', '}', ',', '=', '#', ' '),
  minLength: 1,
  maxLength: 8,
});
const name = fc.oneof(legacyName, utf8, special);
const labelName = fc
  .oneof(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/), utf8)
  .filter((text) => text !== '__name__');
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Infinity, -Infinity, Number.NaN, -0));

const sampleIn = (format: ExpositionFormat): fc.Arbitrary<Sample> =>
  fc.record({
    name,
    labels: fc
      .uniqueArray(fc.tuple(labelName, fc.oneof(fc.constant(''), utf8, special)), {
        selector: ([label]) => label,
        maxLength: 4,
      })
      .map((pairs) => pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    value,
    // Seconds on the wire: a quarter of a second is exact.
    timestampMs: fc.option(
      format === 'text'
        ? fc.nat({ max: 2 ** 40 })
        : fc.integer({ min: -4000, max: 2 ** 31 }).map((count) => count * 250),
      { nil: undefined },
    ),
  });

const samplesIn = (format: ExpositionFormat) => fc.array(sampleIn(format), { maxLength: 5 });

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

function print(format: ExpositionFormat, samples: readonly Sample[]): string {
  const lines = samples.map(({ name: metric, labels, value: number, timestampMs }) => {
    const isLegacy = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric);
    const pairs = labels.map(([label, text]) => {
      const printed = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : quoted(label);
      return `${printed}=${quoted(text)}`;
    });
    const series = isLegacy ? `${metric}{${pairs.join(',')}}` : `{${[quoted(metric), ...pairs].join(',')}}`;
    const time = timestampMs === undefined ? '' : ` ${format === 'text' ? timestampMs : timestampMs / 1000}`;
    return `${series} ${printedValue(number)}${time}\n`;
  });
  return lines.join('') + (format === 'text' ? '' : '# EOF\n');
}

function printedValue(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '+Inf' : '-Inf';
  return Object.is(number, -0) ? '-0' : String(number);
}

function parse(format: ExpositionFormat, body: Uint8Array): Sample[] {
  const samples: Sample[] = [];
  parseExposition(format, body, {
    checkNames: true,
    sample: (metric, labels, number, timestampMs) => samples.push({ name: metric, labels, value: number, timestampMs }),
  });
  return samples;
}

/** Lines that begin alike and then differ in a few bytes, in a place of any kind. */
const alike = (format: ExpositionFormat) =>
  fc
    .tuple(
      samplesIn(format),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.constantFrom(...'"\\\n {},=#\u00001.eNa_:\u00e9')), {
        maxLength: 6,
      }),
    )
    .map(([samples, edits]) => {
      const lines = print(format, samples).split('\n');
      const changed = edits.map(([seed, removed, added]) => {
        const line = lines[seed % lines.length] ?? '';
        const at = seed % (line.length + 1);
        return `${line}\n${line.slice(0, at)}${added}${line.slice(at + removed)}\n${line}`;
      });
      return Buffer.from([...changed, ...lines].join('\n'));
    });

/** Comments of all kinds, most of them TYPE and HELP as they are written everywhere, between samples with bounds. */
const commented = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            fc.constantFrom('# HELP ', '# TYPE '),
            fc.constantFrom('a', 'le_a', 'b:1', ''),
            fc.constantFrom(
              ' counter',
              ' gauge',
              ' histogram',
              ' summary',
              ' untyped',
              ' histogramm',
              ' gaug',
              ' unknown',
              '',
            ),
            fc.constantFrom(
              '',
              '',
              '',
              ' ',
              '\r',
              '\u0000',
              ' text behind it that is longer than a vector of bytes',
              '\u00e9',
            ),
          )
          .map((parts) => `${parts.join('')}\n`),
      },
      {
        weight: 2,
        arbitrary: fc
          .array(
            fc.constantFrom(
              '#',
              ' ',
              '\t',
              'HELP',
              'TYPE',
              'EOF',
              'a',
              '"a"',
              'gauge',
              'histogram',
              'x y',
              '\u0000',
              '\u00e9',
              '{',
              '1',
            ),
            { maxLength: 9 },
          )
          .map((parts) => `#${parts.join('')}\n`),
      },
      {
        weight: 5,
        arbitrary: fc
          .tuple(
            fc.constantFrom('a', 'a_bucket', 'le_a', 'b:1'),
            fc.constantFrom('1', '1.0', '1e0', '+Inf', 'x'),
            fc.nat({ max: 2 }),
          )
          .map(([metric, bound, number]) => `${metric}{le="${bound}",n="${number}"} ${number}\n`),
      },
    ),
    { maxLength: 12 },
  )
  .map((lines) => Buffer.from(lines.join('')));

const series = ({ name: metric, labels }: Sample) => ({ name: metric, labels });

describe.each(['text', 'openmetrics'] as const)('the %s format', (format) => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(samplesIn(format), (samples) => {
        expect(parse(format, Buffer.from(print(format, samples)))).toEqual(samples);
      }),
      SETTINGS,
    );
  });

  it('is read in chunks, line by line, as it is read by the reference', () => {
    fc.assert(
      fc.property(alike(format), fc.array(fc.nat(), { maxLength: 4 }), fc.boolean(), (body, seeds, all) => {
        const cuts = seeds.map((seed) => seed % (body.length + 1)).sort((a, b) => a - b);
        const wants = (metric: string) => all || metric.length % 2 === 0;
        const expected = saidOfWhole(format, body, wants);
        for (const { scanner } of SCANNERS) expect(saidOfChunks(format, body, cuts, wants, scanner)).toEqual(expected);
      }),
      { ...SETTINGS, numRuns: 2000 },
    );
  });

  it('is read with its comments as it is read by the reference', () => {
    fc.assert(
      fc.property(commented, fc.array(fc.nat(), { maxLength: 3 }), fc.boolean(), (body, seeds, all) => {
        const cuts = seeds.map((seed) => seed % (body.length + 1)).sort((a, b) => a - b);
        const wants = (metric: string) => all || metric !== 'a';
        const expected = saidOfWhole(format, body, wants);
        for (const { scanner } of SCANNERS) expect(saidOfChunks(format, body, cuts, wants, scanner)).toEqual(expected);
      }),
      { ...SETTINGS, numRuns: 4000 },
    );
  });

  it('has the numbers that their texts have', () => {
    const digits = fc.stringMatching(/^[0-9]{0,17}$/);
    const text = fc
      .tuple(fc.constantFrom('', '-', '+'), digits, fc.constantFrom('', '.'), digits, fc.integer({ min: -40, max: 40 }))
      .filter(([, whole, point, fraction]) => whole !== '' || (point !== '' && fraction !== ''))
      .map(([sign, whole, point, fraction, power]) =>
        [sign, whole, point, point && fraction, power === 0 ? '' : `e${power}`].join(''),
      );
    fc.assert(
      fc.property(text, (printed) => {
        const body = Buffer.from(`a ${printed}\n${format === 'text' ? '' : '# EOF\n'}`);
        for (const { scanner } of SCANNERS)
          expect(saidOfChunks(format, body, [], undefined, scanner)).toEqual([
            ['sample', 'a', [], Number(printed), undefined],
            1,
          ]);
      }),
      { ...SETTINGS, numRuns: 2000 },
    );
  });

  it('ends in an ExpositionError or in samples, whatever the bytes are', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .string({
          unit: fc.constantFrom(
            'a',
            '1',
            '{',
            '}',
            '"',
            '\\',
            '\n',
            ' ',
            ',',
            '=',
            '#',
            '# EOF',
            '# TYPE a ',
            '\u0000',
          ),
          maxLength: 20,
        })
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(noise, (body) => {
        try {
          parse(format, body);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpositionError);
          const { line, column, message } = error as ExpositionError;
          expect([line >= 1, column >= 1, /[\u0000-\u001f]/.test(message)]).toEqual([true, true, false]);
        }
      }),
      { ...SETTINGS, numRuns: 2000 },
    );
  });
});

/** Every cut of the body that is accepted, with the samples it gave. */
function acceptedCuts(format: ExpositionFormat, body: Buffer): { cut: number; samples: Sample[] }[] {
  return Array.from({ length: body.length }, (_, cut) => cut).flatMap((cut) => {
    try {
      return [{ cut, samples: parse(format, body.subarray(0, cut)) }];
    } catch (error) {
      expect(error).toBeInstanceOf(ExpositionError);
      return [];
    }
  });
}

describe('a body that is cut at any byte', () => {
  it('is rejected in OpenMetrics, unless only the last newline is gone', () => {
    fc.assert(
      fc.property(samplesIn('openmetrics'), (samples) => {
        const body = Buffer.from(print('openmetrics', samples));
        expect(acceptedCuts('openmetrics', body).map(({ cut }) => cut)).toEqual([body.length - 1]);
      }),
      { ...SETTINGS, numRuns: 50 },
    );
  });

  it('gives a prefix in the text format, or is rejected: only the last value and timestamp may be cut', () => {
    fc.assert(
      fc.property(samplesIn('text'), (samples) => {
        const body = Buffer.from(print('text', samples));
        for (const { samples: found } of acceptedCuts('text', body)) {
          const whole = found.slice(0, -1);
          expect(whole).toEqual(samples.slice(0, whole.length));
          expect(found.map(series)).toEqual(samples.slice(0, found.length).map(series));
        }
      }),
      { ...SETTINGS, numRuns: 50 },
    );
  });
});
