import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, Socket, type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { addressGuard, LOOPBACK_NETWORKS, PRIVATE_NETWORKS } from '../../../lib/io/address-guard.ts';
import { httpScrape, ScrapeError } from '../../../lib/io/http.ts';
import type { ScrapeRequest } from '../../../lib/prometheus/request.ts';

const BODY = 'a{x="1"} 1\n';
const TEXT = { 'content-type': 'text/plain; version=0.0.4' };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${await listen(server)}/metrics`;
}

/** A server that writes these bytes, whatever it is asked, and leaves the connection to `then`. */
async function serveBytes(bytes: string, then: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write(bytes, () => then(socket)));
  });
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${await listen(server)}/metrics`;
}

const scrape = httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) });

const requestOf = (url: string, request: Partial<ScrapeRequest> = {}): ScrapeRequest => ({
  url,
  headers: { accept: 'text/plain', 'accept-encoding': 'gzip' },
  timeoutMs: 5000,
  bodySizeLimit: 0,
  followRedirects: true,
  ...request,
});

async function errorOf(request: ScrapeRequest, run = scrape): Promise<ScrapeError> {
  try {
    await run(request);
  } catch (error) {
    if (error instanceof ScrapeError) return error;
    throw error;
  }
  throw new Error('expected a ScrapeError, found an answer');
}

