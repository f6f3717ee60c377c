import { describe, expect, it } from 'vitest';
import { addressGuard, LOOPBACK_NETWORKS, PRIVATE_NETWORKS } from '../../../lib/io/address-guard.ts';

type Verdict = 'allowed' | 'outside' | 'never';

function verdictOf(networks: readonly string[], address: string): Verdict {
  const refusal = addressGuard(networks)(address);
  if (refusal === undefined) return 'allowed';
  return refusal.endsWith('is never scraped') ? 'never' : 'outside';
}

describe('addressGuard', () => {
  const rows: readonly { networks: readonly string[]; input: string; expected: Verdict }[] = [
    { networks: PRIVATE_NETWORKS, input: '10.0.0.7', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '172.16.0.1', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '172.31.255.255', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '172.32.0.0', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '192.168.1.1', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '100.64.0.1', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: 'fd12::1', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '::ffff:10.0.0.7', expected: 'allowed' },
    { networks: PRIVATE_NETWORKS, input: '8.8.8.8', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '127.0.0.1', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '::1', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '::ffff:127.0.0.1', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '::FFFF:7f00:1', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '0.0.0.0', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '2600:1f18::1', expected: 'outside' },
    { networks: PRIVATE_NETWORKS, input: '169.254.169.254', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: '169.254.170.2', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: '::ffff:169.254.169.254', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: '::ffff:a9fe:a9fe', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: 'fe80::1', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: 'fd00:ec2::254', expected: 'never' },
    { networks: PRIVATE_NETWORKS, input: 'fd00:ec2::23', expected: 'never' },
    { networks: ['0.0.0.0/0', '::/0'], input: '169.254.169.254', expected: 'never' },
    { networks: ['0.0.0.0/0', '::/0'], input: '8.8.8.8', expected: 'allowed' },
    { networks: LOOPBACK_NETWORKS, input: '127.0.0.53', expected: 'allowed' },
    { networks: LOOPBACK_NETWORKS, input: '::1', expected: 'allowed' },
    { networks: LOOPBACK_NETWORKS, input: '10.0.0.7', expected: 'outside' },
    { networks: ['10.1.2.3'], input: '10.1.2.3', expected: 'allowed' },
    { networks: ['10.1.2.3'], input: '10.1.2.4', expected: 'outside' },
    { networks: [], input: '10.1.2.3', expected: 'outside' },
  ];
  it.each(rows)('finds $input $expected with $networks', ({ networks, input, expected }) => {
    expect(verdictOf(networks, input)).toBe(expected);
  });

  it('says why', () => {
    const guard = addressGuard(['10.0.0.0/8']);
    expect(guard('8.8.8.8')).toBe('address 8.8.8.8 is outside the allowed networks (10.0.0.0/8)');
    expect(guard('169.254.169.254')).toBe(
      'address 169.254.169.254 is link-local or a metadata service and is never scraped',
    );
  });

  it.each(['', 'example.com', '10.0.0.0/33', '::/129', '10.0.0.0/x', '10.0.0.0/-1', '300.0.0.0/8'])(
    'refuses %j as a network',
    (network) => {
      expect(() => addressGuard([network])).toThrow(
        new Error(`expected a network such as 10.0.0.0/8, found ${JSON.stringify(network)}`),
      );
    },
  );
});
