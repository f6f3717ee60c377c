import { describe, expect, it } from 'vitest';
import { requestOf } from '../../../lib/prometheus/request.ts';
import type { ScrapeConfig } from '../../../lib/prometheus/scrape-config.ts';

const target = { url: 'http://10.0.0.7:1234/metrics', intervalMs: 60_000, timeoutMs: 2500, labels: new Map() };
const requestFor = (config: Partial<ScrapeConfig>) => requestOf(target, { job_name: 'a', ...config });

describe('requestOf', () => {
  it('asks for every format, OpenMetrics first', () => {
    expect(requestFor({})).toEqual({
      url: 'http://10.0.0.7:1234/metrics',
      headers: {
        accept:
          'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
          'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
        'accept-encoding': 'gzip',
        'user-agent': 'prom-emf',
        'x-prometheus-scrape-timeout-seconds': '2.5',
      },
      timeoutMs: 2500,
      bodySizeLimit: 0,
      followRedirects: true,
    });
  });

  const rows: readonly { name: string; input: Partial<ScrapeConfig>; expected: object }[] = [
    {
      name: 'only the scrape_protocols that are wanted',
      input: { scrape_protocols: ['PrometheusText0.0.4'] },
      expected: { headers: { accept: 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5' } },
    },
    {
      name: 'another escaping scheme',
      input: { scrape_protocols: ['PrometheusText1.0.0'], metric_name_escaping_scheme: 'dots' },
      expected: { headers: { accept: 'text/plain;version=1.0.0;escaping=dots;q=0.6,*/*;q=0.5' } },
    },
    {
      name: 'no compression',
      input: { enable_compression: false },
      expected: { headers: { 'accept-encoding': 'identity' } },
    },
    { name: 'no redirects', input: { follow_redirects: false }, expected: { followRedirects: false } },
    { name: 'a limit of the body', input: { body_size_limit: '10MB' }, expected: { bodySizeLimit: 10_485_760 } },
    {
      name: 'headers of the configuration',
      input: { http_headers: { 'X-A': { values: ['1', '2'] } } },
      expected: { headers: { 'x-a': '1, 2' } },
    },
    {
      name: 'another media type beside its own',
      input: {
        scrape_protocols: ['PrometheusText0.0.4'],
        http_headers: { Accept: { values: ['a/b'] }, X: { values: [] } },
      },
      expected: { headers: { accept: 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5, a/b' } },
    },
  ];
  it.each(rows)('asks for $name', ({ input, expected }) => {
    expect(requestFor(input)).toMatchObject(expected);
  });
});
