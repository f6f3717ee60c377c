import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../lib/io/certificates.ts';
import { built } from './parts/command.ts';
import { readEmf } from './parts/emf.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import type { Stop } from './parts/program.ts';
import { takeMessages } from './parts/queued-messages.ts';
import { SHOP, seedShop } from './parts/shop.ts';

const PASSWORD = 'correct horse battery staple';
const ROTATED = 'another password';

const ca = certificateAuthority('prom-emf real CA');
const client = ca.issue('prom-emf');

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
          scheme: https
          basic_auth:
            username: metrics
            password_file: secretsmanager:shop/exporter#password
          tls_config:
            ca_file: ssm:/shop/ca
            cert_file: ssm:/shop/cert
            key_file: ssm:/shop/key
`;

/** What scrape tells on stderr. */
type Summary = {
  readonly families: readonly { readonly up: number; readonly down: number }[];
  readonly down: { readonly first: readonly { readonly error: string }[] };
};

// The tests stand on each other's results.
describe('credentials, from a compose file to an exporter with TLS', () => {
  let moto: MotoPart;
  let s3: S3Client;
  let functions: Readonly<Record<'config' | 'discover' | 'scrape' | 'coldDiscover', FunctionPart>>;
  let password = PASSWORD;
  const { kept, stops } = keeping();

  beforeAll(async () => {
    moto = await kept(startMoto());
    s3 = new S3Client(moto.client);
    const { address, env } = await seedShop(moto);
    await startExporter(address, () => password, stops);
    const start = (name: string) =>
      kept(startFunction({ bundleDir: built('functions', name), handler: 'handler.handler', env }));
    functions = {
      config: await start('config'),
      discover: await start('discover'),
      coldDiscover: await start('discover'),
      scrape: await start('scrape'),
    };
    const compose = [{ file: 'compose.yaml', text: COMPOSE }];
    const outcome = await functions.config.invoke({ cluster: SHOP.cluster, compose, write: true });
    expect(outcome).toMatchObject({ kind: 'response', response: { families: [{ family: 'shop' }] } });
  });

  /** One run of discover, and of scrape for each message it queued. */
  const tick = async (discover: FunctionPart) => {
    const outcome = await discover.invoke({ scheduled_time: new Date().toISOString() });
    expect(outcome).toMatchObject({ kind: 'response' });
    const { reports } = (outcome as { response: { reports: readonly { failures: readonly unknown[] }[] } }).response;
    const Records = await takeMessages(moto, SHOP.queueName);
    const before = functions.scrape.stderr().length;
    expect(await functions.scrape.invoke({ Records })).toMatchObject({ response: { batchItemFailures: [] } });
    const [line = '{}'] = functions.scrape.stderr().subarray(before).toString().split('\n');
    const bodies = Records.map(({ body }) => body);
    return { failures: reports[0]?.failures, bodies, ...(JSON.parse(line) as Summary) };
  };
  const secretObjects = async () =>
    (await s3.send(new ListObjectsV2Command({ Bucket: SHOP.bucket, Prefix: 'secrets/' }))).Contents ?? [];

  it('names the secrets that are not there, and scrapes nothing without them', async () => {
    const { failures, down } = await tick(functions.discover);
    const names = ['secretsmanager:shop/exporter#password', 'ssm:/shop/ca', 'ssm:/shop/cert', 'ssm:/shop/key'];
    expect(failures).toEqual(
      names.map((arn) => ({ arn, reason: expect.stringMatching(/is not scraped without it: /) })),
    );
    expect(down.first).toMatchObject([{ error: expect.stringMatching(/without its secret secretsmanager:/) }]);
  });

  it('scrapes with what SSM and Secrets Manager hold, as soon as they do', async () => {
    const ssm = new SSMClient(moto.client);
    const values = { ca: ca.cert, cert: client.cert, key: client.key };
    for (const [name, Value] of Object.entries(values))
      await ssm.send(new PutParameterCommand({ Name: `/shop/${name}`, Value, Type: 'SecureString' }));
    const secrets = new SecretsManagerClient(moto.client);
    const SecretString = JSON.stringify({ username: 'metrics', password: PASSWORD });
    await secrets.send(new CreateSecretCommand({ Name: 'shop/exporter', SecretString }));

    const { failures, families, bodies } = await tick(functions.discover);
    expect(failures).toEqual([]);
    expect(families).toMatchObject([{ up: 1, down: 0 }]);
    expect(readEmf(functions.scrape.stdout()).map(({ name }) => name)).toContain('jvm_threads_current');
    const { secrets: key } = JSON.parse(bodies[0] ?? '{}') as { secrets: string };
    const object = await s3.send(new HeadObjectCommand({ Bucket: SHOP.bucket, Key: `secrets/${key}` }));
    expect(object.ServerSideEncryption).toBe('aws:kms');
  });

  it('stores nothing again while nothing changes', async () => {
    const before = await secretObjects();
    expect((await tick(functions.discover)).families).toMatchObject([{ up: 1, down: 0 }]);
    expect(await secretObjects()).toEqual(before);
  });

  it('takes a rotated secret up', async () => {
    const secrets = new SecretsManagerClient(moto.client);
    const SecretString = JSON.stringify({ password: ROTATED });
    await secrets.send(new PutSecretValueCommand({ SecretId: 'shop/exporter', SecretString }));
    password = ROTATED;
    const stale = await tick(functions.discover);
    expect(stale.down.first).toMatchObject([{ error: expect.stringMatching(/refuses these credentials$/) }]);
    // An instance that knows nothing yet stands for one that has known it for five minutes.
    expect((await tick(functions.coldDiscover)).families).toMatchObject([{ up: 1, down: 0 }]);
  });

  it('never lets a value out of the one object', async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: SHOP.bucket }));
    const others = Contents.flatMap(({ Key = '' }) => (Key.startsWith('secrets/') ? [] : [Key]));
    expect(others.length).toBeGreaterThan(2);
    const objects = await Promise.all(others.map(async (Key) => objectBytes(s3, Key)));
    const logs = Object.values(functions).flatMap((part) => [part.stdout(), part.stderr()]);
    const written = Buffer.concat([...objects, ...logs]).toString('utf8');
    const [, secretLine = ''] = client.key.split('\n');
    for (const value of [PASSWORD, ROTATED, secretLine, Buffer.from(`metrics:${PASSWORD}`).toString('base64')])
      expect(written).not.toContain(value);
  });
});

/** Serves a recorded body over HTTPS to who shows the certificate and the password. */
async function startExporter(host: string, password: () => string, stops: Stop[]): Promise<void> {
  const body = readFileSync('examples/exporters/java.1.prom');
  const options = { ...ca.issue('exporter', [host]), ca: ca.cert, requestCert: true, rejectUnauthorized: true };
  const server = createServer(options, (request, response) => {
    const expected = `Basic ${Buffer.from(`metrics:${password()}`).toString('base64')}`;
    if (request.headers.authorization !== expected) return void response.writeHead(401).end();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(9404, host, resolve));
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
}

/** An object's bytes, inflated where it says so. */
async function objectBytes(s3: S3Client, Key: string): Promise<Buffer> {
  const { Body, ContentEncoding } = await s3.send(new GetObjectCommand({ Bucket: SHOP.bucket, Key }));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  return ContentEncoding === 'gzip' ? gunzipSync(bytes) : bytes;
}
