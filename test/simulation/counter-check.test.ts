import { describe, expect, it } from 'vitest';
import { checkCounters } from './counter-check.ts';
import { addEmitted, newEmitted } from './emitted.ts';
import { createFleet } from './fleet.ts';
import type { Scrapes } from './scrapes.ts';

const fleet = createFleet({ tasks: 2, families: 1, clusters: 1, ports: { task: 9100, dynamic: [] }, seed: 1 });

/** Two tasks of one family, scraped over work from 10 to 14 and from 20 to 26. */
function scrapes(): Scrapes {
  const [first, second] = [...fleet.tasks.values()];
  return new Map([
    ['a', { task: first!, atMs: 1, firstWork: 10, lastWork: 14 }],
    ['b', { task: second!, atMs: 1, firstWork: 20, lastWork: 26 }],
  ]);
}

function line(value: unknown, family = 'family-0'): string {
  const directive = {
    Namespace: 'N',
    Dimensions: [['TaskDefinitionFamily']],
    Metrics: [{ Name: 'fleet_work_0_total' }],
  };
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
  return `${JSON.stringify({ fleet_work_0_total: value, TaskDefinitionFamily: family, _aws })}\n`;
}

describe('checkCounters', () => {
  const rows = [
    { name: 'each increase once', stdout: line(4) + line(6), faults: [] },
    { name: 'two increases in one array', stdout: line([4, 6]), faults: [] },
    {
      name: 'values with counts',
      stdout: line({ Values: [5], Counts: [2], Min: 5, Max: 5, Sum: 10, Count: 2 }),
      faults: [],
    },
    { name: 'a lost increase', stdout: line(4), faults: ['family-0 fleet_work_0_total: rose by 10, emitted 4'] },
    { name: 'a doubled one', stdout: line([4, 6, 4]), faults: ['family-0 fleet_work_0_total: rose by 10, emitted 14'] },
    { name: 'nothing at all', stdout: '', faults: ['family-0 fleet_work_0_total: rose by 10, emitted 0'] },
    {
      name: 'one that nobody had',
      stdout: line([4, 6]) + line(1, 'other'),
      faults: ['other fleet_work_0_total: rose by 0, emitted 1'],
    },
  ];
  it.each(rows)('finds $name', ({ stdout, faults }) => {
    const emitted = newEmitted();
    addEmitted(emitted, stdout);
    expect(checkCounters(scrapes(), emitted, 1).faults).toEqual(faults);
  });

  it('refuses a line that is no EMF', () => {
    expect(() => addEmitted(newEmitted(), 'hello\n')).toThrow(
      'stdout is not valid EMF: the line is no JSON object: hello',
    );
  });
});
