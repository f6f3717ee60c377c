import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { expect, it, onTestFinished } from 'vitest';
import { budgetedClients } from '../../../lib/io/ecs-clients.ts';

/** A client of a server that answers nothing but this status; never, where there is none. */
async function clientOf(deadline: number, status?: number) {
  const server = createServer((_, response) => {
    if (status === undefined) return;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL_ECS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID = 'tester';
  process.env.AWS_SECRET_ACCESS_KEY = 'placeholder';
  onTestFinished(() => {
    for (const name of ['AWS_ENDPOINT_URL_ECS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    server.closeAllConnections();
    server.close();
  });
  return budgetedClients(() => deadline).ecs({ region: 'eu-west-1' });
}

const list = new ListTasksCommand({ cluster: 'shop' });

it.each([
  { name: 'waits for no answer beyond the deadline', status: undefined },
  { name: 'waits for no other attempt beyond the deadline', status: 400 },
])('$name', async ({ status }) => {
  // The SDK waits up to 10 seconds for an answer, and up to a second for the next attempt.
  const client = await clientOf(Date.now() + 150, status);
  await expect(client.send(list)).rejects.toThrow(/^no time left in this invocation: /);
});

it('asks nothing after the deadline', async () => {
  const client = await clientOf(Date.now() - 1);
  await expect(client.send(list)).rejects.toThrow('no time left in this invocation');
});