describe('httpScrape', () => {
  it('gives status, Content-Type and body, and sends the headers of the request', async () => {
    let seen: unknown;
    const url = await serve((request, response) => {
      seen = [request.method, request.url, request.headers.accept, request.headers['accept-encoding']];
      response.writeHead(200, TEXT).end(BODY);
    });
    const { status, contentType, body } = await scrape(requestOf(`${url}/../x?m=1&n=%20`));
    expect([status, contentType, Buffer.from(body).toString()]).toEqual([200, 'text/plain; version=0.0.4', BODY]);
    expect(seen).toEqual(['GET', '/metrics/../x?m=1&n=%20', 'text/plain', 'gzip']);
  });

  it('names the host as the URL does', async () => {
    let host: string | undefined;
    const url = await serve((request, response) => {
      host = request.headers.host;
      response.end(BODY);
    });
    await scrape(requestOf(url));
    expect(`http://${host}/metrics`).toBe(url);
  });

  it('takes a gzip body apart', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync(BODY));
    });
    expect(Buffer.from((await scrape(requestOf(url))).body).toString()).toBe(BODY);
  });

  it('joins a body that comes in parts', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, TEXT).write('a 1\n');
      setImmediate(() => response.end('b 2\n'));
    });
    expect(Buffer.from((await scrape(requestOf(url))).body).toString()).toBe('a 1\nb 2\n');
  });

  it.each(['identity', 'gzip'])('hands a body in %s to a reader as it comes', async (encoding) => {
    const body = Buffer.from('a{b="1"} 1\n'.repeat(50_000));
    const url = await serve((_, response) => {
      const sent = encoding === 'gzip' ? gzipSync(body) : body;
      response.writeHead(200, { ...TEXT, 'content-encoding': encoding }).end(sent);
    });
    const chunks: Uint8Array[] = [];
    const types = new Set<string>();
    const response = await scrape(requestOf(url), (chunk, contentType) => {
      chunks.push(Buffer.from(chunk));
      types.add(contentType);
    });
    expect([Buffer.concat(chunks).equals(body), chunks.length > 1, [...types]]).toEqual([
      true,
      true,
      ['text/plain; version=0.0.4'],
    ]);
    expect([response.status, response.contentType, response.body.length]).toEqual([
      200,
      'text/plain; version=0.0.4',
      0,
    ]);
  });

  it('fails where a reader of the body fails', async () => {
    const url = await serve((_, response) => void response.writeHead(200, TEXT).end('a 1\n'));
    const take = () => {
      throw new Error('no reader');
    };
    await expect(scrape(requestOf(url), take)).rejects.toThrow('no reader');
  });

  it('refuses a body that is cut or too large after its reader had parts of it', async () => {
    const part = 'a 1\n'.repeat(50_000);
    const cut = await serveBytes(`HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n${part}`, (socket) => socket.end());
    const large = await serve((_, response) => {
      response.writeHead(200, TEXT).write(part);
      setTimeout(() => response.end(part), 20);
    });
    let parts: string[] = [];
    const take = (chunk: Uint8Array) => void parts.push(Buffer.from(chunk).toString());
    await expect(scrape(requestOf(cut), take)).rejects.toMatchObject({ code: 'cut' });
    expect(part.startsWith(parts.join('')) && parts.length > 0).toBe(true);
    parts = [];
    const limited = requestOf(large, { bodySizeLimit: part.length + 1 });
    await expect(scrape(limited, take)).rejects.toMatchObject({ code: 'too_large' });
    expect(part.startsWith(parts.join('')) && parts.length > 0).toBe(true);
  });

  const statuses: readonly { status: number; expected: string }[] = [
    { status: 404, expected: 'server returned HTTP status 404 Not Found; is metrics_path right?' },
    { status: 401, expected: 'server returned HTTP status 401 Unauthorized; the exporter wants credentials' },
    { status: 500, expected: 'server returned HTTP status 500 Internal Server Error' },
    { status: 204, expected: 'server returned HTTP status 204 No Content' },
    { status: 206, expected: 'server returned HTTP status 206 Partial Content' },
  ];
  it.each(statuses)('refuses status $status', async ({ status, expected }) => {
    const url = await serve((_, response) => response.writeHead(status, TEXT).end());
    const error = await errorOf(requestOf(url));
    expect([error.code, error.message]).toEqual(['status', `${url}: ${expected}`]);
  });

  it('tells that nobody listens', async () => {
    const server = createServer();
    const url = `http://127.0.0.1:${await listen(server)}/metrics`;
    await new Promise((resolve) => server.close(resolve));
    const error = await errorOf(requestOf(url));
    expect([error.code, error.message]).toEqual([
      'connect',
      `${url}: connection refused; does the exporter listen on this port?`,
    ]);
  });

  const urls: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'another scheme',
      input: 'ftp://127.0.0.1/x',
      expected: 'expected http or https, a host name or address and a port',
    },
    {
      name: 'user information',
      input: 'http://u@127.0.0.1/x',
      expected: 'expected http or https, a host name or address and a port',
    },
    {
      name: 'an escaped host',
      input: 'http://127.0.0.1%0a/x',
      expected: 'expected http or https, a host name or address and a port',
    },
    {
      name: 'a host that is no UTF-8',
      input: 'http://h%FF:1/x',
      expected: 'expected http or https, a host name or address and a port',
    },
    {
      name: 'a host that no name stands for',
      input: 'http://%E2%80%8B:1/x',
      expected: 'expected http or https, a host name or address and a port',
    },
    {
      name: 'a port beyond its range',
      input: 'http://127.0.0.1:99999/x',
      expected: 'expected a port from 1 to 65535, found 99999',
    },
    { name: 'port 0', input: 'http://127.0.0.1:0/x', expected: 'expected a port from 1 to 65535, found 0' },
  ];
  it.each(urls)('refuses $name', async ({ input, expected }) => {
    const error = await errorOf(requestOf(input));
    expect([error.code, error.message]).toEqual(['url', `${input}: ${expected}`]);
  });

  describe('with an answer that is not what it says', () => {
    it('refuses a plain body that claims to be gzip', async () => {
      const url = await serve((_, response) =>
        response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(BODY),
      );
      expect((await errorOf(requestOf(url))).message).toBe(
        `${url}: expected a body in gzip, as Content-Encoding says: incorrect header check`,
      );
    });

    it('refuses a gzip body that is cut', async () => {
      const url = await serve((_, response) =>
        response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync(BODY).subarray(0, 15)),
      );
      expect((await errorOf(requestOf(url))).message).toBe(
        `${url}: expected a body in gzip, as Content-Encoding says: unexpected end of file`,
      );
    });

    it('tells a lying gzip from a connection that failed', async () => {
      const url = await serve((_, response) =>
        response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(BODY),
      );
      expect((await errorOf(requestOf(url))).code).toBe('encoding');
    });

    it('refuses another encoding', async () => {
      const url = await serve((_, response) => response.writeHead(200, { ...TEXT, 'content-encoding': 'br' }).end('x'));
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message]).toEqual([
        'encoding',
        `${url}: expected Content-Encoding gzip or none, found "br"`,
      ]);
    });

    it('refuses half a body', async () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n';
      const url = await serveBytes(`${head}a 1\n`, (socket) => socket.end());
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message]).toEqual(['cut', `${url}: the connection ended before the whole answer`]);
    });

    it('refuses half a chunked body', async () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n';
      const url = await serveBytes(`${head}4\r\na 1\n\r\n`, (socket) => socket.end());
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message]).toEqual(['cut', `${url}: the connection ended before the whole answer`]);
    });

    it('refuses an answer that is no HTTP, on one line', async () => {
      const url = await serveBytes('SSH-2.0-OpenSSH\r\n\u001b[31m', (socket) => socket.end());
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message.startsWith(`${url}: `)]).toEqual(['connect', true]);
      expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    });
  });

  describe('with a limit of the body', () => {
    const bodies: readonly { name: string; bytes: number; gzip: boolean; ok: boolean }[] = [
      { name: 'takes a body under it', bytes: 99, gzip: false, ok: true },
      { name: 'refuses a body of just that size', bytes: 100, gzip: false, ok: false },
      { name: 'takes a gzip body that is under it when decompressed', bytes: 99, gzip: true, ok: true },
      { name: 'counts decompressed bytes', bytes: 1_000_000, gzip: true, ok: false },
    ];
    it.each(bodies)('$name', async ({ bytes, gzip, ok }) => {
      const body = Buffer.alloc(bytes, 'a');
      const url = await serve((_, response) => {
        if (gzip) response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync(body));
        else response.writeHead(200, TEXT).end(body);
      });
      const request = requestOf(url, { bodySizeLimit: 100 });
      if (ok) return expect((await scrape(request)).body.length).toBe(bytes);
      const error = await errorOf(request);
      expect([error.code, error.message]).toEqual([
        'too_large',
        `${url}: the body is not under 100 bytes (body_size_limit)`,
      ]);
    });

    it('stops reading a body without end', async () => {
      const url = await serve((_, response) => {
        response.writeHead(200, TEXT);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 'a')));
        };
        response.on('drain', more).on('error', () => {});
        more();
      });
      expect((await errorOf(requestOf(url, { bodySizeLimit: 1_000_000 }))).code).toBe('too_large');
    });
  });

  describe('with redirects', () => {
    it('follows one on the same host', async () => {
      const url = await serve((request, response) => {
        if (request.url === '/metrics') response.writeHead(302, { location: '/other?x=1' }).end();
        else response.writeHead(200, TEXT).end(`# ${request.url}\n`);
      });
      expect(Buffer.from((await scrape(requestOf(url))).body).toString()).toBe('# /other?x=1\n');
    });

    const follows: readonly { name: string; location: (origin: string) => string; expected: string }[] = [
      { name: 'a relative path', location: () => 'x', expected: '/x' },
      { name: 'a fragment, without sending it', location: () => '/x#y', expected: '/x' },
      { name: 'a query of its own', location: () => '?a=b', expected: '/metrics?a=b' },
      { name: 'a URL of the same host', location: (origin) => `//${origin}/x`, expected: '/x' },
      { name: 'dots', location: () => '/a/../b', expected: '/b' },
    ];
    it.each(follows)('follows $name', async ({ location, expected }) => {
      const seen: unknown[] = [];
      const url = await serve((request, response) => {
        seen.push([request.url, request.headers.referer]);
        if (seen.length === 1)
          response.writeHead(302, { location: location(`h.test:${request.socket.localPort}`) }).end();
        else response.writeHead(200, TEXT).end(BODY);
      });
      const { port } = new URL(url);
      const near = httpScrape({
        guard: addressGuard(LOOPBACK_NETWORKS),
        connect: () => connect(Number(port), '127.0.0.1'),
      });
      const asked = `http://h.test:${port}/metrics`;
      await near(requestOf(asked));
      expect(seen).toEqual([
        ['/metrics', undefined],
        [expected, asked],
      ]);
    });

    it('takes one without a Location for an answer', async () => {
      const url = await serve((_, response) => response.writeHead(302).end());
      expect((await errorOf(requestOf(url))).message).toBe(`${url}: server returned HTTP status 302 Found`);
    });

    it('follows nine', async () => {
      let asked = 0;
      const url = await serve((_, response) => {
        asked += 1;
        if (asked < 10) response.writeHead(302, { location: `/${asked}` }).end();
        else response.writeHead(200, TEXT).end(BODY);
      });
      expect((await scrape(requestOf(url))).status).toBe(200);
    });

    it('refuses one where they are not to be followed', async () => {
      const url = await serve((_, response) => response.writeHead(302, { location: '/other' }).end());
      expect((await errorOf(requestOf(url, { followRedirects: false }))).message).toBe(
        `${url}: server returned HTTP status 302 Found`,
      );
    });

    const locations: readonly { name: string; location: string | undefined; shown: string }[] = [
      { name: 'another host', location: 'http://10.0.0.1/metrics', shown: '"http://10.0.0.1/metrics"' },
      {
        name: 'a metadata service',
        location: 'http://169.254.169.254/latest/meta-data',
        shown: '"http://169.254.169.254/latest/meta-data"',
      },
      { name: 'another port', location: 'http://127.0.0.1:1/metrics', shown: '"http://127.0.0.1:1/metrics"' },
      { name: 'a host without a scheme', location: '//other/metrics', shown: '"//other/metrics"' },
      { name: 'no URL', location: 'http://[', shown: '"http://["' },
    ];
    it.each(locations)('refuses one to $name', async ({ location, shown }) => {
      const url = await serve((_, response) => response.writeHead(302, { location }).end());
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message]).toEqual([
        'redirect',
        `${url}: redirected to ${shown}, which is not followed; set metrics_path or scheme instead`,
      ]);
    });

    it('does not reach the other host', async () => {
      let reached = 0;
      const other = await serve((_, response) => {
        reached += 1;
        response.end(BODY);
      });
      const url = await serve((_, response) => response.writeHead(307, { location: other }).end());
      await errorOf(requestOf(url));
      expect(reached).toBe(0);
    });

    it('gives up on a circle', async () => {
      const url = await serve((_, response) => response.writeHead(302, { location: '/metrics' }).end());
      const error = await errorOf(requestOf(url));
      expect([error.code, error.message]).toEqual(['redirect', `${url}: more than 9 redirects`]);
    });
  });

  describe('with a deadline', () => {
    const late = (url: string) => ['timeout', `${url}: no whole answer within 200 ms (scrape_timeout)`];

    it('gives up on a server that does not answer', async () => {
      const url = await serve(() => {});
      const error = await errorOf(requestOf(url, { timeoutMs: 200 }));
      expect([error.code, error.message]).toEqual(late(url));
    });

    it('gives up on a target that takes no connection, long before scrape_timeout', async () => {
      const sockets: Socket[] = [];
      // A socket that never gets to connect, as where a security group drops its packets.
      const dropped = () => {
        const socket = new Socket().connect({ host: 'nobody', port: 1, lookup: () => {} });
        sockets.push(socket);
        return socket;
      };
      const silent = httpScrape({ guard: addressGuard(PRIVATE_NETWORKS), connect: dropped, connectTimeoutMs: 50 });
      const url = 'http://10.0.0.1:9404/metrics';
      const text = 'no connection within 50 ms; do the security groups let scrape in?';
      await expect(silent(requestOf(url))).rejects.toMatchObject({ code: 'unreachable', message: `${url}: ${text}` });
      expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
    });

    it('gives up on a body that hangs', async () => {
      const url = await serve((_, response) => void response.writeHead(200, TEXT).write('a 1\n'));
      const error = await errorOf(requestOf(url, { timeoutMs: 200 }));
      expect([error.code, error.message]).toEqual(late(url));
    });

    it('gives up on a gzip body that hangs', async () => {
      const url = await serve((_, response) => {
        response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).write(gzipSync(BODY).subarray(0, 12));
      });
      const error = await errorOf(requestOf(url, { timeoutMs: 200 }));
      expect([error.code, error.message]).toEqual(late(url));
    });

    it('gives up on a body that comes byte by byte', async () => {
      const url = await serve((_, response) => {
        response.writeHead(200, TEXT);
        const timer = setInterval(() => response.write('a'), 20);
        response.on('close', () => clearInterval(timer));
      });
      expect((await errorOf(requestOf(url, { timeoutMs: 200 }))).code).toBe('timeout');
    });

    it('gives one deadline to all redirects together', async () => {
      let hops = 0;
      const url = await serve((_, response) => {
        hops += 1;
        setTimeout(() => response.writeHead(302, { location: `/${hops}` }).end(), 90);
      });
      expect((await errorOf(requestOf(url, { timeoutMs: 200 }))).code).toBe('timeout');
    });
  });

  describe('with an address guard', () => {
    const onlyPrivate = httpScrape({ guard: addressGuard(PRIVATE_NETWORKS) });
    const counting = async () => {
      const seen = { requests: 0 };
      const url = await serve((_, response) => {
        seen.requests += 1;
        response.end(BODY);
      });
      return { url, seen };
    };

    it('refuses an address outside the allowed networks before it connects', async () => {
      const { url, seen } = await counting();
      const error = await errorOf(requestOf(url), onlyPrivate);
      expect([error.code, error.message]).toEqual([
        'address',
        `${url}: address 127.0.0.1 is outside the allowed networks (${PRIVATE_NETWORKS.join(', ')})`,
      ]);
      expect(seen.requests).toBe(0);
    });

    it('refuses a name that resolves to such an address', async () => {
      const { url, seen } = await counting();
      const named = url.replace('127.0.0.1', 'localhost');
      const error = await errorOf(requestOf(named), onlyPrivate);
      expect(error.code).toBe('address');
      expect(error.message).toMatch(/^http:\/\/localhost:\d+\/metrics: address (127\.0\.0\.1|::1) is outside/);
      expect(seen.requests).toBe(0);
    });

    it.each(['http://2130706433', 'http://0x7f.1', 'http://127.1'])(
      'refuses %s, another spelling of loopback',
      async (host) => {
        const { url, seen } = await counting();
        await expect(onlyPrivate(requestOf(url.replace('http://127.0.0.1', host)))).rejects.toThrow(ScrapeError);
        expect(seen.requests).toBe(0);
      },
    );

    it('refuses a metadata service whatever is allowed', async () => {
      const everything = httpScrape({ guard: addressGuard(['0.0.0.0/0', '::/0']) });
      const error = await errorOf(requestOf('http://169.254.170.2/metrics'), everything);
      expect(error.message).toBe(
        'http://169.254.170.2/metrics: address 169.254.170.2 is link-local or a metadata service and is never scraped',
      );
    });
  });
});
