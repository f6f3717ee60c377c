import type { ScrapeRequest, TlsSettings } from './request.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { Secret, Secrets } from './secret-reference.ts';

/** The texts that name the secrets of a job, each once. */
export function referencesOf({ basic_auth, authorization, tls_config }: ScrapeConfig): string[] {
  const { ca_file, cert_file, key_file } = tls_config ?? {};
  const named = [basic_auth?.password_file, authorization?.credentials_file, ca_file, cert_file, key_file];
  return [...new Set(named.filter((name) => name !== undefined))];
}

/**
 * The request with the credentials of its job. Source of the header: prometheus/common config/http_config.go.
 * @throws {Error} naming the job and the reference of a secret that is not there.
 */
export function withCredentials(request: ScrapeRequest, config: ScrapeConfig, secrets: Secrets): ScrapeRequest {
  const secretOf = (reference: string) => secretValue(secrets.get(reference), reference, config.job_name);
  const authorization = authorizationOf(config, secretOf);
  const tls = tlsOf(config, secretOf);
  return {
    ...request,
    ...(authorization !== undefined && { headers: { ...request.headers, authorization } }),
    ...(tls !== undefined && { tls }),
  };
}

function secretValue(secret: Secret | undefined, reference: string, job: string): string {
  if (secret !== undefined && 'value' in secret) return secret.value;
  const reason = secret?.error ?? 'it was not resolved; discover tells why';
  throw new Error(`job ${job} is not scraped without its secret ${reference}: ${reason}`);
}

function authorizationOf(
  { basic_auth, authorization }: ScrapeConfig,
  secretOf: (reference: string) => string,
): string | undefined {
  if (basic_auth !== undefined) {
    const pair = `${basic_auth.username}:${secretOf(basic_auth.password_file)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  if (authorization === undefined) return undefined;
  const type = authorization.type?.trim() || 'Bearer';
  return `${type} ${secretOf(authorization.credentials_file)}`;
}

const TLS_VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

function tlsOf({ tls_config }: ScrapeConfig, secretOf: (reference: string) => string): TlsSettings | undefined {
  if (tls_config === undefined) return undefined;
  const { ca_file, cert_file, key_file, server_name, insecure_skip_verify, min_version, max_version } = tls_config;
  return {
    ...(ca_file !== undefined && { ca: secretOf(ca_file) }),
    ...(cert_file !== undefined && { cert: secretOf(cert_file) }),
    ...(key_file !== undefined && { key: secretOf(key_file) }),
    ...(server_name && { serverName: server_name }),
    ...(min_version !== undefined && { minVersion: TLS_VERSIONS[min_version] }),
    ...(max_version !== undefined && { maxVersion: TLS_VERSIONS[max_version] }),
    insecureSkipVerify: insecure_skip_verify ?? false,
  };
}
