import { BlockList, isIP } from 'node:net';

/** Says why an IP address must not be connected to, or nothing when it may. */
export type AddressGuard = (address: string) => string | undefined;

/** Private ranges: where tasks of a VPC and its peers live. */
export const PRIVATE_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'] as const;
export const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1/128'] as const;
/** Link-local and metadata addresses: never, whatever is allowed. */
const FORBIDDEN_NETWORKS = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128', 'fd00:ec2::23/128'] as const;

/**
 * Allows the addresses of these networks (CIDR) only.
 * @throws {Error} for a text that is no network.
 */
export function addressGuard(networks: readonly string[]): AddressGuard {
  const allowed = blockListOf(networks);
  const forbidden = blockListOf(FORBIDDEN_NETWORKS);
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
    if (forbidden.check(plain, family))
      return `address ${address} is link-local or a metadata service and is never scraped`;
    if (!allowed.check(plain, family))
      return `address ${address} is outside the allowed networks (${networks.join(', ')})`;
    return undefined;
  };
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const version = isIP(address);
    const bits = Number(prefix ?? (version === 6 ? 128 : 32));
    if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 6 ? 128 : 32))
      throw new Error(`expected a network such as 10.0.0.0/8, found ${JSON.stringify(network)}`);
    list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
