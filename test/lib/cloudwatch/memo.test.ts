import { describe, expect, it } from 'vitest';
import { memoised, memoisedPairs } from '../../../lib/cloudwatch/memo.ts';

describe('memoised', () => {
  it.each([{ decided: 'x' }, { decided: 0 }, { decided: null }, { decided: undefined }])(
    'asks once for each text, whatever is said: $decided',
    ({ decided }) => {
      const asked: string[] = [];
      const memo = memoised((text) => {
        asked.push(text);
        return decided;
      });
      const texts = ['a', '', 'a', '__proto__', '', '__proto__', '\ud800', '\ud801', '\ud800'];
      expect(new Set(texts.map(memo))).toEqual(new Set([decided]));
      expect(asked).toEqual(['a', '', '__proto__', '\ud800', '\ud801']);
    },
  );

  it('forgets all when it knows too much', () => {
    let asked = 0;
    const memo = memoised((text) => {
      asked += 1;
      return text;
    });
    for (let i = 0; i < 50_000; i += 1) memo(`a_${i}`);
    expect([memo('a_0'), asked]).toEqual(['a_0', 50_000]);
    expect([memo('b'), asked]).toEqual(['b', 50_001]);
    expect([memo('a_0'), memo('b'), asked]).toEqual(['a_0', 'b', 50_002]);
  });

  it('remembers nothing of what throws', () => {
    let asked = 0;
    const memo = memoised(() => {
      asked += 1;
      if (asked === 1) throw new Error('refused');
      return asked;
    });
    expect(() => memo('a')).toThrow('refused');
    expect([memo('a'), memo('a')]).toEqual([2, 2]);
  });
});

describe('memoisedPairs', () => {
  it('asks once for each pair', () => {
    const asked: unknown[] = [];
    const [one, other] = [{}, {}];
    const memo = memoisedPairs((a: object, b: string): string | undefined => {
      asked.push([a === one, b]);
      return b === '' ? undefined : b;
    });
    const pairs = [
      [one, 'x'],
      [other, 'x'],
      [one, ''],
      [one, 'x'],
      [one, ''],
      [other, ''],
    ] as const;
    expect(pairs.map(([a, b]) => memo(a, b))).toEqual(['x', 'x', undefined, 'x', undefined, undefined]);
    expect(asked).toEqual([
      [true, 'x'],
      [false, 'x'],
      [true, ''],
      [false, ''],
    ]);
  });
});
