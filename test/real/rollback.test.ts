import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { built } from './parts/command.ts';
import { readEmf } from './parts/emf.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { takeMessages } from './parts/queued-messages.ts';
import { SHOP, seedShop } from './parts/shop.ts';

const COMPOSE = `
services:
  shop:
    image: shop
    ports:
      - target: 9404
    x-prom-emf:
      Exporters:
        javajmx: true
`;

// The tests stand on each other's results.
describe('scrape of this revision and of the one before state version 2, over one state', () => {
  let moto: MotoPart;
  let folder: string;
  let discover: FunctionPart;
  let current: FunctionPart;
  let previous: FunctionPart;
  let requests = 0;
  /** Every tick is later than the one before, and none is so late that it is dropped. */
  let scheduled = Date.now() - 45_000;
  const { kept, stops } = keeping();
  // After all else: nobody writes to it any more.
  stops.push(async () => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    moto = await kept(startMoto());
    folder = mkdtempSync(join(tmpdir(), 'prom-emf-rollback-'));
    const { address, env } = await seedShop(moto);
    const server = createServer((_, response) => {
      const body = `# TYPE catalina_globalrequestprocessor_requestcount counter\ncatalina_globalrequestprocessor_requestcount ${requests}\n`;
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(body);
    });
    await new Promise<void>((listening) => server.listen(SHOP.port, address, listening));
    stops.push(() => new Promise((closed) => server.close(() => closed())));

    const start = (bundleDir: string) => kept(startFunction({ bundleDir, handler: 'handler.handler', env }));
    const config = await start(built('functions', 'config'));
    const compose = [{ file: 'compose.yaml', text: COMPOSE }];
    expect(await config.invoke({ cluster: 'prod', compose, write: true })).toMatchObject({ kind: 'response' });
    discover = await start(built('functions', 'discover'));
    current = await start(built('functions', 'scrape'));
    previous = await start(previousBundle(folder));
  });

  /** One tick, before which so many requests came in; what scrape answered, wrote and told. */
  const tick = async (scrape: FunctionPart, increase: number) => {
    requests += increase;
    scheduled += 10_000;
    const found = await discover.invoke({ scheduled_time: new Date(scheduled).toISOString() });
    expect(found).toMatchObject({ response: { reports: [{ messages: 1 }] } });
    const taken = await takeMessages(moto, SHOP.queueName);
    const Records = taken.map(({ body }) => ({ messageId: 'message', body }));
    const [stdout, stderr] = [scrape.stdout().length, scrape.stderr().length];
    const outcome = await scrape.invoke({ Records });
    return {
      outcome,
      metrics: readEmf(scrape.stdout().subarray(stdout)).map(({ name, value }) => [name, value]),
      stderr: scrape.stderr().subarray(stderr).toString(),
    };
  };
  const stored = async () => {
    const s3 = new S3Client(moto.client);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: SHOP.bucket, Prefix: 'state/' }));
    const [Key] = Contents.flatMap((each) => each.Key ?? []).filter((key) => !key.endsWith('.confirmed'));
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: SHOP.bucket, Key }));
    const text = gunzipSync((await Body?.transformToByteArray()) ?? '').toString();
    type State = {
      readonly version: number;
      readonly targets: readonly [string, number, readonly [string, number][]][];
    };
    const { version, targets } = JSON.parse(text) as State;
    return { ETag, version, values: targets.flatMap(([, , counters]) => counters.map(([, value]) => value)) };
  };
  const done = { kind: 'response', response: { batchItemFailures: [] } };

  it('starts with the one before', async () => {
    expect(await tick(previous, 100)).toMatchObject({ outcome: done, metrics: [] });
    expect(await stored()).toMatchObject({ version: 1 });
  });

  // The key of a target's memory got its interval between the two, before there was a release: its counters start anew.
  it('goes on from the older state when it is upgraded, and writes its own', async () => {
    const { outcome, stderr } = await tick(current, 5);
    expect(outcome).toEqual(done);
    expect(JSON.parse(stderr)).toMatchObject({
      outcome: 'emitted',
      families: [{ up: 1, dropped: { first_sample: 1 } }],
    });
    const { version, values } = await stored();
    expect(version).toBe(2);
    expect(values).toEqual([100, 105]);
  });

  it('writes nothing over a newer state when it is rolled back, hands the message back, and says why', async () => {
    const before = await stored();
    const { outcome, metrics, stderr } = await tick(previous, 7);
    expect(outcome).toEqual({
      kind: 'response',
      response: { batchItemFailures: [{ itemIdentifier: 'message' }] },
    });
    expect(metrics).toEqual([]);
    expect(stderr).toMatch(/^message message: .*version 1.*2/);
    expect(await stored()).toEqual(before);
  });

  it('loses nothing of that time once it is upgraded again', async () => {
    expect(await tick(current, 11)).toMatchObject({
      outcome: done,
      metrics: [['catalina_globalrequestprocessor_requestcount', 18]],
    });
  });
});

/** The bundle as a folder that Lambda could start, with the SDK that it was recorded without. */
function previousBundle(folder: string): string {
  const bundleDir = join(folder, 'previous');
  mkdirSync(bundleDir);
  const packed = readFileSync(join(import.meta.dirname, 'previous-release', 'scrape.mjs.gz'));
  writeFileSync(join(bundleDir, 'handler.js'), gunzipSync(packed));
  writeFileSync(join(bundleDir, 'package.json'), '{"type":"module"}');
  symlinkSync(resolve('node_modules'), join(bundleDir, 'node_modules'));
  return bundleDir;
}
