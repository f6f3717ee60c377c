import { describe, expect, it } from 'vitest';
import { type DropLog, logDrop, mergeDropLogs } from '../../../lib/explain/dropped-samples.ts';

describe('dropped samples', () => {
  it('are told by name and reason over all targets, most first, with the first as an example', () => {
    const logs: readonly DropLog[] = [new Map(), new Map()];
    const [one = new Map(), other = new Map()] = logs;
    logDrop(one, 'first_sample', 'c_total', new Map([['code', '200']]));
    logDrop(one, 'first_sample', 'c_total', new Map([['code', '404']]));
    logDrop(one, 'not_a_number', 'g', new Map());
    for (const code of ['1', '2']) logDrop(other, 'not_a_number', 'g', new Map([['code', code]]));
    logDrop(
      other,
      'duplicate',
      'g',
      new Map([
        ['__name__', 'g'],
        ['b', '"\n'],
        ['a', ''],
      ]),
    );
    expect(mergeDropLogs(logs)).toEqual([
      { metric: 'g', reason: 'not_a_number', samples: 3, example: 'g{}' },
      { metric: 'c_total', reason: 'first_sample', samples: 2, example: 'c_total{code="200"}' },
      { metric: 'g', reason: 'duplicate', samples: 1, example: 'g{a="",b="\\"\\n"}' },
    ]);
    expect(one.get('not_a_number g')?.samples).toBe(1);
  });

  it('are of a thousand names at the most', () => {
    const log: DropLog = new Map();
    for (let at = 0; at < 2000; at++) logDrop(log, 'untyped', `m${at % 1500}`, new Map());
    expect(mergeDropLogs([log]).length).toBe(1000);
    expect(log.get('untyped m0')?.samples).toBe(2);
  });
});
