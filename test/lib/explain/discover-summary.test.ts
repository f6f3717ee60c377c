import { expect, it } from 'vitest';
import { summariseDiscovery } from '../../../lib/explain/discover-summary.ts';

it('the summary of a discovery lists the first failures and counts the rest', () => {
  const failures = Array.from({ length: 50 }, (_, at) => ({ arn: `a${at}`, reason: 'r' }));
  expect(summariseDiscovery({ cluster: 'prod', failures })).toEqual({
    cluster: 'prod',
    failures: failures.slice(0, 20),
    moreFailures: 30,
  });
});
