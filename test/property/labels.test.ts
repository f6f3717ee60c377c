import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsKey, sortedPairs } from '../../lib/prometheus/labels.ts';
import { seriesKeyOf } from '../../lib/prometheus/samples.ts';

const SETTINGS = { seed: 20_261_124, numRuns: 1000 };

/** Texts made of what separates labels elsewhere, so that two label sets are often nearly equal. */
const text = fc.string({ unit: fc.constantFrom('a', ',', ';', '"', '\\', '[', ']', '=', '\n'), maxLength: 4 });
const labels = fc.dictionary(text, text, { maxKeys: 3 }).map((pairs) => new Map(Object.entries(pairs)));

describe('labelsKey', () => {
  it('is equal for equal label sets and for no others', () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const equal = JSON.stringify(sortedPairs(a)) === JSON.stringify(sortedPairs(b));
        expect(labelsKey(a) === labelsKey(b)).toBe(equal);
      }),
      SETTINGS,
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(labels, (a) => {
        expect(labelsKey(new Map([...a].reverse()))).toBe(labelsKey(a));
      }),
      SETTINGS,
    );
  });

  it('can be taken apart again', () => {
    fc.assert(
      fc.property(labels, (a) => {
        expect(new Map(JSON.parse(labelsKey(a)) as [string, string][])).toEqual(a);
      }),
      SETTINGS,
    );
  });
});

describe('seriesKeyOf', () => {
  it('differs for other names and other labels, names of the legacy scheme given', () => {
    const series = fc.tuple(fc.constantFrom('a', 'b', 'a:b', 'ab'), labels.map(sortedPairs));
    fc.assert(
      fc.property(series, series, (a, b) => {
        expect(seriesKeyOf(...a) === seriesKeyOf(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      SETTINGS,
    );
  });
});
