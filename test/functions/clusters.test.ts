import { afterEach, describe, expect, it, vi } from 'vitest';
import { clusters } from '../../functions/clusters.ts';

const ROLE = 'arn:aws:iam::111122223333:role/discovery';
const EXAMPLE =
  'expected a list such as [{"name": "prod", "region": "eu-west-1", "role_arn": "arn:aws:iam::000000000000:role/..."}]';

function withSettings(own: string, remote: string) {
  vi.stubEnv('CLUSTERS', own);
  vi.stubEnv('REMOTE_CLUSTERS', remote);
}

describe('clusters', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are those of both variables', () => {
    const remote = [
      { name: 'c', role_arn: ROLE },
      { name: 'd', region: 'us-east-1', role_arn: ROLE, external_id: 'shared' },
    ];
    withSettings('a, b@eu-west-1,', JSON.stringify(remote));
    expect(clusters()).toEqual([{ name: 'a' }, { name: 'b', region: 'eu-west-1' }, ...remote]);
  });

  it('may all be remote', () => {
    withSettings('', JSON.stringify([{ name: 'c', role_arn: ROLE }]));
    expect(clusters()).toEqual([{ name: 'c', role_arn: ROLE }]);
  });

  it.each([
    ['none', '', '', 'environment variables CLUSTERS and REMOTE_CLUSTERS name no cluster'],
    [
      'a name twice',
      'a@eu-west-1,a@us-east-1',
      '',
      'environment variables CLUSTERS and REMOTE_CLUSTERS: cluster a is named twice; documents and state are kept by name, so that a second one of that name needs a stage of its own',
    ],
    ['no JSON', 'a', 'b', /^environment variable REMOTE_CLUSTERS: Unexpected token .*; expected a list such as/],
    [
      'no role',
      'a',
      '[{"name": "b"}]',
      `environment variable REMOTE_CLUSTERS: Invalid key: Expected "role_arn" but received undefined (0.role_arn); ${EXAMPLE}`,
    ],
    [
      'a role that is none',
      'a',
      '[{"name": "b", "role_arn": "discovery"}]',
      `environment variable REMOTE_CLUSTERS: expected the ARN of a role (0.role_arn); ${EXAMPLE}`,
    ],
    [
      'a misspelt key',
      'a',
      `[{"name": "b", "role_arn": "${ROLE}", "externalId": "x"}]`,
      `environment variable REMOTE_CLUSTERS: Invalid key: Expected never but received "externalId" (0.externalId); ${EXAMPLE}`,
    ],
  ])('are refused for %s', (_, own, remote, message) => {
    withSettings(own, remote);
    expect(clusters).toThrow(message instanceof RegExp ? message : new Error(message));
  });
});
