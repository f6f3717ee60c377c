import type { Path } from '../../document/document.ts';
import type { Place } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedValue } from './located-value.ts';

/** First and last port. */
export type PortRange = readonly [number, number];

/** Whether a port is in one of these ranges. */
export function holdsPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(([first, last]) => first <= port && port <= last);
}

/** Container ports of one entry of `ports`, and where they are published. */
export type Port = {
  readonly first: number;
  readonly last: number;
  readonly protocol: Protocol;
  /** The host's port or range of ports, as written; nothing when the host chooses. */
  readonly published?: string;
  readonly hostIp?: string;
  readonly place: Place;
};

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

type Parts = { readonly [Key in 'target' | 'protocol' | 'published' | 'hostIp']?: string | undefined };

/**
 * Reads `ports` or `expose`, whichever syntax each entry has; of equal ones the last counts, at the place of the first.
 * A port that cannot be read is a warning: it belongs to Docker.
 */
export function readPorts(list: LocatedValue | undefined, path: Path, reader: LocatedReader): Port[] {
  const ports = new Map<string, Port>();
  for (const [index, item] of (list?.kind === 'list' ? list.items : []).entries()) {
    const itemPath = [...path, index];
    const port = portOf(
      item.kind === 'mapping' ? longParts(item, itemPath, reader) : shortParts(item, itemPath, reader),
      item.place,
    );
    if (port !== undefined) ports.set(identityOf(port), port);
    else reader.report('warning', item.place, itemPath, unreadable(item, reader));
  }
  return [...ports.values()];
}

function identityOf({ hostIp = '0.0.0.0', published, first, last, protocol }: Port): string {
  return JSON.stringify([hostIp, published, first, last, protocol]);
}

/** `{target, published, host_ip, protocol}`. */
function longParts(item: LocatedValue, path: Path, reader: LocatedReader): Parts {
  const member = (key: string) => reader.text(entryOf(item, key), [...path, key]);
  return {
    target: member('target'),
    protocol: member('protocol'),
    published: member('published'),
    hostIp: member('host_ip'),
  };
}

/** `[[ip:][published]:]target[/protocol]`; an IPv6 address may stand in brackets. */
const SHORT = /^(?:(?:(?<hostIp>.*):)?(?<published>[0-9-]*):)?(?<target>[0-9-]+)(?:\/(?<protocol>\w*))?$/;

function shortParts(item: LocatedValue, path: Path, reader: LocatedReader): Parts {
  return SHORT.exec(reader.text(item, path) ?? '')?.groups ?? {};
}

function portOf({ target, protocol, published, hostIp }: Parts, place: Place): Port | undefined {
  const range = parseRange(target ?? '');
  const known = PROTOCOLS.find((candidate) => candidate === (protocol || 'tcp').toLowerCase());
  if (range === undefined || known === undefined || (published && !isPublishable(range, published))) return undefined;
  const address = hostIp?.replace(/^\[(.*)\]$/, '$1');
  const [first, last] = range;
  return { first, last, protocol: known, ...(published && { published }), ...(address && { hostIp: address }), place };
}

/** Several container ports are published on as many of the host. */
function isPublishable([first, last]: PortRange, published: string): boolean {
  const host = parseRange(published);
  return host !== undefined && (first === last || host[1] - host[0] === last - first);
}

function parseRange(text: string): PortRange | undefined {
  const [, from, to = from] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return from !== undefined && first <= last && last <= 65535 ? [first, last] : undefined;
}

function unreadable(item: LocatedValue, reader: LocatedReader): string {
  const found = item.kind === 'scalar' ? foundOf(reader.peek(item)) : `this ${item.kind}`;
  return `expected a port such as 8080, 80:8080/tcp or {target: 8080}, found ${found}, which is left out`;
}
