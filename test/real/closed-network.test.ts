import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createExporter, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../lib/io/certificates.ts';
import { attemptsIn, closedNetworkEnvironment } from './parts/closed-network.ts';
import { built } from './parts/command.ts';
import { readEmf } from './parts/emf.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { takeMessages } from './parts/queued-messages.ts';
import { SHOP, seedShop } from './parts/shop.ts';

const s3Host = `${SHOP.bucket}.s3.eu-west-1.amazonaws.com`;
const BODY = '# TYPE jvm_threads_current gauge\njvm_threads_current 23\n';

/** A target with a secret: scrape gets it from S3 too, encrypted with a key of KMS. */
const COMPOSE = `
services:
  shop:
    image: shop
    ports:
      - target: 9404
    x-prom-emf:
      Exporters:
        javajmx: true
      ScrapeConfigs:
        - ExporterPort: 9404
          basic_auth:
            username: metrics
            password_file: secretsmanager:shop/exporter
`;

let folder: string;
const { kept, stops } = keeping();
// After all else: nobody writes to it any more.
stops.push(async () => rmSync(folder, { recursive: true }));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prom-emf-closed-'));
});

describe('scrape in a network where S3 and the targets answer, and nothing else', () => {
  const network = { places: {} as Record<string, readonly [string, number]>, logFile: '' };
  let moto: MotoPart;
  let discover: FunctionPart;
  let scrape: FunctionPart;
  let target: string;

  beforeAll(async () => {
    moto = await kept(startMoto());
    const { address, env: open } = await seedShop(moto);
    const secret = { Name: 'shop/exporter', SecretString: 'correct horse battery staple' };
    await new SecretsManagerClient(moto.client).send(new CreateSecretCommand(secret));
    target = `${address}:${SHOP.port}`;
    await startExporter(address);
    const ca = certificateAuthority('prom-emf real CA');
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, ca.cert);
    const s3Port = await startS3(ca.issue('s3', [s3Host]), moto.port);
    network.logFile = join(folder, 'attempts');
    network.places = { [`${s3Host}:443`]: ['127.0.0.1', s3Port], [target]: [address, SHOP.port] };

    const start = (name: string, env: Readonly<Record<string, string>>) =>
      kept(startFunction({ bundleDir: built('functions', name), handler: 'handler.handler', env }));
    const config = await start('config', open);
    const compose = [{ file: 'compose.yaml', text: COMPOSE }];
    const written = await config.invoke({ cluster: 'prod', compose, write: true });
    expect(written).toMatchObject({ response: { families: [{ family: 'shop' }] } });
    discover = await start('discover', open);
    // What Lambda gives, and of the stack's what serverless.yml does: the SDK finds S3 by itself.
    scrape = await start('scrape', {
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_SESSION_TOKEN: 'testing',
      NODE_EXTRA_CA_CERTS: caFile,
      BUCKET_PREFIX: SHOP.prefix,
      ALLOWED_NETWORKS: '127.0.0.0/8',
      SINK: 'stdout',
      ...closedNetworkEnvironment(network),
    });
  });

  const tick = async (scheduled: number) => {
    const found = await discover.invoke({ scheduled_time: new Date(scheduled).toISOString() });
    expect(found).toMatchObject({ response: { reports: [{ messages: 1, failures: [] }] } });
    const Records = await takeMessages(moto, SHOP.queueName);
    expect(Records).toHaveLength(1);
    expect(await scrape.invoke({ Records })).toEqual({ kind: 'response', response: { batchItemFailures: [] } });
  };

  it('reads its plan, its secrets and its state, scrapes, writes its state, and emits', async () => {
    const now = Date.now();
    await tick(now - 30_000);
    await tick(now);
    const emitted = readEmf(scrape.stdout()).filter(({ name }) => name === 'jvm_threads_current');
    expect(emitted.map(({ value }) => value)).toEqual([23, 23]);
  });

  it('asked for nothing else: no STS, no KMS, no parameter, no metadata', () => {
    expect(attemptsIn(network)).toEqual({
      allowed: [`connect ${target}`, `connect ${s3Host}:443`],
      refused: [],
    });
  });
});

describe('the closed network', () => {
  const CODE: Readonly<Record<string, string>> = {
    'connect sts.eu-west-1.amazonaws.com:443': "fetch('https://sts.eu-west-1.amazonaws.com/')",
    'connect 169.254.169.254:80': "fetch('http://169.254.169.254/latest/meta-data/')",
    'connect 127.0.0.1:9': "new Promise((_, reject) => net.connect(9, '127.0.0.1').on('error', reject))",
    'connect /tmp/socket': "new Promise((_, reject) => net.connect('/tmp/socket').on('error', reject))",
    'look up kms.eu-west-1.amazonaws.com': "promisify(dns.lookup)('kms.eu-west-1.amazonaws.com')",
    'resolve4 kms.eu-west-1.amazonaws.com': "promisify(dns.resolve4)('kms.eu-west-1.amazonaws.com')",
    'createSocket udp4': "Promise.resolve().then(() => dgram.createSocket('udp4'))",
    'spawn curl': "Promise.resolve().then(() => spawn('curl'))",
  };

  it('refuses and writes down every way out that code has', async () => {
    const bundleDir = join(folder, 'outward');
    mkdirSync(bundleDir);
    writeFileSync(join(bundleDir, 'package.json'), '{"type":"module"}');
    const imports = [
      "import net from 'node:net'; import dns from 'node:dns'; import dgram from 'node:dgram';",
      "import { spawn } from 'node:child_process'; import { promisify } from 'node:util';",
    ];
    const handler = `export const handler = async () => (await Promise.allSettled([${Object.values(CODE)}])).map(({ status }) => status);`;
    writeFileSync(join(bundleDir, 'handler.js'), [...imports, handler].join('\n'));
    const network = { places: {}, logFile: join(folder, 'outward-attempts') };
    const part = await kept(
      startFunction({ bundleDir, handler: 'handler.handler', env: closedNetworkEnvironment(network) }),
    );
    const response = Object.keys(CODE).map(() => 'rejected');
    expect(await part.invoke({})).toEqual({ kind: 'response', response });
    expect(attemptsIn(network)).toEqual({ allowed: [], refused: Object.keys(CODE).sort() });
  });
});

/** S3 under its own name with TLS, in front of moto, which finds the service in the Host header. */
async function startS3(certified: { readonly cert: string; readonly key: string }, motoPort: number): Promise<number> {
  const server = createTlsServer(certified, (incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: motoPort, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  return listen(server, 0, '127.0.0.1');
}

async function startExporter(host: string): Promise<void> {
  const server = createExporter((incoming, outgoing) => {
    const isKnown = incoming.headers.authorization?.startsWith('Basic ') === true;
    outgoing.writeHead(isKnown ? 200 : 401, { 'content-type': 'text/plain; version=0.0.4' }).end(isKnown ? BODY : '');
  });
  await listen(server, 9404, host);
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}
