import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRelabel, type RelabelConfig } from '../../lib/prometheus/relabel.ts';

const SETTINGS = { seed: 20_261_124, numRuns: 300 };

const name = fc.constantFrom('a', 'b', 'c', 'exported_a', '__x', '__proto__', 'größe');
const labels = fc
  .array(fc.tuple(name, fc.string({ minLength: 1, maxLength: 6 })), { maxLength: 6 })
  .map((pairs): ReadonlyMap<string, string> => new Map(pairs));
const regex = fc.constantFrom('(.*)', '', 'a', 'a|b', '(.)(.*)', '[a-m]*', 'a(.*)|b(.*)', '.+', '__.*');
const replacement = fc.constantFrom('$1', '', 'x', '${1}_$2', '$$', '$0', '$3');

const config: fc.Arbitrary<RelabelConfig> = fc.record({
  action: fc.constantFrom('replace', 'labelmap', 'labeldrop', 'labelkeep', 'lowercase', 'uppercase', 'hashmod'),
  source_labels: fc.array(name, { maxLength: 3 }),
  separator: fc.constantFrom(';', '', '-'),
  regex,
  replacement,
  target_label: fc.constantFrom('a', 'b', 'new', '${1}'),
  modulus: fc.constantFrom(1n, 8n, 2n ** 63n),
});

describe('relabeling', () => {
  it('never creates an empty label', () => {
    fc.assert(
      fc.property(fc.array(config, { maxLength: 4 }), labels, (configs, input) => {
        const output = compileRelabel(configs, 'utf8')(input) ?? new Map();
        expect([...output].filter(([, value]) => value === '')).toEqual([]);
      }),
      SETTINGS,
    );
  });

  it('leaves its input as it is', () => {
    fc.assert(
      fc.property(fc.array(config, { maxLength: 4 }), labels, (configs, input) => {
        const before = [...input];
        compileRelabel(configs, 'utf8')(input);
        expect([...input]).toEqual(before);
      }),
      SETTINGS,
    );
  });

  it('keeps by keep exactly what it drops by drop', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 3 }), regex, labels, (source_labels, pattern, input) => {
        const kept = compileRelabel([{ action: 'keep', source_labels, regex: pattern }], 'utf8')(input);
        const dropped = compileRelabel([{ action: 'drop', source_labels, regex: pattern }], 'utf8')(input);
        expect([kept, dropped].filter((each) => each !== undefined)).toEqual([input]);
      }),
      SETTINGS,
    );
  });

  it('keeps by keepequal exactly what it drops by dropequal', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 2 }), name, labels, (source_labels, target_label, input) => {
        const results = (['keepequal', 'dropequal'] as const).map((action) =>
          compileRelabel([{ action, source_labels, target_label }], 'utf8')(input),
        );
        expect(results.filter((each) => each !== undefined)).toEqual([input]);
      }),
      SETTINGS,
    );
  });

  it('divides the labels between labeldrop and labelkeep', () => {
    fc.assert(
      fc.property(regex, labels, (pattern, input) => {
        const left = (action: 'labeldrop' | 'labelkeep') => [
          ...(compileRelabel([{ action, regex: pattern }], 'utf8')(input) ?? []),
        ];
        expect([...left('labeldrop'), ...left('labelkeep')].sort()).toEqual([...input].sort());
      }),
      SETTINGS,
    );
  });

  it('gives hashmod below its modulus', () => {
    fc.assert(
      fc.property(labels, fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (input, modulus) => {
        const step: RelabelConfig = { action: 'hashmod', source_labels: ['a', 'b'], target_label: 'shard', modulus };
        const shard = BigInt(compileRelabel([step], 'utf8')(input)?.get('shard') ?? '-1');
        expect(shard >= 0n && shard < modulus).toBe(true);
      }),
      SETTINGS,
    );
  });
});
