import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stop } from './program.ts';

/** Plays the presigned URL at which CloudFormation waits for the answer of a custom resource. */
export type AnswerServer = {
  readonly url: string;
  /** What was put there since the last call, parsed. */
  readonly answers: () => readonly unknown[];
  readonly stop: Stop;
};

/** Starts a server on a loopback port that takes a PUT without a content type, as the URL is signed for. */
export async function startAnswerServer(): Promise<AnswerServer> {
  const received: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isSigned = request.method === 'PUT' && (request.headers['content-type'] ?? '') === '';
    if (isSigned) received.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(isSigned ? 200 : 403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`,
    answers: () => received.splice(0),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
