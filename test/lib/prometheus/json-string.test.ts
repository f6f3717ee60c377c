import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonString } from '../../../lib/prometheus/json-string.ts';

const TEXTS = [
  '',
  'a_total',
  "/ '<>&",
  '\u007f\u00e9\u20ac',
  '\u2028',
  '"',
  '\\',
  'a\nb',
  '\u0000',
  '\u001f',
  '\ud800',
  'a\udfff',
];

describe('jsonString', () => {
  it.each(TEXTS)('writes %j as JSON does', (text) => {
    expect(jsonString(text)).toBe(JSON.stringify(text));
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
