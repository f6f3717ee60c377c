import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../../lib/document/json-line.ts';
import type { ScrapeReport } from '../../../lib/explain/report.ts';
import { type DebuggedFamily, summariseScrape } from '../../../lib/explain/scrape-summary.ts';
import { downTarget, scrapeReport, targetReport } from './reports.ts';

function summaryOf(report: Partial<ScrapeReport>, debugged: readonly DebuggedFamily[] = []) {
  return summariseScrape(scrapeReport(report), { cluster: 'prod', debugged });
}

const many = <Item>(count: number, item: (index: number) => Item) => Array.from({ length: count }, (_, at) => item(at));

describe('the summary of a scrape cycle', () => {
  it('counts healthy targets by family, and lists those that are down with the reason', () => {
    const targets = [targetReport(), targetReport({ family: 'app' }), targetReport(), downTarget()];
    expect(summaryOf({ targets })).toEqual({
      outcome: 'emitted',
      cluster: 'prod',
      shard: 'prod/1-1/0',
      dueAt: 1_700_000_000_000,
      documents: 1,
      metrics: 3,
      gaps: [],
      forgotten: 0,
      families: [
        { family: 'web', up: 2, down: 1, scraped: 10, selected: 8, emitted: 6, dropped: { first_sample: 2 } },
        { family: 'app', up: 1, down: 0, scraped: 5, selected: 4, emitted: 3, dropped: { first_sample: 1 } },
      ],
      down: {
        first: [
          {
            family: 'web',
            job: 'j',
            url: 'http://10.0.0.8:9113/metrics',
            error: 'http://10.0.0.8:9113/metrics: connect ECONNREFUSED 10.0.0.8:9113',
          },
        ],
        more: 0,
      },
      faults: { first: [], more: 0 },
      missingDimensions: { first: [], more: 0 },
    });
  });

  it('grows with healthy targets by digits alone', () => {
    const bytes = (count: number) =>
      Buffer.byteLength(jsonLine(summaryOf({ targets: many(count, () => targetReport()) })));
    expect(bytes(10_000)).toBeLessThanOrEqual(bytes(1) + 5 * 4);
    expect(bytes(10_000)).toBeLessThan(400);
  });

  it('cuts its lists and counts the rest', () => {
    const fault = { family: 'web', job: 'j', reason: 'r' };
    const summary = summaryOf({ targets: many(50, () => downTarget()), faults: many(50, () => fault) });
    expect(summary.down).toMatchObject({ first: { length: 20 }, more: 30 });
    expect(summary.faults).toMatchObject({ first: { length: 10 }, more: 40 });
  });

  it('tells a declaration that lacks the same labels at many targets once', () => {
    const labels = many(100, (index) => `l${index}`);
    const lacks = { family: 'web', declaration: 1, missing: ['zone'], present: labels, metric: 'm', samples: 2 };
    const { missingDimensions } = summaryOf({
      missingDimensions: [...many(30, () => lacks), { ...lacks, declaration: 2 }],
    });
    expect(missingDimensions).toEqual({
      first: [
        { ...lacks, present: labels.slice(0, 30), samples: 60 },
        { ...lacks, present: labels.slice(0, 30), declaration: 2 },
      ],
      more: 0,
    });
  });

  it('says more of a family that is debugged: its declarations, and what was dropped by name', () => {
    const rule = { family: 'web', declaration: 0, dimensions: ['ClusterName'], metrics: 3 };
    const dropped = { metric: 'c_total', reason: 'first_sample', samples: 1, example: 'c_total{code="200"}' } as const;
    const report = {
      metricsByRule: [rule, { ...rule, family: 'app' }],
      droppedSamples: [...many(150, () => ({ family: 'web', ...dropped })), { family: 'app', ...dropped }],
    };
    const { debug } = summaryOf(report, [{ family: 'web', declarations: [0, 1, 2] }]);
    expect(debug).toEqual([
      {
        family: 'web',
        rules: [{ declaration: 0, dimensions: ['ClusterName'], metrics: 3 }],
        withoutMetrics: [1, 2],
        droppedSamples: { first: many(100, () => dropped), more: 50 },
      },
    ]);
    expect(summaryOf(report)).not.toHaveProperty('debug');
  });
});
