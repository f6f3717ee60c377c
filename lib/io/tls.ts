import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { TlsSettings } from '../prometheus/request.ts';

/** How a connection to `host` is secured: TLS 1.2 or later, the certificate checked unless it is said otherwise. */
export function tlsOptions(host: string, settings: TlsSettings = { insecureSkipVerify: false }): ConnectionOptions {
  const { ca, cert, key, serverName, insecureSkipVerify } = settings;
  const name = serverName ?? host;
  return {
    minVersion: 'TLSv1.2',
    ca,
    cert,
    key,
    rejectUnauthorized: !insecureSkipVerify,
    // An address is no name that TLS could send; the certificate is checked for it all the same.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}

const UNTRUSTED: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
];

/** What to do about a connection that TLS refuses, by the error's code; undefined for any other error. */
export function tlsRemedy(code: string): string | undefined {
  if (UNTRUSTED.includes(code)) return 'name the CA that signed it in tls_config.ca_file';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'write a name it has in tls_config.server_name';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'renew the certificate of the exporter';
  if (/^ERR_SSL_.*(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA)$/.test(code))
    return 'the exporter wants a client certificate it trusts: tls_config.cert_file and key_file';
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code))
    return 'does the exporter speak plain HTTP? Then write scheme: http';
  if (/^ERR_(SSL|OSSL|TLS)_/.test(code)) return 'check the certificates and the key that tls_config names';
  return undefined;
}
