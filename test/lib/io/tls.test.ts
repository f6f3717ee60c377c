import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { addressGuard, LOOPBACK_NETWORKS } from '../../../lib/io/address-guard.ts';
import { type HttpSettings, httpScrape, ScrapeError } from '../../../lib/io/http.ts';
import type { TlsSettings } from '../../../lib/prometheus/request.ts';
import { certificateAuthority } from './certificates.ts';

const ca = certificateAuthority('prom-emf test CA');
const otherCa = certificateAuthority('another CA');
const forAddress = ca.issue('exporter', ['127.0.0.1']);
const forName = ca.issue('exporter', ['exporter.test']);
const client = ca.issue('prom-emf');
const strangeClient = otherCa.issue('somebody');

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const answer: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('a 1\n');
};

async function listen(server: Server): Promise<number> {
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const guard = addressGuard(LOOPBACK_NETWORKS);
const ASKED = { headers: {}, timeoutMs: 5000, bodySizeLimit: 0, followRedirects: true };

function scrape(port: number, tls: TlsSettings | undefined, settings: Partial<HttpSettings> = {}) {
  const request = { ...ASKED, url: `https://127.0.0.1:${port}/metrics`, ...(tls !== undefined && { tls }) };
  return httpScrape({ guard, ...settings })(request);
}

async function outcomeOf(port: number, tls: TlsSettings | undefined, settings: Partial<HttpSettings> = {}) {
  try {
    return Buffer.from((await scrape(port, tls, settings)).body).toString();
  } catch (error) {
    if (!(error instanceof ScrapeError)) throw error;
    return `${error.code}: ${error.message.replace(/^.*?\/metrics: /, '')}`;
  }
}

const trusting = { ca: ca.cert, insecureSkipVerify: false };

type Row = {
  readonly name: string;
  readonly server: ServerOptions;
  readonly tls: TlsSettings | undefined;
  readonly expected: string | RegExp;
};

const rows: readonly Row[] = [
  { name: 'scrapes an exporter whose CA is named', server: forAddress, tls: trusting, expected: 'a 1\n' },
  {
    name: 'refuses an exporter whose CA nobody names',
    server: forAddress,
    tls: undefined,
    expected: /^tls: .*; name the CA that signed it in tls_config.ca_file$/,
  },
  {
    name: 'refuses an exporter of another CA',
    server: forAddress,
    tls: { ...trusting, ca: otherCa.cert },
    expected: /^tls: .*; name the CA that signed it in tls_config.ca_file$/,
  },
  {
    name: 'refuses a certificate for another name',
    server: forName,
    tls: trusting,
    expected: /^tls: .*127\.0\.0\.1.*; write a name it has in tls_config.server_name$/,
  },
  {
    name: 'takes the name that server_name says',
    server: forName,
    tls: { ...trusting, serverName: 'exporter.test' },
    expected: 'a 1\n',
  },
  {
    name: 'takes an address as server_name',
    server: ca.issue('exporter', ['10.1.2.3']),
    tls: { ...trusting, serverName: '10.1.2.3' },
    expected: 'a 1\n',
  },
  {
    name: 'refuses a certificate without the name that server_name says',
    server: forAddress,
    tls: { ...trusting, serverName: 'exporter.test' },
    expected: /^tls: .*exporter\.test/,
  },
  {
    name: 'takes any certificate where insecure_skip_verify says so',
    server: forName,
    tls: { insecureSkipVerify: true },
    expected: 'a 1\n',
  },
  {
    name: 'shows its client certificate',
    server: { ...forAddress, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    tls: { ...trusting, ...client },
    expected: 'a 1\n',
  },
  {
    name: 'tells that the exporter wants a client certificate',
    server: { ...forAddress, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    tls: trusting,
    expected: /^(tls: .*; the exporter wants a client certificate it trusts|cut: )/,
  },
  {
    name: 'tells that the exporter does not trust the client certificate',
    server: { ...forAddress, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    tls: { ...trusting, ...strangeClient },
    expected: /^(tls: .*; the exporter wants a client certificate it trusts|cut: )/,
  },
  {
    name: 'tells that a client certificate and its key do not belong together',
    server: forAddress,
    tls: { ...trusting, cert: client.cert, key: strangeClient.key },
    expected: /^tls: .*; check the certificates and the key that tls_config names$/,
  },
  {
    name: 'tells that a key is none, and not what it is',
    server: forAddress,
    tls: { ...trusting, cert: client.cert, key: 'hunter2' },
    expected: /^tls: (?!.*hunter2).*; check the certificates and the key that tls_config names$/,
  },
  {
    name: 'refuses TLS 1.1',
    server: { ...forAddress, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    tls: trusting,
    expected: /^tls: .*; the exporter must speak TLS 1\.2, or what tls_config\.min_version asks for$/,
  },
  {
    name: 'refuses what is older than min_version',
    server: { ...forAddress, maxVersion: 'TLSv1.2' },
    tls: { ...trusting, minVersion: 'TLSv1.3' },
    expected: /^tls: .*; the exporter must speak TLS 1\.2, or what tls_config\.min_version asks for$/,
  },
  {
    name: 'refuses what is newer than max_version',
    server: { ...forAddress, minVersion: 'TLSv1.3' },
    tls: { ...trusting, maxVersion: 'TLSv1.2' },
    expected: /^tls: .*; the exporter must speak TLS 1\.2, or what tls_config\.min_version asks for$/,
  },
];

describe('httpScrape over TLS', () => {
  it.each(rows)('$name', async ({ server, tls, expected }) => {
    const outcome = await outcomeOf(await listen(createServer(server, answer)), tls);
    expect(outcome).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  it('sends the name that server_name says, and no address', async () => {
    const seen: unknown[] = [];
    const port = await listen(
      createServer(forName, (request, response) => {
        seen.push((request.socket as TLSSocket).servername);
        answer(request, response);
      }),
    );
    await scrape(port, { ...trusting, serverName: 'exporter.test' });
    await scrape(port, { insecureSkipVerify: true });
    expect(seen).toEqual(['exporter.test', false]);
  });

  it('tells that the exporter speaks plain HTTP', async () => {
    expect(await outcomeOf(await listen(createHttpServer(answer)), trusting)).toMatch(
      /^tls: .*; does the exporter speak plain HTTP\? Then write scheme: http$/,
    );
  });

  it('secures a connection that somebody else opened', async () => {
    const port = await listen(createServer(forAddress, answer));
    const stands = { connect: (): Socket => connect(port, '127.0.0.1') };
    expect(await outcomeOf(1, trusting, stands)).toBe('a 1\n');
    expect(await outcomeOf(1, undefined, stands)).toMatch(/^tls: /);
  });
});
