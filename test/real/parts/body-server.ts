import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stop } from './program.ts';

/** An exporter of the text format. */
export type BodyServer = { readonly address: string; readonly stop: Stop };

/** Starts a server on a loopback port that answers every request with this text exposition. */
export async function startBodyServer(body: string | (() => string)): Promise<BodyServer> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(typeof body === 'string' ? body : body());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `127.0.0.1:${port}`, stop };
}
