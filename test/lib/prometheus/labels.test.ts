import { describe, expect, it } from 'vitest';
import { isLegacyLabelName, labelsKey, labelsOf, sortedPairs } from '../../../lib/prometheus/labels.ts';

describe('labelsOf', () => {
  const rows: readonly { name: string; input: [string, string][]; expected: [string, string][] }[] = [
    {
      name: 'leaves empty values out',
      input: [
        ['a', ''],
        ['b', '1'],
      ],
      expected: [['b', '1']],
    },
    {
      name: 'lets a later pair replace an earlier one',
      input: [
        ['a', '1'],
        ['a', '2'],
      ],
      expected: [['a', '2']],
    },
    {
      name: 'lets a later empty value remove an earlier one',
      input: [
        ['a', '1'],
        ['a', ''],
      ],
      expected: [],
    },
    { name: 'holds a label called __proto__', input: [['__proto__', '1']], expected: [['__proto__', '1']] },
  ];
  it.each(rows)('$name', ({ input, expected }) => {
    expect([...labelsOf(input)]).toEqual(expected);
  });
});

describe('sortedPairs', () => {
  it('sorts by the code units of the names', () => {
    expect(
      sortedPairs(
        new Map([
          ['b', '1'],
          ['a', '2'],
          ['B', '3'],
        ]),
      ),
    ).toEqual([
      ['B', '3'],
      ['a', '2'],
      ['b', '1'],
    ]);
  });
});

describe('labelsKey', () => {
  it('is equal for equal label sets in any order', () => {
    expect(
      labelsKey(
        new Map([
          ['a', '1'],
          ['b', '2'],
        ]),
      ),
    ).toBe(
      labelsKey(
        new Map([
          ['b', '2'],
          ['a', '1'],
        ]),
      ),
    );
  });

  it('differs where separators stand in the values', () => {
    expect(labelsKey(new Map([['a', '1","b":"2']]))).not.toBe(
      labelsKey(
        new Map([
          ['a', '1'],
          ['b', '2'],
        ]),
      ),
    );
  });
});

describe('isLegacyLabelName', () => {
  const rows: readonly { input: string; expected: boolean }[] = [
    { input: 'a_1', expected: true },
    { input: '_', expected: true },
    { input: '', expected: false },
    { input: '1a', expected: false },
    { input: 'a:b', expected: false },
    { input: 'a\n', expected: false },
    { input: 'ä', expected: false },
  ];
  it.each(rows)('says $expected of $input', ({ input, expected }) => {
    expect(isLegacyLabelName(input)).toBe(expected);
  });
});
