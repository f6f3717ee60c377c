import type { ScrapeReport, TargetReport } from '../../../lib/explain/report.ts';

/** A target that is up and gave three metrics of five samples. */
export function targetReport(given: Partial<TargetReport> = {}): TargetReport {
  return {
    family: 'web',
    job: 'j',
    url: 'http://10.0.0.7:9113/metrics',
    up: true,
    durationMs: 12,
    bodyBytes: 100,
    scraped: 5,
    postRelabel: 5,
    selected: 4,
    emitted: 3,
    dropped: { first_sample: 1 },
    ...given,
  };
}

export function downTarget(given: Partial<TargetReport> = {}): TargetReport {
  const error = 'http://10.0.0.8:9113/metrics: connect ECONNREFUSED 10.0.0.8:9113';
  const none = { scraped: 0, postRelabel: 0, selected: 0, emitted: 0, dropped: {} };
  return targetReport({ url: 'http://10.0.0.8:9113/metrics', up: false, error, ...none, ...given });
}

export function scrapeReport(given: Partial<ScrapeReport> = {}): ScrapeReport {
  return {
    outcome: 'emitted',
    shard: 'prod/1-1/0',
    dueAt: 1_700_000_000_000,
    gaps: [],
    forgotten: 0,
    targets: [targetReport(), downTarget()],
    faults: [],
    missingDimensions: [],
    metricsByRule: [],
    documents: 1,
    metrics: 3,
    ...given,
  };
}
