import { printable } from './document/problem.ts';
import type { Cluster } from './ports.ts';

export type DiscoveryErrorCode = 'cluster_not_found' | 'access_denied' | 'credentials' | 'throttled' | 'api';

/** Nothing can be said about a cluster. What concerns only some of its tasks is a Failure instead. */
export class DiscoveryError extends Error {
  readonly code: DiscoveryErrorCode;
  readonly cluster: string;

  constructor(code: DiscoveryErrorCode, cluster: Cluster, reason: string, options?: ErrorOptions) {
    const place = cluster.region === undefined ? '' : ` in ${printable(cluster.region, 80)}`;
    super(`cluster ${printable(JSON.stringify(cluster.name), 300)}${place}: ${reason}; ${REMEDIES[code]}`, options);
    this.name = 'DiscoveryError';
    this.code = code;
    this.cluster = cluster.name;
  }
}

const REMEDIES = {
  cluster_not_found: 'check the name of the cluster and its region',
  access_denied: 'allow the role of discover to list and describe the tasks of this cluster',
  credentials:
    'its credentials have expired or are not accepted; the next tick asks for new ones, unless the role that it assumes is gone or does not trust it',
  throttled: 'the account shares its ECS request rate with all its callers; the next tick tries again',
  api: 'the next tick tries again',
} as const satisfies Record<DiscoveryErrorCode, string>;

/** By the names of the errors that AWS services and their SDK throw. */
export function discoveryErrorCode(error: unknown): DiscoveryErrorCode {
  const name = error instanceof Error ? error.name : '';
  if (name === 'ClusterNotFoundException') return 'cluster_not_found';
  if (/Throttl|TooManyRequests|RequestLimitExceeded/i.test(name)) return 'throttled';
  if (/ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|Credentials|Signature/i.test(name))
    return 'credentials';
  if (/AccessDenied|Unauthorized/i.test(name)) return 'access_denied';
  return 'api';
}
