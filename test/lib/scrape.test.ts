import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import {
  type CompiledFamily,
  compileFamily,
  type PlannedTarget,
  planTargets,
  readFamily,
} from '../../lib/documents.ts';
import { addressGuard, LOOPBACK_NETWORKS } from '../../lib/io/address-guard.ts';
import { httpScrape } from '../../lib/io/http.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { runScrape, type ScrapeInput, type ScrapePorts } from '../../lib/scrape.ts';
import { validateEmfLine } from '../emf-validator.ts';

const TICK = 1_700_000_000_000;
const MINUTE = 60_000;
const TEXT = 'text/plain; version=0.0.4';
const COUNTERS = (value: number) => `# TYPE c_total counter\nc_total ${value}\n# TYPE g gauge\ng 5\n`;

let nonces = 0;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Answer = { readonly status?: number; readonly type?: string; readonly body: string; readonly cut?: boolean };

/** An exporter whose answer is decided at each request; nothing hangs for ever. */
async function exporter(answer: () => Answer | 'hang'): Promise<{ address: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    const given = answer();
    if (given === 'hang') return;
    const { status = 200, type = TEXT, body, cut } = given;
    if (cut !== true) return void response.writeHead(status, { 'content-type': type }).end(body);
    response.writeHead(status, { 'content-type': type, 'content-length': body.length + 100 });
    response.write(body, () => response.destroy());
  });
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { address: await listen(server), requests: () => requests };
}

async function refusingAddress(): Promise<string> {
  const server = createTcpServer();
  const address = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

type FamilySettings = {
  readonly name?: string;
  readonly targets: readonly string[];
  readonly job?: Record<string, unknown>;
  readonly dimensions?: readonly (readonly string[])[];
  readonly selectors?: readonly string[];
  readonly options?: Record<string, unknown>;
  readonly debug?: boolean;
};

async function planned(settings: readonly FamilySettings[]) {
  const families: CompiledFamily[] = [];
  const targets: PlannedTarget[] = [];
  for (const [
    document,
    { name = 'app', targets: addresses, job, dimensions, selectors, options, debug },
  ] of settings.entries()) {
    const prometheus = {
      scrape_configs: [{ job_name: 'j', static_configs: [{ targets: addresses, labels: { app: 'a' } }], ...job }],
    };
    const declaration = {
      source_labels: ['job'],
      metric_selectors: selectors ?? ['.*'],
      dimensions: dimensions ?? [['ClusterName', 'instance']],
    };
    const agent = {
      ...(debug !== undefined && { agent: { debug } }),
      logs: { metrics_collected: { prometheus: { emf_processor: { metric_declaration: [declaration] } } } },
    };
    const config = readFamily(name, {
      prometheus: { address: 'p.yaml', text: JSON.stringify(prometheus) },
      agent: { address: 'agent.json', text: JSON.stringify(agent) },
      options: { address: 'options.json', text: JSON.stringify(options ?? {}) },
    });
    families.push(compileFamily(config, 'cluster'));
    targets.push(...(await planTargets(config, document, [], async () => [])));
  }
  return { families, targets };
}

/** A scraper with state that runs rounds a minute apart and keeps what each wrote. */
async function scraper(settings: readonly FamilySettings[], ports: Partial<ScrapePorts> = {}) {
  const plan = await planned(settings);
  const state = memoryStateStore();
  let rounds = 0;
  return {
    state,
    round: async (input: Partial<ScrapeInput> = {}) => {
      const dueAt = TICK + rounds * MINUTE;
      rounds += 1;
      const documents: EmfDocument[] = [];
      const report = await runScrape(
        { ...plan, dueAt, shard: '0', ...input },
        {
          scrape: httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) }),
          state,
          summary: () => {},
          sink: async (written) => void documents.push(...written),
          clock: () => dueAt + 500,
          nonce: () => {
            nonces += 1;
            return `n${nonces}`;
          },
          ...ports,
        },
      );
      const lines = documents.map(({ line }) => line);
      expect(lines.flatMap(validateEmfLine)).toEqual([]);
      return { report, lines, values: lines.flatMap(valuesOf) };
    },
  };
}

/** Every metric of a line as `name=value`. */
function valuesOf(line: string): string[] {
  const root = JSON.parse(line) as Record<string, unknown> & {
    _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
  };
  return root._aws.CloudWatchMetrics.flatMap(({ Metrics }) =>
    Metrics.map(({ Name }) => `${Name}=${root[Name]}`),
  ).sort();
}

