import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export type SilentPort = { readonly port: number; readonly stop: () => Promise<void> };

/** Listens with the shortest queue, and then never again takes a connection out of it. */
const LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer();
  server.listen({ port: 0, host: '0.0.0.0', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** More than the queue holds: from then on nobody gets an answer, not even a refusal. */
const WAITING = 4;

/** A port at every loopback address at which connections are neither taken nor refused, as behind a firewall. Linux only. */
export async function startSilentPort(): Promise<SilentPort> {
  const worker = new Worker(LISTENER, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const waiting = Array.from({ length: WAITING }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(waiting.slice(0, 2).map(connected));
  return {
    port,
    stop: async () => {
      for (const socket of waiting) socket.destroy();
      await worker.terminate();
    },
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('connect', () => resolve()));
}
