import { describe, expect, it } from 'vitest';
import { referencesOf, withCredentials } from '../../../lib/prometheus/request-credentials.ts';
import type { ScrapeConfig } from '../../../lib/prometheus/scrape-config.ts';

const REQUEST = {
  url: 'http://10.0.0.1:1/metrics',
  headers: { accept: '*/*' },
  timeoutMs: 1,
  bodySizeLimit: 0,
  followRedirects: true,
};
const SECRETS = new Map([
  ['ssm:/a', { value: 'hunter2' }],
  ['ssm:/ca', { value: 'CA' }],
  ['ssm:/cert', { value: 'CERT' }],
  ['ssm:/key', { value: 'KEY' }],
  ['ssm:/gone', { error: 'SSM has no such parameter' }],
]);
const given = (config: Partial<ScrapeConfig>) => withCredentials(REQUEST, { job_name: 'j', ...config }, SECRETS);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const headers: readonly { name: string; config: Partial<ScrapeConfig>; expected: string }[] = [
  {
    name: 'basic_auth',
    config: { basic_auth: { username: 'jürgen', password_file: 'ssm:/a' } },
    expected: `Basic ${base64('jürgen:hunter2')}`,
  },
  {
    name: 'authorization as Bearer by default',
    config: { authorization: { credentials_file: 'ssm:/a' } },
    expected: 'Bearer hunter2',
  },
  {
    name: 'authorization of an empty type as Bearer',
    config: { authorization: { type: ' ', credentials_file: 'ssm:/a' } },
    expected: 'Bearer hunter2',
  },
  {
    name: 'authorization of another type',
    config: { authorization: { type: ' Token ', credentials_file: 'ssm:/a' } },
    expected: 'Token hunter2',
  },
];

describe('withCredentials', () => {
  it.each(headers)('sends $name', ({ config, expected }) => {
    expect(given(config)).toEqual({ ...REQUEST, headers: { accept: '*/*', authorization: expected } });
  });

  it('leaves a job without credentials alone', () => {
    expect(given({})).toEqual(REQUEST);
  });

  it('gives TLS its texts', () => {
    const files = { ca_file: 'ssm:/ca', cert_file: 'ssm:/cert', key_file: 'ssm:/key' };
    expect(given({ tls_config: { ...files, server_name: 'a.test', insecure_skip_verify: true } }).tls).toEqual({
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      serverName: 'a.test',
      insecureSkipVerify: true,
    });
    expect(given({ tls_config: {} }).tls).toEqual({ insecureSkipVerify: false });
    expect(given({ tls_config: { min_version: 'TLS12', max_version: 'TLS13' } }).tls).toEqual({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      insecureSkipVerify: false,
    });
  });

  it('names job, reference and reason of a secret that is not there', () => {
    expect(() => given({ tls_config: { ca_file: 'ssm:/gone' } })).toThrow(
      'job j is not scraped without its secret ssm:/gone: SSM has no such parameter',
    );
    expect(() => given({ authorization: { credentials_file: 'ssm:/b' } })).toThrow(
      'job j is not scraped without its secret ssm:/b: it was not resolved; discover tells why',
    );
  });
});

describe('referencesOf', () => {
  it('gives each reference of a job once', () => {
    const tls_config = { ca_file: 'ssm:/ca', cert_file: 'ssm:/a', key_file: 'ssm:/a' };
    const authorization = { credentials_file: 'ssm:/token' };
    expect(referencesOf({ job_name: 'j', authorization, tls_config })).toEqual(['ssm:/token', 'ssm:/ca', 'ssm:/a']);
  });
});
