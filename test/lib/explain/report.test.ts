import { describe, expect, it } from 'vitest';
import { formatReport } from '../../../lib/explain/report.ts';
import { downTarget, scrapeReport, targetReport } from './reports.ts';

describe('formatReport', () => {
  it('tells one fact a line', () => {
    expect(formatReport(scrapeReport({ forgotten: 2 })).split('\n')).toEqual([
      'targets 2 (1 up), samples 5 scraped, 4 selected, 3 emitted; 3 metrics in 1 documents',
      '  web j http://10.0.0.7:9113/metrics: up in 12 ms, 5 scraped, 4 selected, 3 emitted',
      '  web j http://10.0.0.8:9113/metrics: DOWN: http://10.0.0.8:9113/metrics: connect ECONNREFUSED 10.0.0.8:9113',
      '  dropped 1 of web http://10.0.0.7:9113/metrics: first sample of a counter: the next scrape gives its delta',
      '  2 series were forgotten, since a shard remembers 500000 values at the most',
    ]);
  });

  const hostile = '\u001b[2J\r\n\u2028\u009b31m\u202e';
  it('prints no line break, terminal escape or turned text of others', () => {
    const targets = [targetReport({ url: hostile }), downTarget({ job: hostile, error: hostile })];
    const lacks = {
      family: hostile,
      declaration: 0,
      missing: [hostile],
      present: [hostile],
      metric: hostile,
      samples: 1,
    };
    const faults = [{ family: 'web', job: hostile, reason: hostile }];
    const text = formatReport(scrapeReport({ targets, faults, missingDimensions: [lacks] }));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    expect(text.split('\n')).toHaveLength(6);
  });

  it('cuts a line at 4,000 characters', () => {
    const present = Array.from({ length: 1000 }, (_, at) => `label_${at}`);
    const lacks = { family: 'web', declaration: 0, missing: ['zone'], present, metric: 'm', samples: 1 };
    const lines = formatReport(scrapeReport({ missingDimensions: [lacks] })).split('\n');
    expect(lines.at(-1)).toHaveLength(4003);
  });
});
