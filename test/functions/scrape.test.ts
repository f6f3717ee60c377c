import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../functions/scrape.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4').end('up_to_date 1\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => vi.unstubAllEnvs());

const agent = { logs: { metrics_collected: { prometheus: { cluster_name: 'prod', emf_processor: {} } } } };

async function scrape(): Promise<ScrapeReport> {
  const prometheus = `scrape_configs: [{job_name: web, static_configs: [{targets: ["${address}"]}]}]`;
  const event = { documents: { web: { prometheus, agent: JSON.stringify(agent) } } };
  return (await handler(event, {} as Context)) as ScrapeReport;
}

describe('the networks of scrape', () => {
  const RANGES = '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7';
  it.each([
    { name: 'the private ranges', variables: {}, networks: RANGES },
    { name: 'those of peers too', variables: { PEER_RANGES: '192.0.2.0/24' }, networks: `${RANGES}, 192.0.2.0/24` },
    {
      name: 'the allowed ones in place of the private ranges, and those of peers',
      variables: { ALLOWED_NETWORKS: '10.1.0.0/16', PEER_RANGES: '192.0.2.0/24' },
      networks: '10.1.0.0/16, 192.0.2.0/24',
    },
  ])('are $name', async ({ variables, networks }) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { targets } = await scrape();
    expect(targets).toMatchObject([
      { up: false, error: expect.stringContaining(`address 127.0.0.1 is outside the allowed networks (${networks})`) },
    ]);
  });

  it('let through to the networks of peers', async () => {
    vi.stubEnv('PEER_RANGES', '127.0.0.0/8');
    expect((await scrape()).targets).toMatchObject([{ up: true }]);
  });
});
