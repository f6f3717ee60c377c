import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { TlsSettings } from '../prometheus/request.ts';

/** How a connection to `host` is secured: TLS 1.2 or later, the certificate checked unless it is said otherwise. */
export function tlsOptions(host: string, settings: TlsSettings = { insecureSkipVerify: false }): ConnectionOptions {
  const { ca, cert, key, serverName, insecureSkipVerify, minVersion = 'TLSv1.2', maxVersion } = settings;
  const name = serverName ?? host;
  return {
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
    ca,
    cert,
    key,
    rejectUnauthorized: !insecureSkipVerify,
    // An address is no name that TLS could send; the certificate is checked for it all the same.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}

/** What to do about a refusal, by a part of its code or of what OpenSSL says; the first that fits. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|CERT_SIGNATURE_FAILURE/,
    'name the CA that signed it in tls_config.ca_file',
  ],
  [/ERR_TLS_CERT_ALTNAME_INVALID/, 'write a name it has in tls_config.server_name'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'renew the certificate of the exporter'],
  [
    /alert (handshake failure|bad certificate|unknown ca|certificate required)/,
    'the exporter wants a client certificate it trusts: tls_config.cert_file and key_file',
  ],
  [/wrong version number|packet length too long/, 'does the exporter speak plain HTTP? Then write scheme: http'],
  [
    /unsupported protocol|alert protocol version/,
    'the exporter must speak TLS 1.2, or what tls_config.min_version asks for',
  ],
  [/^(EPROTO|ERR_(SSL|OSSL|TLS)_)/, 'check the certificates and the key that tls_config names'],
];

/** What TLS refused and what to do about it; undefined for any other error. */
export function tlsFault({ code = '', message }: NodeJS.ErrnoException): string | undefined {
  const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(`${code} ${message}`)) ?? [];
  if (remedy === undefined) return undefined;
  const [, reason = message] = /routines:[^:]*:([^:]+)/.exec(message) ?? [];
  return `${reason}; ${remedy}`;
}
