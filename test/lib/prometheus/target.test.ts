import { describe, expect, it } from 'vitest';
import type { ScrapeConfig } from '../../../lib/prometheus/scrape-config.ts';
import { addressesOf, compileScrapeConfig, discoveredLabels, resolveTargets } from '../../../lib/prometheus/target.ts';

type Pairs = Record<string, string>;

function resolve(addresses: readonly Pairs[], config: Partial<ScrapeConfig>) {
  const job = compileScrapeConfig({ job_name: 'j', ...config });
  const labels = addresses.map((address) => new Map(Object.entries(address)));
  return resolveTargets(labels, job);
}

describe('addressesOf', () => {
  it('joins the labels of the group and the address', () => {
    const group = { targets: ['a:1', 'b:1'], labels: new Map([['x', '1']]) };
    expect(addressesOf([group]).map((labels) => [...labels])).toEqual([
      [
        ['x', '1'],
        ['__address__', 'a:1'],
      ],
      [
        ['x', '1'],
        ['__address__', 'b:1'],
      ],
    ]);
  });
});

describe('discoveredLabels', () => {
  it('fills what the address leaves out', () => {
    const config: ScrapeConfig = { job_name: 'j', params: { m: ['1', '2'] }, scrape_interval: '60s' };
    const labels = discoveredLabels(
      new Map([
        ['__address__', 'a:1'],
        ['job', 'own'],
      ]),
      config,
    );
    expect(Object.fromEntries(labels)).toEqual({
      __address__: 'a:1',
      job: 'own',
      __scrape_interval__: '1m',
      __scrape_timeout__: '10s',
      __metrics_path__: '/metrics',
      __scheme__: 'http',
      __always_scrape_classic_histograms__: 'false',
      __convert_classic_histograms_to_nhcb__: 'false',
      __scrape_native_histograms__: 'false',
      __param_m: '1',
    });
  });
});

