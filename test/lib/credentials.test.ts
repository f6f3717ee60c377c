import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type DiscoverReport, newMemory, runDiscover } from '../../lib/discover.ts';
import { type FamilyConfig, readFamily } from '../../lib/documents.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';
import { addressGuard, LOOPBACK_NETWORKS } from '../../lib/io/address-guard.ts';
import { httpScrape } from '../../lib/io/http.ts';
import { recordedEcs } from '../../lib/io/recorded-ecs.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import type { SecretSources } from '../../lib/ports.ts';
import type { Secret, SecretReference } from '../../lib/prometheus/secret-reference.ts';
import { runScrape } from '../../lib/scrape.ts';
import { parseSecrets } from '../../lib/secrets.ts';
import { compilePlan, parseShardMessage, shardKey, targetsOfMessage } from '../../lib/shard-input.ts';

/** From documents with references through discover, its message and scrape to an exporter that asks for credentials. */

const PASSWORD = 'correct horse';
const TOKEN = 'battery-staple';
const BASIC = `Basic ${Buffer.from(`metrics:${PASSWORD}`).toString('base64')}`;
const BASIC_AUTH = { basic_auth: { username: 'metrics', password_file: 'ssm:/shop/password' } };
const BEARER = { authorization: { credentials_file: 'secretsmanager:shop#token' } };
const VALUES: Readonly<Record<string, string>> = { 'ssm:/shop/password': PASSWORD, 'secretsmanager:shop#token': TOKEN };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const metrics: Answer = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
  response.end('# TYPE c_total counter\nc_total 1\n# TYPE g gauge\ng 5\n');
};

/** An exporter that keeps the Authorization header of each request. */
async function exporter(answer: Answer = metrics): Promise<{ address: string; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    answer(request, response);
  });
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const AGENT = {
  logs: {
    metrics_collected: {
      prometheus: {
        emf_processor: {
          metric_declaration: [{ source_labels: ['job'], metric_selectors: ['.*'], dimensions: [['job']] }],
        },
      },
    },
  },
};

function familyOf(family: string, address: string, ...jobs: readonly object[]): FamilyConfig {
  const scrape_configs = jobs.map((job, index) => ({
    job_name: `${family}-${index}`,
    static_configs: [{ targets: [address] }],
    ...job,
  }));
  return readFamily(family, {
    prometheus: { address: 'p.yaml', text: JSON.stringify({ scrape_configs }) },
    agent: { address: 'agent.json', text: JSON.stringify(AGENT) },
  });
}

/** A stack in memory. `written` is everything that leaves the functions, the object of secrets aside. */
function stackOver(values: Record<string, string>) {
  const source = async (references: readonly SecretReference[]) =>
    new Map(references.map(({ text }): [string, Secret] => [text, secretOf(values[text])]));
  const secretOf = (value: string | undefined): Secret => (value === undefined ? { error: 'it is gone' } : { value });
  const sources: SecretSources = { parameter: source, secret: source };
  const written: string[] = [];
  const [plans, secrets] = [new Map<string, string>(), new Map<string, string>()];
  const messages: string[] = [];
  const time = { now: 0 };
  const state = memoryStateStore();
  const common = { clock: () => time.now, nonce: () => `nonce ${written.length}` };
  const place = { file: 'tasks.json', line: 1, column: 1 };
  const keeping = async (texts: Map<string, string>, key: string, text: string) => {
    texts.set(key, text);
  };
  const discoverPorts = {
    ...common,
    ecs: recordedEcs({ file: 'tasks.json', value: { tasks: [], taskDefinitions: [] }, place: () => place }),
    plans: { read: async (key: string) => plans.get(key), write: keeping.bind(undefined, plans) },
    secrets: { read: async (key: string) => secrets.get(key), write: keeping.bind(undefined, secrets) },
    secretSources: sources,
    layouts: memoryStateStore(),
    loads: async () => new Map<string, number>(),
    snapshots: { read: async () => undefined, write: async () => {} },
    queue: async (sent: readonly { body: string }[]) => {
      messages.push(...sent.map(({ body }) => body));
    },
  };
  const scrapePorts = {
    ...common,
    scrape: httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) }),
    state: {
      ...state,
      commit: (...next: Parameters<typeof state.commit>) => {
        written.push(JSON.stringify(next));
        return state.commit(...next);
      },
    },
    summary: () => {},
    sink: async (documents: Iterable<unknown>) => {
      written.push(JSON.stringify([...documents]));
    },
  };
  const memory = newMemory();
  const discover = async (families: readonly FamilyConfig[]): Promise<DiscoverReport> => {
    messages.length = 0;
    const report = await runDiscover(families, { name: 'prod' }, discoverPorts, { dueAt: time.now, memory });
    written.push(JSON.stringify(report), ...messages, ...plans.values(), ...plans.keys(), ...secrets.keys());
    return report;
  };
  const scrape = async (bodies: readonly string[] = messages): Promise<ScrapeReport[]> => {
    const reports: ScrapeReport[] = [];
    for (const body of bodies) {
      const message = parseShardMessage(body);
      const { configs, families } = compilePlan(plans.get(message.plan) ?? '');
      const targets = await targetsOfMessage(message, configs, async () => []);
      const stored = message.secrets === undefined ? undefined : secrets.get(message.secrets);
      const known = stored === undefined ? new Map() : parseSecrets(stored);
      const input = { families, targets, secrets: known, dueAt: message.due_at, shard: shardKey(message) };
      reports.push(await runScrape(input, scrapePorts));
    }
    written.push(JSON.stringify(reports));
    return reports;
  };
  return { discover, scrape, written, messages, time, secrets };
}

