import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonString, needsEscapes } from '../../../lib/prometheus/json-string.ts';

const rows: readonly { text: string; escapes: boolean }[] = [
  { text: '', escapes: false },
  { text: 'a_total', escapes: false },
  { text: "/ '<>&", escapes: false },
  { text: '\u007f\u00e9\u20ac', escapes: false },
  { text: '\u2028', escapes: false },
  { text: '"', escapes: true },
  { text: '\\', escapes: true },
  { text: 'a\nb', escapes: true },
  { text: '\u0000', escapes: true },
  { text: '\u001f', escapes: true },
  { text: '\ud800', escapes: true },
  { text: 'a\udfff', escapes: true },
];

describe('jsonString', () => {
  it.each(rows)('writes $text as JSON does', ({ text, escapes }) => {
    expect([jsonString(text), needsEscapes(text)]).toEqual([JSON.stringify(text), escapes]);
  });

  it('writes a character of two halves as JSON does', () => {
    expect(jsonString('\u{1f600}')).toBe('"\u{1f600}"');
  });

  it('writes any text as JSON does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(jsonString(text)).toBe(JSON.stringify(text));
      }),
      { seed: 20_261_126, numRuns: 1000 },
    );
  });
});
