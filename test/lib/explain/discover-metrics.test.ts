import { describe, expect, it } from 'vitest';
import { type DiscoveryFacts, discoverMetrics } from '../../../lib/explain/discover-metrics.ts';
import { selfValues } from '../../self-values.ts';

const SETTING = { level: 'cluster', stage: 'dev', cluster: 'prod', dueAt: 1_700_000_000_000, elapsedMs: 420 } as const;
const FACTS: DiscoveryFacts = {
  messages: 2,
  targets: { web: 3, app: 4 },
  tasks: { RUNNING: 5, PENDING: 1 },
  skipped: {},
  calls: { ListTasks: 1, DescribeTasks: 2 },
  failures: [],
  paused: [],
};

function linesOf(facts: DiscoveryFacts | undefined, setting: Partial<Parameters<typeof discoverMetrics>[1]> = {}) {
  return discoverMetrics(facts, { ...SETTING, ...setting }).map(({ line }) => line);
}

describe('the self-metrics of a discovery', () => {
  const steady = { TargetsFound: 7, TasksFound: 6, ApiCalls: 3, DiscoveryTime: 420 };
  it('are of a cluster, with what is behind them as fields', () => {
    const lines = linesOf(FACTS);
    expect(selfValues(lines)).toEqual({ prod: steady });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ messages: 2, tasks: FACTS.tasks, calls: FACTS.calls });
  });

  it('tell what was skipped, what failed and what pauses', () => {
    const skipped = { no_address: { count: 2, example: {} }, no_port: { count: 1, example: {} } };
    const failures = [{ arn: 'a', reason: 'r' }];
    const lines = linesOf({ ...FACTS, skipped, failures, paused: ['old'] });
    expect(selfValues(lines)).toEqual({
      prod: { ...steady, TargetsSkipped: 3, FamiliesPaused: 1, DiscoveryFailures: 1 },
      dev: { DiscoveryFailures: 1 },
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ skipped: { no_address: 2, no_port: 1 } });
  });

  it('tell a discovery that failed as a whole', () => {
    expect(selfValues(linesOf(undefined))).toEqual({
      prod: { DiscoveryTime: 420, DiscoveryFailures: 1 },
      dev: { DiscoveryFailures: 1 },
    });
  });

  it('are none where they are off', () => {
    expect(linesOf(FACTS, { level: 'off' })).toEqual([]);
  });
});