const upOf = (reports: readonly ScrapeReport[]) =>
  Object.fromEntries(reports.flatMap(({ targets }) => targets.map(({ job, up, error }) => [job, up || error])));

describe('credentials, from documents to the exporter', () => {
  it('reach the exporter as Basic and Bearer', async () => {
    const { address, seen } = await exporter();
    const stack = stackOver({ ...VALUES });
    expect((await stack.discover([familyOf('shop', address, BASIC_AUTH, BEARER, {})])).failures).toEqual([]);
    expect(upOf(await stack.scrape())).toEqual({ 'shop-0': true, 'shop-1': true, 'shop-2': true });
    expect(seen.sort()).toEqual([BASIC, `Bearer ${TOKEN}`, undefined]);
  });

  it('are in nothing that is stored, sent, logged or emitted, but in one object', async () => {
    const { address } = await exporter((request, response) => {
      if (request.headers.authorization === BASIC) metrics(request, response);
      else response.writeHead(401).end(request.headers.authorization);
    });
    const stack = stackOver({ ...VALUES });
    for (stack.time.now of [60_000, 120_000]) {
      await stack.discover([familyOf('shop', address, BASIC_AUTH, BEARER)]);
      const refused = expect.stringMatching(/401 Unauthorized; the exporter refuses these credentials$/);
      expect(upOf(await stack.scrape())).toEqual({ 'shop-0': true, 'shop-1': refused });
    }
    const everything = stack.written.join('\n');
    expect(everything).toContain('ssm:/shop/password');
    for (const value of [PASSWORD, TOKEN, BASIC.slice('Basic '.length), Buffer.from(TOKEN).toString('base64')])
      expect(everything).not.toContain(value);
    expect([...stack.secrets.values()].join('\n')).toContain(PASSWORD);
    expect(stack.secrets.size).toBe(1);
  });

  it('cost what needs a secret that cannot be resolved, and nothing else', async () => {
    const { address, seen } = await exporter();
    const stack = stackOver({ 'secretsmanager:shop#token': TOKEN });
    const { failures } = await stack.discover([familyOf('shop', address, BASIC_AUTH, BEARER, {})]);
    expect(failures).toEqual([
      { arn: 'ssm:/shop/password', reason: 'job shop-0 of family shop is not scraped without it: it is gone' },
    ]);
    expect(upOf(await stack.scrape())).toEqual({
      'shop-0': 'job shop-0 is not scraped without its secret ssm:/shop/password: it is gone',
      'shop-1': true,
      'shop-2': true,
    });
    expect(seen).toHaveLength(2);
  });

  it('are missing in a message of an earlier release: then the job is not scraped', async () => {
    const { address, seen } = await exporter();
    const stack = stackOver({ ...VALUES });
    await stack.discover([familyOf('shop', address, BASIC_AUTH, {})]);
    const old = stack.messages.map((body) => JSON.stringify({ ...JSON.parse(body), secrets: undefined }));
    expect(upOf(await stack.scrape(old))).toEqual({
      'shop-0':
        'job shop-0 is not scraped without its secret ssm:/shop/password: it was not resolved; discover tells why',
      'shop-1': true,
    });
    expect(seen).toEqual([undefined]);
  });

  it('decide by reference which jobs share a request', async () => {
    const { address, seen } = await exporter();
    const stack = stackOver({ ...VALUES, 'ssm:/other': PASSWORD });
    const other = { basic_auth: { username: 'metrics', password_file: 'ssm:/other' } };
    const families = ['a', 'b', 'c'].map((name) => familyOf(name, address, name === 'c' ? other : BASIC_AUTH));
    await stack.discover(families);
    const [first, ...rest] = stack.messages.map((body) => JSON.parse(body));
    const together = { ...first, own_targets: [first, ...rest].flatMap(({ own_targets }) => own_targets) };
    await stack.scrape([JSON.stringify(together)]);
    expect(seen).toEqual([BASIC, BASIC]);
  });

  it('may rotate without a counter losing its baseline', async () => {
    const { address, seen } = await exporter();
    const values: Record<string, string> = { ...VALUES };
    const stack = stackOver(values);
    const emitted: number[] = [];
    for (stack.time.now of [0, 300_000]) {
      await stack.discover([familyOf('shop', address, BEARER)]);
      emitted.push(...(await stack.scrape()).flatMap(({ targets }) => targets.map((target) => target.emitted)));
      values['secretsmanager:shop#token'] = 'rotated';
    }
    expect(seen).toEqual([`Bearer ${TOKEN}`, 'Bearer rotated']);
    expect(emitted).toEqual([1, 2]);
  });

  it('stay with a redirect, which stays on its origin', async () => {
    const { address, seen } = await exporter((request, response) => {
      if (request.url === '/moved') metrics(request, response);
      else response.writeHead(302, { location: '/moved' }).end();
    });
    const stack = stackOver({ ...VALUES });
    await stack.discover([familyOf('shop', address, BEARER)]);
    expect(upOf(await stack.scrape())).toEqual({ 'shop-0': true });
    expect(seen).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
  });
});
