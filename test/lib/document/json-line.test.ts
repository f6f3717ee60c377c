import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../../lib/document/json-line.ts';

describe('jsonLine', () => {
  const rows: readonly { name: string; value: unknown; expected: string }[] = [
    { name: 'plain values', value: { a: [1, 'x', null, true] }, expected: '{"a":[1,"x",null,true]}' },
    { name: 'line breaks', value: 'a\r\nb\u2028c\u2029d\u0085e', expected: '"a\\r\\nb\\u2028c\\u2029d\\u0085e"' },
    { name: 'escapes of terminals', value: '\u001b[31m\u009b31m\u007f', expected: '"\\u001b[31m\\u009b31m\\u007f"' },
    { name: 'directions of text', value: '\u202eabc\u2066\u200f', expected: '"\\u202eabc\\u2066\\u200f"' },
    { name: 'keys too', value: { '\u2028': 1 }, expected: '{"\\u2028":1}' },
    { name: 'a long text', value: 'x'.repeat(10_000), expected: `"${'x'.repeat(1000)}..."` },
  ];
  it.each(rows)('writes $name', ({ value, expected }) => {
    expect(jsonLine(value)).toBe(expected);
  });

  it('is one printable line and the same value, whatever its texts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = jsonLine(value);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500, seed: 6 },
    );
  });
});
