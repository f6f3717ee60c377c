import { lookup } from 'node:dns';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { domainToASCII } from 'node:url';
import { createGunzip } from 'node:zlib';
import { messageOf, printable } from '../document/problem.ts';
import type { BodyReader, Scrape, ScrapeResponse } from '../ports.ts';
import type { ScrapeRequest } from '../prometheus/request.ts';
import type { AddressGuard } from './address-guard.ts';
import { bodyMemory, INFLATED_BYTES, inflatedMemory } from './body-memory.ts';
import { gatherChunks } from './gathered-chunks.ts';
import { tlsFault, tlsOptions } from './tls.ts';

export type ScrapeErrorCode =
  | 'url'
  | 'address'
  | 'connect'
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'status'
  | 'redirect'
  | 'encoding'
  | 'too_large'
  | 'cut';

/** Why a target gave no body. The message names the URL, what was expected and what to do. */
export class ScrapeError extends Error {
  readonly code: ScrapeErrorCode;

  constructor(code: ScrapeErrorCode, url: string, text: string, options?: ErrorOptions) {
    super(`${printable(url, 300)}: ${printable(text, 300)}`, options);
    this.name = 'ScrapeError';
    this.code = code;
  }
}

const CONNECT_TIMEOUT_MS = 2000;

/** What a body may be at the most when the configuration sets no body_size_limit. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;
/** The first one and nine redirects, as Go's client. */
const MAX_REQUESTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export type HttpSettings = {
  readonly guard: AddressGuard;
  /** Opens the connection itself; used where names and addresses are stand-ins. */
  readonly connect?: (host: string, port: number) => Socket;
  /** How long a connection may take; what is in the same network answers at once, or never. */
  readonly connectTimeoutMs?: number;
};

/** Scrapes over HTTP or HTTPS with a connection of its own each time: nothing is kept between targets. */
export function httpScrape(settings: HttpSettings): Scrape {
  return async (request, read) => {
    const signal = AbortSignal.timeout(request.timeoutMs);
    try {
      return await follow(request, settings, signal, read);
    } catch (error) {
      if (error instanceof ScrapeError) throw error;
      if (signal.aborted)
        throw new ScrapeError(
          'timeout',
          request.url,
          `no whole answer within ${request.timeoutMs} ms (scrape_timeout)`,
        );
      throw connectError(request.url, error);
    }
  };
}

