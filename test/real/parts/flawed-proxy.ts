import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stop } from './program.ts';

/**
 * What becomes of a request. `refused`: answered with an error that no client tries again; `throttled`, `unavailable`:
 * with one that it does; `lost`: done, and the connection cut before the answer; `silent`: never answered.
 */
export type Verdict = 'passed' | 'refused' | 'throttled' | 'unavailable' | 'lost' | 'silent';

const ERRORS = {
  refused: [400, 'AccessDeniedException'],
  throttled: [400, 'ThrottlingException'],
  unavailable: [503, 'ServiceUnavailableException'],
} as const;

/** Stands in front of moto and spoils what it is told to. */
export type FlawedProxy = {
  readonly url: string;
  /** Asked for each request with its API call, such as AmazonSSM.PutParameter. Passes everything until it is set. */
  judge: (call: string) => Verdict;
  readonly stop: Stop;
};

/** Starts a proxy of a server on a loopback port. */
export async function startFlawedProxy(target: string): Promise<FlawedProxy> {
  const server = createServer((request, response) => {
    const call = String(request.headers['x-amz-target'] ?? `${request.method} ${request.url}`);
    const verdict = proxy.judge(call);
    if (verdict === 'silent') return;
    if (verdict in ERRORS) refuse(request, response, ERRORS[verdict as keyof typeof ERRORS]);
    else void forward(request, response, target, verdict === 'lost');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FlawedProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    judge: () => 'passed',
    stop: () => close(server),
  };
  return proxy;
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  [status, type]: readonly [status: number, type: string],
): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: type, message: 'refused by the test' }));
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  isLost: boolean,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers)
    .filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name))
    .map(([name, value]): [string, string] => [name, String(value)]);
  const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
  const answer = await fetch(`${target}${request.url}`, { method: request.method ?? 'GET', headers, body });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (isLost) {
    response.destroy();
    return;
  }
  const back = [...answer.headers].filter(
    ([name]) => !['connection', 'transfer-encoding', 'content-encoding'].includes(name),
  );
  response.writeHead(answer.status, Object.fromEntries(back));
  response.end(bytes);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