describe('resolveTargets', () => {
  const labels: readonly { name: string; input: Pairs; config?: Partial<ScrapeConfig>; expected: Pairs }[] = [
    { name: 'job and instance', input: { __address__: 'a:1' }, expected: { job: 'j', instance: 'a:1' } },
    {
      name: 'job and instance of the address where they are given',
      input: { __address__: 'a:1', job: 'own', instance: 'i' },
      expected: { job: 'own', instance: 'i' },
    },
    {
      name: 'no label that starts with two underscores',
      input: { __address__: 'a:1', __meta_x: '1', __tmp: '2', x: '3' },
      expected: { job: 'j', instance: 'a:1', x: '3' },
    },
    {
      name: 'what relabeling makes of __meta_ labels',
      input: { __address__: 'a:1', __meta_x: '1' },
      config: { relabel_configs: [{ source_labels: ['__meta_x'], target_label: 'x' }] },
      expected: { job: 'j', instance: 'a:1', x: '1' },
    },
    {
      name: 'the relabeled address as instance',
      input: { __address__: 'a:1' },
      config: { relabel_configs: [{ target_label: '__address__', replacement: 'b:2' }] },
      expected: { job: 'j', instance: 'b:2' },
    },
    {
      name: 'the address as instance where relabeling empties it',
      input: { __address__: 'a:1', instance: 'x' },
      config: { relabel_configs: [{ target_label: 'instance', replacement: '' }] },
      expected: { job: 'j', instance: 'a:1' },
    },
  ];
  it.each(labels)('gives the target $name', ({ input, config = {}, expected }) => {
    expect(Object.fromEntries(resolve([input], config).targets[0]?.labels ?? [])).toEqual(expected);
  });

  const urls: readonly { name: string; input?: Pairs; config?: Partial<ScrapeConfig>; expected: string }[] = [
    { name: 'the defaults', expected: 'http://a:1/metrics' },
    { name: 'scheme and path', config: { scheme: 'https', metrics_path: '/x/y' }, expected: 'https://a:1/x/y' },
    { name: 'a path without a slash', config: { metrics_path: 'x' }, expected: 'http://a:1/x' },
    {
      name: 'a question mark in the path, escaped',
      config: { metrics_path: '/x?y=1' },
      expected: 'http://a:1/x%3Fy=1',
    },
    {
      name: 'spaces and letters beyond ASCII in the path',
      config: { metrics_path: '/a bä' },
      expected: 'http://a:1/a%20b%C3%A4',
    },
    { name: 'dots in the path as they are', config: { metrics_path: '/a/../b' }, expected: 'http://a:1/a/../b' },
    { name: 'a percent sign, escaped', config: { metrics_path: '/%41' }, expected: 'http://a:1/%2541' },
    {
      name: 'params in the order of their names',
      config: { params: { m: ['1', '2'], 'a b': ['&=+ ä'] } },
      expected: 'http://a:1/metrics?a+b=%26%3D%2B+%C3%A4&m=1&m=2',
    },
    {
      name: 'a __param_ label in place of the first value',
      input: { __param_m: '9', __param_n: '8' },
      config: { params: { m: ['1', '2'] } },
      expected: 'http://a:1/metrics?m=9&m=2&n=8',
    },
    {
      name: 'labels in place of the configuration',
      input: { __scheme__: 'https', __metrics_path__: '/p' },
      expected: 'https://a:1/p',
    },
    { name: 'an empty path', config: { metrics_path: '' }, expected: 'http://a:1' },
    {
      name: 'an empty path and params',
      config: { metrics_path: '', params: { x: ['1'] } },
      expected: 'http://a:1/?x=1',
    },
    { name: 'a star as path', config: { metrics_path: '*' }, expected: 'http://a:1/*' },
    { name: 'an empty scheme', config: { scheme: '' }, expected: '//a:1/metrics' },
    { name: 'an IPv6 address', input: { __address__: '[fd00::1]:80' }, expected: 'http://[fd00::1]:80/metrics' },
    { name: 'user information, escaped', input: { __address__: 'user@h:1' }, expected: 'http://user%40h:1/metrics' },
  ];
  it.each(urls)('builds a URL from $name', ({ input, config = {}, expected }) => {
    expect(resolve([{ __address__: 'a:1', ...input }], config).targets[0]?.url).toBe(expected);
  });

  const faults: readonly { name: string; input: Pairs; expected: string }[] = [
    { name: 'no address', input: {}, expected: 'expected an address in __address__, found none' },
    {
      name: 'a path in the address',
      input: { __address__: 'http://a/x' },
      expected: 'expected host:port in __address__, found "http://a/x"; use scheme and metrics_path',
    },
    {
      name: 'an interval that is none',
      input: { __address__: 'a:1', __scrape_interval__: 'x' },
      expected: '__scrape_interval__: expected a duration such as 15s, 1m or 1h30m, found "x"',
    },
    {
      name: 'an interval of zero',
      input: { __address__: 'a:1', __scrape_interval__: '0s' },
      expected: 'expected a __scrape_interval__ above 0',
    },
    {
      name: 'a timeout of zero',
      input: { __address__: 'a:1', __scrape_timeout__: '0' },
      expected: 'expected a __scrape_timeout__ above 0',
    },
    {
      name: 'a timeout above the interval',
      input: { __address__: 'a:1', __scrape_timeout__: '2m' },
      expected: 'expected a __scrape_timeout__ of at most the __scrape_interval__',
    },
    {
      name: 'a label that is not UTF-8',
      input: { __address__: 'a:1', x: '\ud800' },
      expected: 'expected UTF-8 as the value of label x',
    },
  ];
  it.each(faults)('reports $name and keeps the others', ({ input, expected }) => {
    const { targets, faults: found } = resolve([input, { __address__: 'ok:1' }], {});
    expect(found.map(({ reason }) => reason)).toEqual([expected]);
    expect(targets.map(({ url }) => url)).toEqual(['http://ok:1/metrics']);
  });

  it('tells dropped targets from faulty ones', () => {
    const {
      targets,
      dropped,
      faults: found,
    } = resolve([{ __address__: 'a:1' }, { __address__: 'b:1' }], {
      relabel_configs: [{ action: 'drop', source_labels: ['__address__'], regex: 'a.*' }],
    });
    expect(targets.map(({ url }) => url)).toEqual(['http://b:1/metrics']);
    expect(dropped.map((labelSet) => labelSet.get('__address__'))).toEqual(['a:1']);
    expect(found).toEqual([]);
  });

  it('reports a target whose labels are all removed', () => {
    const { faults: found } = resolve([{ __address__: 'a:1' }], {
      relabel_configs: [{ action: 'labeldrop', regex: '.*' }],
    });
    expect(found.map(({ reason }) => reason)).toEqual(['expected an address in __address__, found none']);
  });

  it('scrapes targets that are equal after relabeling once', () => {
    const config: Partial<ScrapeConfig> = { relabel_configs: [{ target_label: '__address__', replacement: 'x:1' }] };
    expect(resolve([{ __address__: 'a:1' }, { __address__: 'b:1' }], config).targets).toHaveLength(1);
  });

  it('keeps targets of one URL and different labels apart', () => {
    expect(resolve([{ __address__: 'a:1' }, { __address__: 'a:1', x: '1' }], {}).targets).toHaveLength(2);
  });

  it('takes interval and timeout from the labels', () => {
    const [target] = resolve(
      [{ __address__: 'a:1', __scrape_interval__: '15s', __scrape_timeout__: '5s' }],
      {},
    ).targets;
    expect([target?.intervalMs, target?.timeoutMs]).toEqual([15_000, 5000]);
  });
});
