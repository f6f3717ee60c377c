import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate and its key, both PEM. */
export type Certified = { readonly cert: string; readonly key: string };

type Identity = Certified & { readonly name: string; readonly privateKey: KeyObject };

const DAY_MS = 86_400_000;

/** Makes certificates of a CA that is made for it, and is known to nobody else. */
export function certificateAuthority(name: string) {
  const own = certify(name, [], undefined);
  return {
    cert: own.cert,
    /** For these host names and IPv4 addresses; none for a client. */
    issue: (subject: string, hosts: readonly string[] = []): Certified => certify(subject, hosts, own),
  };
}

function certify(name: string, hosts: readonly string[], issuer: Identity | undefined): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(Date.now() % 2 ** 31),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensionsOf(hosts, issuer === undefined))),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(signature));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trim();
  return {
    name,
    privateKey,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** basicConstraints, and subjectAltName where there are hosts. Source: RFC 5280, 4.2.1.6 and 4.2.1.9. */
function extensionsOf(hosts: readonly string[], isAuthority: boolean): Buffer[] {
  const constraints = sequence(...(isAuthority ? [tagged(0x01, Buffer.of(0xff))] : []));
  const basic = sequence(objectId(0x55, 0x1d, 0x13), tagged(0x01, Buffer.of(0xff)), tagged(0x04, constraints));
  if (hosts.length === 0) return [basic];
  const names = hosts.map((host) =>
    isIPv4(host) ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host)),
  );
  return [basic, sequence(objectId(0x55, 0x1d, 0x11), tagged(0x04, sequence(...names)))];
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from(commonName)))));
}

function tagged(tag: number, contents: Buffer): Buffer {
  const { length } = contents;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), contents]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return tagged(0x02, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function objectId(...bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function bits(contents: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), contents]));
}

/** UTCTime: YYMMDDhhmmssZ. */
function time(unixMs: number): Buffer {
  return tagged(0x17, Buffer.from(`${new Date(unixMs).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}

const ECDSA_WITH_SHA256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
