import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelKeys, labelNumbers } from '../../../lib/prometheus/label-keys.ts';
import { type Labels, labelsKey, labelsOf } from '../../../lib/prometheus/labels.ts';

type Pairs = readonly (readonly [string, string])[];

const rows: readonly { name: string; pairs: readonly [Pairs, Pairs]; equal: boolean }[] = [
  { name: 'no labels', pairs: [[], []], equal: true },
  { name: 'labels and none', pairs: [[['a', '1']], []], equal: false },
  {
    name: 'another order',
    pairs: [
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['b', '2'],
        ['a', '1'],
      ],
    ],
    equal: true,
  },
  {
    name: 'values that change places',
    pairs: [
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['b', '1'],
        ['a', '2'],
      ],
    ],
    equal: false,
  },
  { name: 'another name', pairs: [[['a', '1']], [['b', '1']]], equal: false },
  {
    name: 'one name more',
    pairs: [
      [['a', '1']],
      [
        ['a', '1'],
        ['b', '1'],
      ],
    ],
    equal: false,
  },
  {
    name: 'a name that is a part',
    pairs: [
      [['a,b', '1']],
      [
        ['a', '1'],
        ['b', '1'],
      ],
    ],
    equal: false,
  },
  {
    name: 'a value that looks like two',
    pairs: [
      [
        ['a', 'x'],
        ['b', '1 y2 z'],
      ],
      [
        ['a', 'x1 y'],
        ['b', '2 z'],
      ],
    ],
    equal: false,
  },
  { name: 'a value that looks like the same again', pairs: [[['a', '1']], [['a', '=']]], equal: false },
  { name: 'a value that looks like a key', pairs: [[['a', '1']], [['a', '1 1']]], equal: false },
  { name: 'composed and decomposed letters', pairs: [[['a', '\u00e9']], [['a', 'e\u0301']]], equal: false },
  { name: 'other halves of characters', pairs: [[['a', '\ud800']], [['a', '\ud801']]], equal: false },
  { name: 'a half of a character and its replacement', pairs: [[['\ud800', '1']], [['\ufffd', '1']]], equal: false },
  { name: 'a NUL', pairs: [[['a', '\u0000']], [['a', '\u0000\u0000']]], equal: false },
  { name: 'the name of a prototype', pairs: [[['__proto__', '1']], [['__proto__', '1']]], equal: true },
];

/** Label sets that the function has met before it is asked. */
const before: readonly Pairs[] = [
  [],
  [['a', '1']],
  [
    ['b', '2'],
    ['a', '1'],
  ],
  [['a', '\ud800']],
];

describe.each([
  { name: 'labelKeys', keysOf: (): ((labels: Labels) => unknown) => labelKeys() },
  { name: 'labelNumbers', keysOf: (): ((labels: Labels) => unknown) => labelNumbers().numberOf },
])('$name', ({ keysOf }) => {
  it.each(rows)('tells label sets apart: $name', ({ pairs: [a, b], equal }) => {
    for (const known of [[], ...before.map((pairs) => [pairs])]) {
      const keyOf = keysOf();
      for (const pairs of known) keyOf(labelsOf(pairs));
      expect(keyOf(labelsOf(a)) === keyOf(labelsOf(b))).toBe(equal);
      expect(keyOf(labelsOf(a))).toBe(keyOf(labelsOf(a)));
    }
  });

  it('gives equal ones to equal label sets only', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '=', ',', '"', '\ud800'), maxLength: 3 });
    const sets = fc.array(fc.array(fc.tuple(text, text), { maxLength: 3 }).map(labelsOf), { maxLength: 20 });
    fc.assert(
      fc.property(sets, (labels) => {
        const keyOf = keysOf();
        const keys = labels.map((set) => [keyOf(set), labelsKey(set)] as const);
        expect(new Set(keys.map(([key]) => key)).size).toBe(new Set(keys.map(([, exact]) => exact)).size);
        expect(new Set(keys.map(String)).size).toBe(new Set(keys.map(([key]) => key)).size);
      }),
      { seed: 20_261_126, numRuns: 500 },
    );
  });
});

describe('labelNumbers', () => {
  it('counts label sets as they are met', () => {
    const { numberOf, count } = labelNumbers();
    const a = labelsOf([['a', '1']]);
    expect([a, labelsOf([]), a, labelsOf([['a', '1']]), labelsOf([['a', '2']])].map(numberOf)).toEqual([0, 1, 0, 0, 2]);
    expect(count()).toBe(4);
  });
});