describe('runScrape', () => {
  it('writes gauges at once and counters as deltas from the second round on', async () => {
    const values = [100, 107, 3];
    const { address } = await exporter(() => ({ body: COUNTERS(values.shift() ?? 0) }));
    const { round } = await scraper([{ targets: [address] }]);
    const first = await round();
    expect(first.values).toEqual(['g=5']);
    expect(first.report.targets).toMatchObject([{ up: true, scraped: 2, dropped: { first_sample: 1 } }]);
    expect((await round()).values).toEqual(['c_total=7', 'g=5']);
    expect((await round()).values).toEqual(['c_total=3', 'g=5']);
  });

  it('writes one document for equal labels, at the time of the tick', async () => {
    const { address } = await exporter(() => ({ body: 'g 5\nh 6\n' }));
    const { round } = await scraper([{ targets: [address] }]);
    const { lines, report } = await round();
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        app: 'a',
        job: 'j',
        instance: address,
        ClusterName: 'cluster',
        g: 5,
        h: 6,
        _aws: {
          Timestamp: TICK,
          CloudWatchMetrics: [
            {
              Namespace: 'ECS/ContainerInsights/Prometheus',
              Dimensions: [['ClusterName', 'instance']],
              Metrics: [{ Name: 'g' }, { Name: 'h' }],
            },
          ],
        },
      },
    ]);
    expect(report).toMatchObject({ outcome: 'emitted', shard: '0', dueAt: TICK, documents: 1, metrics: 2 });
  });

  it('gives the increase over an outage', async () => {
    const answers: Answer[] = [{ body: COUNTERS(100) }, { status: 503, body: '' }, { body: COUNTERS(130) }];
    const { address } = await exporter(() => answers.shift() ?? { body: '' });
    const { round } = await scraper([{ targets: [address] }]);
    await round();
    expect((await round()).values).toEqual([]);
    expect((await round()).values).toEqual(['c_total=30', 'g=5']);
  });

  it('takes what a restarted scraper finds in the state', async () => {
    const values = [100, 107];
    const { address } = await exporter(() => ({ body: COUNTERS(values.shift() ?? 0) }));
    const before = await scraper([{ targets: [address] }]);
    await before.round();
    const after = await scraper([{ targets: [address] }], { state: before.state });
    expect((await after.round({ dueAt: TICK + MINUTE })).values).toEqual(['c_total=7', 'g=5']);
  });

  describe('with a target that fails', () => {
    const failures: readonly { name: string; answer: Answer | 'hang' | 'refuse'; expected: (url: string) => string }[] =
      [
        {
          name: 'refuses',
          answer: 'refuse',
          expected: (url) => `${url}: connection refused; does the exporter listen on this port?`,
        },
        { name: 'hangs', answer: 'hang', expected: (url) => `${url}: no whole answer within 300 ms (scrape_timeout)` },
        {
          name: 'answers 404',
          answer: { status: 404, body: 'not found' },
          expected: (url) => `${url}: server returned HTTP status 404 Not Found; is metrics_path right?`,
        },
        {
          name: 'answers HTML',
          answer: { type: 'text/html', body: '<html>' },
          expected: () =>
            'expected Content-Type text/plain or application/openmetrics-text, found "text/html"; is this the metrics path? Otherwise set fallback_scrape_protocol',
        },
        {
          name: 'answers half a body',
          answer: { body: 'g 1\ng2 2\n', cut: true },
          expected: (url) => `${url}: the connection ended before the whole answer`,
        },
        {
          name: 'answers half a body with a fault in it',
          answer: { body: 'g x\ng2 2\n', cut: true },
          expected: (url) => `${url}: the connection ended before the whole answer`,
        },
        {
          name: 'answers a body with a fault in its last line',
          answer: { body: 'g 1\ng2 x\n' },
          expected: () => 'line 2, column 4: expected a float as the value, found "x"',
        },
        {
          name: 'answers OpenMetrics without an end',
          answer: { type: 'application/openmetrics-text', body: 'g 1\n' },
          expected: () => 'line 2, column 1: expected # EOF as the last line, found the end of the body',
        },
        {
          name: 'exposes a label twice',
          answer: { body: 'g 1\ng2{a="1",a="2"} 2\n' },
          expected: () => 'metric g2 has label a twice',
        },
      ];
    it.each(failures)('that $name, says so and harms no other', async ({ answer, expected }) => {
      const good = await exporter(() => ({ body: COUNTERS(1) }));
      const bad = answer === 'refuse' ? await refusingAddress() : (await exporter(() => answer)).address;
      const { round } = await scraper([
        { targets: [bad, good.address], job: { scrape_timeout: '300ms', scrape_interval: '1m' } },
      ]);
      const { report, lines } = await round();
      const url = `http://${bad}/metrics`;
      expect(report.targets.map((target) => [target.url, target.up])).toEqual([
        [url, false],
        [`http://${good.address}/metrics`, true],
      ]);
      expect(report.targets[0]?.error).toBe(expected(url));
      expect(lines.some((line) => line.includes(bad))).toBe(false);
      expect(lines.flatMap(valuesOf)).toEqual(['g=5']);
    });

    it('over sample_limit, writes nothing of it', async () => {
      const { address } = await exporter(() => ({ body: 'a 1\nb 2\n' }));
      const { round } = await scraper([{ targets: [address], job: { sample_limit: 1 } }]);
      const { report, lines } = await round();
      expect([report.targets[0]?.error, lines]).toEqual(['2 samples exceed sample_limit 1', []]);
    });

    it('over target_limit, asks none', async () => {
      const { address, requests } = await exporter(() => ({ body: 'a 1\n' }));
      const { round } = await scraper([
        { targets: [address, `localhost:${address.split(':')[1]}`], job: { target_limit: 1 } },
      ]);
      const { report } = await round();
      expect(report.targets.map(({ error }) => error)).toEqual(Array(2).fill('2 targets exceed target_limit 1'));
      expect(requests()).toBe(0);
    });

    it('before it is one, says why', async () => {
      const { address } = await exporter(() => ({ body: 'a 1\n' }));
      const relabel_configs = [
        { source_labels: ['__address__'], regex: 'a:1', target_label: '__address__', replacement: 'a/b' },
      ];
      const { round } = await scraper([{ targets: ['a:1', address], job: { relabel_configs } }]);
      const { report, values } = await round();
      expect(report.faults).toEqual([
        {
          family: 'app',
          job: 'j',
          reason: 'expected host:port in __address__, found "a/b"; use scheme and metrics_path',
        },
      ]);
      expect(values).toEqual(['a=1']);
    });
  });

  describe('with a tick', () => {
    it('that is late by an interval, does nothing', async () => {
      const { address, requests } = await exporter(() => ({ body: 'a 1\n' }));
      const { round } = await scraper([{ targets: [address] }], { clock: () => TICK + MINUTE });
      expect((await round({ maxLateMs: MINUTE })).report.outcome).toBe('late');
      expect(requests()).toBe(0);
    });

    it('that is late by less, scrapes', async () => {
      const { address } = await exporter(() => ({ body: 'a 1\n' }));
      const { round } = await scraper([{ targets: [address] }], { clock: () => TICK + MINUTE - 1 });
      expect((await round({ maxLateMs: MINUTE })).report.outcome).toBe('emitted');
    });

    it.each([
      ['the same', TICK],
      ['an earlier', TICK - MINUTE],
    ])('that has been scraped already (%s one), does nothing', async (_, dueAt) => {
      const { address, requests } = await exporter(() => ({ body: 'a 1\n' }));
      const { round } = await scraper([{ targets: [address] }]);
      await round();
      const { report, lines } = await round({ dueAt });
      expect([report.outcome, lines, requests()]).toEqual(['superseded', [], 1]);
    });
  });

  describe('with its state', () => {
    it('lost to another writer, writes nothing', async () => {
      const { address } = await exporter(() => ({ body: COUNTERS(1) }));
      const state = memoryStateStore();
      const racing = {
        ...state,
        read: async (shard: string) => {
          const before = await state.read(shard);
          await state.commit(
            shard,
            { text: '{"version":1,"dueAt":1,"nonce":"x","targets":[]}', nonce: 'x' },
            before?.tag,
          );
          return before;
        },
      };
      const { round } = await scraper([{ targets: [address] }], { state: racing });
      const { report, lines } = await round();
      expect([report.outcome, lines]).toEqual(['lost_race', []]);
      expect((await state.read('0'))?.tag).toBe('x');
    });

    it('commits before it writes, and confirms after it told', async () => {
      const order: string[] = [];
      nonces = 0;
      const { address } = await exporter(() => {
        order.push('scrape');
        return { body: COUNTERS(1) };
      });
      const state = memoryStateStore();
      const { round } = await scraper([{ targets: [address] }], {
        state: {
          ...state,
          read: (shard) => {
            order.push('read');
            return state.read(shard);
          },
          commit: async (shard, next, tag) => {
            const result = await state.commit(shard, next, tag);
            order.push(`commit ${result}`);
            return result;
          },
          confirm: async (_, nonce) => void order.push(`confirm ${nonce}`),
        },
        sink: async (documents) => void order.push(`sink ${[...documents].length}`),
        summary: ({ outcome }) => void order.push(`summary ${outcome}`),
      });
      await round();
      expect(order).toEqual(['read', 'scrape', 'commit committed', 'sink 1', 'summary emitted', 'confirm n1']);
    });

    it('leaves it committed when the sink fails: that interval is lost, the next is not', async () => {
      const values = [1, 5, 12];
      const { address } = await exporter(() => ({ body: COUNTERS(values.shift() ?? 0) }));
      const { state, round } = await scraper([{ targets: [address] }]);
      await round();
      const outcomes: string[] = [];
      const broken = await scraper([{ targets: [address] }], {
        state,
        summary: ({ outcome }) => void outcomes.push(outcome),
        sink: async () => {
          throw new Error('broken pipe');
        },
      });
      await expect(broken.round({ dueAt: TICK + MINUTE })).rejects.toThrow('broken pipe');
      expect(outcomes).toEqual(['write_failed']);
      const after = await scraper([{ targets: [address] }], { state });
      const { values: written, report } = await after.round({ dueAt: TICK + 2 * MINUTE });
      expect([written, report.gaps]).toEqual([['c_total=7', 'g=5'], [TICK + MINUTE]]);
      expect((await after.round({ dueAt: TICK + 3 * MINUTE })).report.gaps).toEqual([]);
    });

    it('of another version, does nothing and leaves it', async () => {
      const { address, requests } = await exporter(() => ({ body: 'a 1\n' }));
      const { state, round } = await scraper([{ targets: [address] }]);
      const text = '{"version":3}';
      await state.commit('0', { text, nonce: 'x' }, undefined);
      await expect(round()).rejects.toThrow('expected state version 2, found 3; it was written by another release');
      expect([(await state.read('0'))?.text, requests()]).toEqual([text, 0]);
    });
  });

  it('asks a target that takes no connection ever less often, and each time again once it does', async () => {
    const { address } = await exporter(() => ({ body: 'a 1\n' }));
    const real = httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) });
    let isDead = true;
    let attempts = 0;
    const { round } = await scraper([{ targets: [address] }], {
      scrape: (request) => {
        attempts += 1;
        const dead = Object.assign(new Error('no connection within 2000 ms'), { code: 'unreachable' });
        return isDead ? Promise.reject(dead) : real(request);
      },
    });
    const errors: string[] = [];
    for (let tick = 0; tick < 9; tick++) errors.push((await round()).report.targets[0]?.error ?? 'up');
    const skipped = (times: number) =>
      `http://${address}/metrics: not asked, since it took no connection ${times} times in a row; it is asked every few minutes`;
    const asked = 'no connection within 2000 ms';
    expect([attempts, errors]).toEqual([
      5,
      [asked, asked, asked, skipped(3), asked, skipped(4), skipped(4), skipped(4), asked],
    ]);
    isDead = false;
    for (let tick = 0; tick < 7; tick++) errors.push((await round()).report.targets[0]?.error ?? 'up');
    expect(errors.slice(9)).toEqual([...Array(4).fill(skipped(5)), 'up', 'up', 'up']);
  });

  describe('with targets that join between two ticks', () => {
    it('gives their gauges at once and their first increase at the next tick', async () => {
      const body = { old: [1, 2], new: [10, 13] };
      const old = await exporter(() => ({ body: COUNTERS(body.old.shift() ?? 0) }));
      const joined = await exporter(() => ({ body: COUNTERS(body.new.shift() ?? 0) }));
      const before = await scraper([{ targets: [old.address] }]);
      await before.round();
      const { state } = before;
      const { round } = await scraper([{ targets: [old.address, joined.address] }], { state });
      const join = await round({ joining: true, dueAt: TICK + 20_000 });
      expect([join.report.targets.map(({ url }) => url), join.values, old.requests()]).toEqual([
        [`http://${joined.address}/metrics`],
        ['g=5'],
        1,
      ]);
      const next = await round({ dueAt: TICK + MINUTE });
      expect([next.values, next.report.gaps]).toEqual([['c_total=1', 'g=5', 'c_total=3', 'g=5'], []]);
    });

    it('does nothing for those that are known, or while the shard knows nothing', async () => {
      const { address, requests } = await exporter(() => ({ body: 'a 1\n' }));
      const { round } = await scraper([{ targets: [address] }]);
      const outcomes: string[] = [];
      for (const joining of [true, false, true]) outcomes.push((await round({ joining })).report.outcome);
      expect([outcomes, requests()]).toEqual([['superseded', 'emitted', 'superseded'], 1]);
    });

    it('does not make a tick lose that is under way, and no increase is lost or given twice', async () => {
      const values = { old: [1, 5, 6], new: [100, 102, 109] };
      const old = await exporter(() => ({ body: COUNTERS(values.old.shift() ?? 0) }));
      const joined = await exporter(() => ({ body: COUNTERS(values.new.shift() ?? 0) }));
      const before = await scraper([{ targets: [old.address] }]);
      await before.round();
      const both = [{ targets: [old.address, joined.address] }];
      const joiner = await scraper(both, { state: before.state });
      const order: string[] = [];
      const racing = {
        ...before.state,
        read: async (shard: string) => {
          const known = await before.state.read(shard);
          if (order.length === 0) {
            order.push('join');
            await joiner.round({ joining: true, dueAt: TICK + 50_000 });
          }
          return known;
        },
      };
      const { round } = await scraper(both, { state: racing });
      const tick = await round({ dueAt: TICK + MINUTE });
      expect([tick.report.outcome, tick.values]).toEqual(['emitted', ['c_total=4', 'g=5', 'g=5']]);
      const next = await round({ dueAt: TICK + 2 * MINUTE });
      expect([next.report.gaps, next.values]).toEqual([[], ['c_total=1', 'g=5', 'c_total=9', 'g=5']]);
    });
  });

  describe('with two documents that find one target', () => {
    it('asks once and writes each metric once', async () => {
      const values = [1, 5];
      const { address, requests } = await exporter(() => ({ body: COUNTERS(values.shift() ?? 0) }));
      const { round } = await scraper([
        { name: 'one', targets: [address] },
        { name: 'two', targets: [address], dimensions: [['ClusterName', 'instance'], ['instance']] },
      ]);
      await round();
      const { lines, report } = await round();
      expect(requests()).toBe(2);
      const published = lines.flatMap((line) => {
        const { _aws } = JSON.parse(line) as {
          _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
        };
        return _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
          Dimensions.flatMap((names) => Metrics.map(({ Name }) => `${Name} by ${names.join()}`)),
        );
      });
      expect(published.sort()).toEqual([
        'c_total by ClusterName,instance',
        'c_total by instance',
        'g by ClusterName,instance',
        'g by instance',
      ]);
      expect(report.targets.map(({ family, up }) => [family, up])).toEqual([
        ['one', true],
        ['two', true],
      ]);
    });

    const twoTimeouts = (address: string): FamilySettings[] => [
      { name: 'one', targets: [address], selectors: ['^c_total$'], job: { scrape_timeout: '5s' } },
      { name: 'two', targets: [address], selectors: ['^d_total$'], job: { scrape_timeout: '4s' } },
    ];
    it('keeps the baselines of both where their timeouts differ', async () => {
      const { address } = await exporter(() => ({
        body: '# TYPE c_total counter\nc_total 1\n# TYPE d_total counter\nd_total 1\n',
      }));
      const { round } = await scraper(twoTimeouts(address));
      await round();
      expect((await round()).values).toEqual(['c_total=0', 'd_total=0']);
    });

    it.each([
      { selectors: ['^h$', '^h_count$'], expected: ['h=1 of 2', 'h_count=1'] },
      { selectors: ['^h_count$', '^h$'], expected: ['h=1 of 2', 'h_count=1'] },
      { selectors: ['^h_sum$', '^h_count$'], expected: ['h_count=1', 'h_sum=2'] },
    ])('gives each the part of a histogram that it selects: $selectors', async ({ selectors, expected }) => {
      const counts = [1, 2];
      const { address } = await exporter(() => {
        const at = counts.shift() ?? 0;
        const parts = [`h_bucket{le="3"} ${at}`, `h_bucket{le="+Inf"} ${at}`, `h_sum ${at * 2}`, `h_count ${at}`];
        return { body: `# TYPE h histogram\n${parts.join('\n')}\n` };
      });
      const { round } = await scraper(
        selectors.map((selector, at) => ({ name: `family${at}`, targets: [address], selectors: [selector] })),
      );
      await round();
      const { lines } = await round();
      const written = lines.flatMap((line) => {
        const { h, h_sum: sum, h_count: count } = JSON.parse(line);
        return [
          ...(h === undefined ? [] : [`h=${h.Count} of ${h.Sum}`]),
          ...(sum === undefined ? [] : [`h_sum=${sum}`]),
          ...(count === undefined ? [] : [`h_count=${count}`]),
        ];
      });
      expect(written.sort()).toEqual(expected);
    });

    it('writes a metric once where their timeouts differ', async () => {
      const { address } = await exporter(() => ({ body: 'g 5\n' }));
      const { round } = await scraper([
        { name: 'one', targets: [address], job: { scrape_timeout: '5s' } },
        { name: 'two', targets: [address], job: { scrape_timeout: '4s' } },
      ]);
      const { report, values } = await round();
      expect(values).toEqual(['g=5']);
      expect(report.targets.map(({ emitted, dropped }) => [emitted, dropped])).toEqual([
        [1, {}],
        [0, { written_already: 1 }],
      ]);
    });
  });

  it('loses no observations of a target to those of another that cannot be used', async () => {
    const sums = ['1', '1e200'];
    const bodies = sums.map((sum) => {
      const rounds = [0, sum];
      return () => {
        const at = rounds.shift() ?? 0;
        const count = at === 0 ? 0 : 1;
        return { body: `# TYPE h histogram\nh_bucket{le="+Inf"} ${count}\nh_sum ${at}\n` };
      };
    });
    const exporters = await Promise.all(bodies.map(exporter));
    const targets = exporters.map(({ address }) => address);
    const { round } = await scraper([{ targets, selectors: ['^h$'], dimensions: [['ClusterName']] }]);
    await round();
    const { lines, report } = await round();
    expect(lines.map((line) => JSON.parse(line).h.Sum)).toEqual([1]);
    expect(report.targets.map(({ emitted, dropped }) => [emitted, dropped])).toEqual([
      [1, {}],
      [0, { out_of_range: 1 }],
    ]);
  });

  it('tells each dimension set that is written, and what another lacks', async () => {
    const { address } = await exporter(() => ({ body: 'a 1\n' }));
    const { round } = await scraper([{ targets: [address], dimensions: [['instance'], ['instance', 'no']] }]);
    const { report, values } = await round();
    expect(values).toEqual(['a=1']);
    expect(report.metricsByRule).toMatchObject([{ declaration: 0, dimensions: ['instance'], metrics: 1 }]);
    expect(report.missingDimensions).toMatchObject([{ declaration: 0, missing: ['no'], samples: 1 }]);
  });

  it('gives requests no longer than its deadline, starts none after it, and emits what came', async () => {
    const { address } = await exporter(() => ({ body: 'g 5\n' }));
    const { address: slow } = await exporter(() => 'hang');
    const { round } = await scraper([{ targets: [address, slow], job: { scrape_timeout: '20s' } }], {
      clock: Date.now,
    });
    const { report, values } = await round({ dueAt: Date.now(), deadline: Date.now() + 300 });
    expect(values).toEqual(['g=5']);
    expect(report.targets.map(({ up }) => up)).toEqual([true, false]);
    const { report: late } = await round({ dueAt: Date.now() + 1, deadline: Date.now() - 1 });
    expect(late.targets.map(({ error }) => error)).toEqual([
      `http://${address}/metrics: no time left in this invocation; too many targets are slow`,
      `http://${slow}/metrics: no time left in this invocation; too many targets are slow`,
    ]);
  });

  it('names the dimension that is missing, and the labels that are there', async () => {
    const { address } = await exporter(() => ({ body: 'a{x="1"} 1\na{x="2"} 2\n' }));
    const { round } = await scraper([{ targets: [address], dimensions: [['ClusterName', 'connector']] }]);
    const { report, lines } = await round();
    expect(lines).toEqual([]);
    expect(report.targets[0]?.dropped).toEqual({ missing_dimension: 2 });
    expect(report.missingDimensions).toEqual([
      {
        family: 'app',
        declaration: 0,
        missing: ['connector'],
        present: ['ClusterName', 'app', 'instance', 'job', 'x'],
        metric: 'a',
        samples: 2,
      },
    ]);
  });

  it.each([
    [
      'an answer',
      {},
      { body: 'a 1\nb 2\n' },
      ['scrape_samples_post_metric_relabeling=2', 'scrape_samples_scraped=2', 'up=1'],
    ],
    [
      'an answer over sample_limit',
      { sample_limit: 1 },
      { body: 'a 1\nb 2\n' },
      ['scrape_samples_post_metric_relabeling=2', 'scrape_samples_scraped=2', 'up=0'],
    ],
    [
      'a status that is none of success',
      {},
      { status: 503, body: '' },
      ['scrape_samples_post_metric_relabeling=0', 'scrape_samples_scraped=0', 'up=0'],
    ],
  ])('gives the report series of %s where they are asked for', async (_, job, answer, expected) => {
    const { address } = await exporter(() => answer);
    const selectors = ['^up$', '^scrape_samples_'];
    const { round } = await scraper([{ targets: [address], job, selectors, options: { report_series: true } }]);
    expect((await round()).values).toEqual(expected);
    const without = await scraper([{ targets: [address], job, selectors }]);
    expect((await without.round()).values).toEqual([]);
  });

  describe('in a slot of a tick', () => {
    const slotAt = (startMs: number) => ({ startMs, lengthMs: 15_000 });
    const jobs = (interval: string) => ({ scrape_interval: interval, scrape_timeout: '10s' });

    it('asks the targets whose interval is due, and keeps what it knows of the others', async () => {
      let scrapes = 0;
      const { address } = await exporter(() => {
        scrapes += 1;
        return { body: COUNTERS(scrapes ** 2) };
      });
      const state = memoryStateStore();
      const hour = Math.ceil(TICK / 3_600_000) * 3_600_000;
      const found: (readonly [targets: number, values: readonly string[]])[] = [];
      for (const dueAt of [hour, hour + 1_800_000, hour + 3_600_000]) {
        const { round } = await scraper([{ targets: [address], job: jobs('1h') }], { state, clock: () => dueAt });
        const { report, values } = await round({ dueAt, slot: slotAt(dueAt) });
        found.push([report.targets.length, values]);
      }
      expect(found).toEqual([
        [1, ['g=5']],
        [0, []],
        [1, ['c_total=3', 'g=5']],
      ]);
    });

    it('gives each interval an increase of its own', async () => {
      let scrapes = 0;
      const { address } = await exporter(() => {
        scrapes += 1;
        return { body: `# TYPE c_total counter\nc_total ${scrapes * 10}\n` };
      });
      const { round } = await scraper([
        { name: 'fast', targets: [address], job: jobs('15s') },
        { name: 'slow', targets: [address], job: { job_name: 'slow', ...jobs('30s') } },
      ]);
      const start = Math.ceil(TICK / 60_000) * 60_000;
      const values: string[][] = [];
      for (const seconds of [0, 15, 30, 45, 60]) {
        const dueAt = start + seconds * 1000;
        values.push((await round({ dueAt, slot: slotAt(dueAt) })).values);
      }
      // Two scrapes at 0, 30 and 60 seconds; both jobs write the same metric, and each increase once.
      expect(values.flat().every((value) => value.startsWith('c_total='))).toBe(true);
      expect(values.map((each) => each.length)).toEqual([0, 1, 1, 1, 1]);
    });
  });

  it('writes a sample that brings its own time once, however often its target shows it', async () => {
    const times = [TICK - 5000, TICK - 5000, TICK + 5000];
    const { address } = await exporter(() => ({ body: `# TYPE g gauge\ng 5 ${times.shift()}\nh 1\n` }));
    const { round } = await scraper([{ targets: [address] }]);
    expect((await round()).values).toEqual(['g=5', 'h=1']);
    const again = await round();
    expect([again.values, again.report.targets[0]?.dropped]).toEqual([['h=1'], { repeated: 1 }]);
    expect((await round()).values).toEqual(['g=5', 'h=1']);
  });

  it('adds it up at each tick all the same', async () => {
    const { address } = await exporter(() => ({
      body: `# TYPE g gauge\ng{a="1"} 5 ${TICK}\ng{a="2"} 6 ${TICK + 1}\n`,
    }));
    const aggregate = [{ match: '^g$', without: ['a'], as: 'sum' }];
    const { round } = await scraper([{ targets: [address], options: { aggregate } }]);
    expect((await round()).values).toEqual(['g=11']);
    expect((await round()).values).toEqual(['g=11']);
  });

  it('counts what it drops by reason', async () => {
    const body =
      'a NaN\nb +Inf\nc 1e300\nd 1\nd 2\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\nh_sum 1\ne 1 1\n';
    const { address } = await exporter(() => ({ body }));
    const { round } = await scraper([{ targets: [address] }]);
    const { report, values } = await round();
    expect(report.targets[0]?.dropped).toEqual({
      duplicate: 1,
      first_sample: 3,
      not_a_number: 2,
      out_of_range: 1,
      timestamp_out_of_window: 1,
    });
    expect(values).toEqual(['d=1']);
    expect(report).not.toHaveProperty('droppedSamples');
  });

  it('names what it drops, over all targets of a family that is debugged', async () => {
    const exporters = await Promise.all(
      [1, 2].map(() => exporter(() => ({ body: 'a{l="1"} NaN\na{l="2"} NaN\nd 1\nd 2\n' }))),
    );
    const targets = exporters.map(({ address }) => address);
    const { round } = await scraper([
      { targets, debug: true },
      { name: 'other', targets },
    ]);
    const { report } = await round();
    const dropped = report.droppedSamples?.map(({ example, ...each }) => [
      each,
      example.replace(/[0-9.]+:[0-9]+/, 'X'),
    ]);
    expect(dropped).toEqual([
      [
        { family: 'app', metric: 'a', reason: 'not_a_number', samples: 4 },
        expect.stringMatching(/^a\{.*app="a".*instance="X".*job="j",l="1"/),
      ],
      [{ family: 'app', metric: 'd', reason: 'duplicate', samples: 2 }, expect.stringMatching(/^d\{/)],
    ]);
  });

  describe('with numbers at the edge of what is one', () => {
    const OUT_OF_RANGE = { out_of_range: 1 };
    const NOT_A_NUMBER = { not_a_number: 1 };
    const numbers: readonly { input: string; written?: string; dropped?: object }[] = [
      { input: '1.7976931348623157e308', dropped: OUT_OF_RANGE },
      { input: '-1.7976931348623157e308', dropped: OUT_OF_RANGE },
      { input: '2.3485425827738335e108', dropped: OUT_OF_RANGE },
      { input: '2.348542582773833e108', written: '2.348542582773833e+108' },
      { input: '18446744073709551615', written: '18446744073709552000' },
      { input: '9007199254740993', written: '9007199254740992' },
      { input: '2.3e-109', written: '2.3e-109' },
      { input: '5e-324', written: '5e-324' },
      { input: '1e-999', written: '0' },
      { input: '-0', written: '0' },
      { input: 'NaN', dropped: NOT_A_NUMBER },
      { input: '+Inf', dropped: NOT_A_NUMBER },
      { input: '-Inf', dropped: NOT_A_NUMBER },
    ];
    it.each(numbers)('takes $input', async ({ input, written, dropped = {} }) => {
      const { address } = await exporter(() => ({ body: `a ${input}\nz 1\n` }));
      const { round } = await scraper([{ targets: [address] }]);
      const { report, values } = await round();
      expect(values).toEqual([...(written === undefined ? [] : [`a=${written}`]), 'z=1']);
      expect(report.targets).toMatchObject([{ up: true, dropped }]);
    });

    it('writes what it takes of one body', async () => {
      const body = numbers.map(({ input }, index) => `n${index} ${input}\n`).join('');
      const { address } = await exporter(() => ({ body }));
      const { round } = await scraper([{ targets: [address] }]);
      const { report, values } = await round();
      expect(values).toEqual(
        numbers.flatMap(({ written }, index) => (written === undefined ? [] : [`n${index}=${written}`])).sort(),
      );
      expect(report.targets[0]?.dropped).toEqual({ out_of_range: 3, not_a_number: 3 });
    });

    it.each(['1e999', '-1e999', '1e360', '1.7976931348623159e308'])(
      'rejects the whole body for %s, as Prometheus does',
      async (input) => {
        const { address } = await exporter(() => ({ body: `a 1\nb ${input}\n` }));
        const { round } = await scraper([{ targets: [address] }]);
        const { report, lines } = await round();
        expect(lines).toEqual([]);
        expect(report.targets[0]).toMatchObject({
          up: false,
          error: expect.stringMatching(/^line 2, column 3: expected a float as the value, found "/),
        });
      },
    );
  });

  describe('with two series that become one', () => {
    const bodyOf = (first: string, second: string) => ({ body: `a{${first}} 1\na{${second}} 2\n` });

    it('by relabeling, takes the first and counts the other', async () => {
      const { address } = await exporter(() => bodyOf('x="1"', 'x="2"'));
      const { round } = await scraper([
        { targets: [address], job: { metric_relabel_configs: [{ action: 'labeldrop', regex: 'x' }] } },
      ]);
      const { report, values } = await round();
      expect([values, report.targets[0]?.dropped]).toEqual([['a=1'], { duplicate: 1 }]);
    });

    it.each([
      ['by exported_ labels', 'job="x"', 'exported_job="x"', {}],
      ['by honor_labels', 'job="j"', '', { honor_labels: true }],
      ['by labels that do not leave', '__x="1"', '__x="2"', {}],
    ])('%s, takes the first and counts the other', async (_, first, second, job) => {
      const { address } = await exporter(() => bodyOf(first, second));
      const { round } = await scraper([{ targets: [address], job }]);
      const { report, values } = await round();
      expect([values, report.targets[0]?.dropped]).toEqual([['a=1'], { duplicate: 1 }]);
    });
  });

  it('asks as many targets at once as it is told', async () => {
    let open = 0;
    let most = 0;
    const { address } = await exporter(() => ({ body: 'a 1\n' }));
    const port = address.split(':')[1];
    const real = httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) });
    const targets = Array.from({ length: 12 }, (_, index) => `127.0.0.${index + 1}:${port}`);
    const { round } = await scraper([{ targets }], {
      scrape: async (request) => {
        open += 1;
        most = Math.max(most, open);
        try {
          return await real({ ...request, url: `http://${address}/metrics` });
        } finally {
          open -= 1;
        }
      },
    });
    const { report } = await round({ concurrency: 3 });
    expect([most, report.targets.filter(({ up }) => up).length]).toEqual([3, 12]);
  });

  it('logs unselected samples as plain events where it is told to', async () => {
    const { address } = await exporter(() => ({ body: 'a 1\n' }));
    const plan = await planned([{ targets: [address], selectors: ['^none$'], options: { unselected: 'log' } }]);
    const lines: string[] = [];
    const report = await runScrape(
      { ...plan, dueAt: TICK, shard: '0' },
      {
        scrape: httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) }),
        state: memoryStateStore(),
        summary: () => {},
        sink: async (documents) => void lines.push(...Array.from(documents, ({ line }) => line)),
        clock: () => TICK,
        nonce: () => 'n',
      },
    );
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { app: 'a', job: 'j', instance: address, ClusterName: 'cluster', a: 1 },
    ]);
    expect([report.documents, report.metrics]).toEqual([1, 0]);
  });
});
