import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedMap } from '../../../lib/prometheus/ordered-map.ts';

describe('OrderedMap', () => {
  it('is a map, whatever the order in which it is asked', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('get', 'set', 'add'), fc.nat({ max: 6 }), fc.nat()));
    fc.assert(
      fc.property(steps, (all) => {
        const map = new OrderedMap<string, number>();
        const expected = new Map<string, number>();
        for (const [step, number, value] of all) {
          const key = `k${number}`;
          if (step === 'get' || (step === 'add' && expected.has(key))) {
            expect(map.get(key)).toBe(expected.get(key));
            continue;
          }
          if (step === 'set') map.set(key, value);
          else map.add(key, value);
          expected.set(key, value);
        }
        expect(map.size).toBe(expected.size);
        expect([...map]).toEqual([...expected]);
        const visited: [string, number][] = [];
        map.forEach((value, key) => {
          visited.push([key, value]);
        });
        expect(visited).toEqual([...expected]);
      }),
    );
  });

  it('takes undefined for a key as for any other', () => {
    const map = new OrderedMap<string | undefined, number>();
    expect(map.get(undefined)).toBeUndefined();
    map.add('a', 1);
    expect([map.get('a'), map.get(undefined)]).toEqual([1, undefined]);
    map.set(undefined, 2);
    expect([map.get('a'), map.get(undefined), map.get('a')]).toEqual([1, 2, 1]);
  });
});