function connectError(url: string, error: unknown): ScrapeError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = messageOf(error);
  if (code === 'ECONNREFUSED')
    return new ScrapeError('connect', url, 'connection refused; does the exporter listen on this port?', {
      cause: error,
    });
  if (/^E(HOSTUNREACH|NETUNREACH|TIMEDOUT)$/.test(code))
    return new ScrapeError(
      'unreachable',
      url,
      `${reason}; is there a route, and do the security groups let scrape in?`,
      {
        cause: error,
      },
    );
  if (code === 'ECONNRESET' || reason === 'aborted')
    return new ScrapeError('cut', url, 'the connection ended before the whole answer', { cause: error });
  if (code.startsWith('Z_'))
    return new ScrapeError('encoding', url, `expected a body in gzip, as Content-Encoding says: ${reason}`, {
      cause: error,
    });
  const fault = tlsFault(error as NodeJS.ErrnoException);
  if (fault !== undefined) return new ScrapeError('tls', url, fault, { cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new ScrapeError('connect', url, 'the host name has no address', { cause: error });
  return new ScrapeError('connect', url, reason, { cause: error });
}

async function follow(
  request: ScrapeRequest,
  settings: HttpSettings,
  signal: AbortSignal,
  read: BodyReader | undefined,
): Promise<ScrapeResponse> {
  let current = request;
  for (let asked = 1; asked <= MAX_REQUESTS; asked += 1) {
    const response = await open(current, settings, signal);
    const status = response.statusCode ?? 0;
    const location = response.headers.location ?? '';
    if (!REDIRECTS.includes(status) || location === '' || !request.followRedirects)
      return readResponse(response, status, request, { read, isSocket: settings.connect === undefined });
    response.destroy();
    const url = redirectTarget(current.url, location, request.url);
    current = { ...request, url, headers: { referer: current.url, ...request.headers } };
  }
  throw new ScrapeError('redirect', request.url, `more than ${MAX_REQUESTS - 1} redirects`);
}

/** A redirect stays on the scheme, host and port that discovery found, and brings no credentials. */
function redirectTarget(from: string, location: string, origin: string): string {
  try {
    const target = new URL(location, from);
    // A loopback address in a Location means the machine of whoever follows it, never the target's.
    const namesLoopback = /^[a-z]+:/i.test(location) && /^(?:127\.|\[::1\]$|localhost$)/.test(target.hostname);
    const isWellFormed = !/%(?![0-9a-f]{2})/i.test(location) && target.username === '' && target.password === '';
    if (target.origin === new URL(origin).origin && isWellFormed && !namesLoopback)
      return `${target.protocol}//${authorityOf(location) ?? authorityOf(from)}${target.pathname}${target.search}`;
  } catch {
    // A Location that is no URL is refused as any other.
  }
  const shown = JSON.stringify(printable(location, 100));
  throw new ScrapeError(
    'redirect',
    origin,
    `redirected to ${shown}, which is not followed; set metrics_path or scheme instead`,
  );
}

/** Host and port as they are written, with a port that goes without saying. */
function authorityOf(url: string): string | undefined {
  return /^(?:[a-z]+:)?\/\/([^/?#]*)/i.exec(url)?.[1];
}

const URL_PARTS =
  /^(https?):\/\/(\[[0-9a-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[89a-f][0-9a-f])+)(?::([0-9]{0,5}))?(\/[^?#]*)?(\?[^#]*)?$/i;

/** scheme, host and port, path: taken apart by hand, since `..` and escapes of the path must stay as they are. */
function takeApart(url: string): {
  scheme: string;
  authority: string;
  host: string;
  port: number;
  path: string;
} {
  const parts = URL_PARTS.exec(url);
  const host = asciiHost(parts?.[2] ?? '');
  if (parts === null || host === '')
    throw new ScrapeError('url', url, 'expected http or https, a host name or address and a port');
  const [, written = '', , portText = '', path = '/', query = ''] = parts;
  const scheme = written.toLowerCase();
  const port = portText === '' ? (scheme === 'https' ? 443 : 80) : Number(portText);
  const authority = portText === '' ? host : `${host}:${portText}`;
  return { scheme, authority, host: host.replace(/^\[|\]$/g, ''), port, path: `${path}${query}` };
}

/** The name as DNS knows it; empty where there is none. */
function asciiHost(escaped: string): string {
  if (!escaped.includes('%')) return escaped;
  try {
    return domainToASCII(decodeURIComponent(escaped));
  } catch {
    return '';
  }
}

function open(request: ScrapeRequest, settings: HttpSettings, signal: AbortSignal): Promise<IncomingMessage> {
  const { url } = request;
  const { scheme, authority, host, port, path } = takeApart(url);
  const { guard, connect } = settings;
  if (connect === undefined && (port === 0 || port > 65_535))
    throw new ScrapeError('url', url, `expected a port from 1 to 65535, found ${port}`);
  if (isIP(host) !== 0) checkAddress(guard, host, url);
  const tls = scheme === 'https' ? tlsOptions(host, request.tls) : undefined;
  const options: RequestOptions & ConnectionOptions = {
    host,
    port,
    path,
    headers: { ...request.headers, host: authority },
    signal,
    lookup: guardedLookup(guard, url),
    ...tls,
    // Node takes createConnection only where no agent is set; `false` is an agent of its own, without keep-alive.
    ...(connect === undefined ? { agent: false } : { createConnection: () => dial(tls, connect(host, port)) }),
  };
  return new Promise((resolve, reject) => {
    const sent = (tls === undefined ? http : https).get(options, resolve);
    sent.on('error', reject);
    const timeoutMs = settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    sent.on('socket', (socket) => limitConnecting(socket, timeoutMs, (error) => sent.destroy(error), url));
  });
}

/** A dead target must not take the time of the others until scrape_timeout. */
function limitConnecting(socket: Socket, timeoutMs: number, giveUp: (error: ScrapeError) => void, url: string): void {
  if (!socket.connecting) return;
  const text = `no connection within ${timeoutMs} ms; do the security groups let scrape in?`;
  const timer = setTimeout(() => giveUp(new ScrapeError('unreachable', url, text)), timeoutMs);
  for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
}

/** The stand-in's connection, with TLS on top where the scheme asks for it. */
function dial(tls: ConnectionOptions | undefined, socket: Socket): Socket {
  return tls === undefined ? socket : connectTls({ ...tls, socket });
}

function checkAddress(guard: AddressGuard, address: string, url: string): void {
  const refusal = guard(address);
  if (refusal !== undefined) throw new ScrapeError('address', url, refusal);
}

/** Looks a name up and refuses its address before anything is sent there. */
function guardedLookup(guard: AddressGuard, url: string): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.map(({ address }) => guard(address)).find((refusal) => refusal !== undefined);
      const [first] = addresses;
      if (refused !== undefined || first === undefined)
        return callback(new ScrapeError('address', url, refused ?? 'the host name has no address'), '', 0);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

async function readResponse(
  response: IncomingMessage,
  status: number,
  request: ScrapeRequest,
  { read, isSocket }: { readonly read: BodyReader | undefined; readonly isSocket: boolean },
): Promise<ScrapeResponse> {
  const { url, bodySizeLimit } = request;
  if (status !== 200) {
    response.destroy();
    throw new ScrapeError(
      'status',
      url,
      `server returned HTTP status ${status} ${response.statusMessage ?? ''}${hintOf(status, request)}`,
    );
  }
  const limit = bodySizeLimit > 0 ? bodySizeLimit : MAX_BODY_BYTES;
  const contentType = response.headers['content-type'] ?? '';
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = decoded(response, url);
  const ownMemory = stream === response ? bodyMemory : inflatedMemory;
  const giveBack = isSocket && read !== undefined ? ownMemory(response) : undefined;
  const gathered = gatherChunks({
    keeps: read === undefined,
    give: (chunk) => {
      if (read === undefined) chunks.push(chunk);
      else read(chunk, contentType);
    },
  });
  // Not by iteration, which puts chunks together that came meanwhile.
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= limit)
      throw new ScrapeError('too_large', url, `the body is not under ${limit} bytes (body_size_limit)`);
    gathered.take(chunk);
    giveBack?.(chunk);
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
  try {
    await finished(stream);
  } finally {
    response.destroy();
  }
  gathered.end();
  if (!response.complete) throw new ScrapeError('cut', url, 'the connection ended before the whole answer');
  return { status, contentType, body: Buffer.concat(chunks) };
}

function hintOf(status: number, { headers, tls }: ScrapeRequest): string {
  if (status === 404) return '; is metrics_path right?';
  if (status !== 401 && status !== 403) return '';
  const isShown = headers.authorization !== undefined || tls?.cert !== undefined;
  return isShown ? '; the exporter refuses these credentials' : '; the exporter wants credentials';
}

function decoded(response: IncomingMessage, url: string): Readable {
  const encoding = response.headers['content-encoding'] || 'identity';
  if (encoding === 'identity') return response;
  if (encoding !== 'gzip') {
    response.destroy();
    throw new ScrapeError('encoding', url, `expected Content-Encoding gzip or none, found ${JSON.stringify(encoding)}`);
  }
  return inflated(response);
}

/** Not by a pipe, which would write each chunk by itself: that is a turn of another thread for each. */
function inflated(response: IncomingMessage): Readable {
  const gunzip = createGunzip({ chunkSize: INFLATED_BYTES });
  const gathered = gatherChunks({
    keeps: true,
    give: (chunk) => {
      if (!gunzip.write(chunk)) response.pause();
    },
  });
  gunzip.on('drain', () => response.resume());
  response.on('data', gathered.take);
  response.on('end', () => {
    gathered.end();
    gunzip.end();
  });
  response.on('error', (error) => gunzip.destroy(error));
  return gunzip;
}
