import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScrapeOutcome, ScrapeReport } from '../../../lib/explain/report.ts';
import { type ScrapeSetting, scrapeMetrics } from '../../../lib/explain/scrape-metrics.ts';
import { selfValues } from '../../self-values.ts';
import { downTarget, scrapeReport, targetReport } from './reports.ts';

const DUE = 1_700_000_000_000;
const SETTING: ScrapeSetting = {
  level: 'cluster',
  stage: 'dev',
  cluster: 'prod',
  startedAtMs: DUE + 1_000,
  nowMs: DUE + 3_500,
  bytes: 420,
};

function linesOf(report: ScrapeReport, setting: Partial<ScrapeSetting> = {}): string[] {
  return scrapeMetrics(report, { ...SETTING, ...setting }).map(({ line }) => line);
}

describe('the self-metrics of a scrape cycle', () => {
  const rows: readonly {
    name: string;
    report: Partial<ScrapeReport>;
    expected: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }[] = [
    {
      name: 'one that wrote its documents',
      report: { gaps: [DUE - 60_000], forgotten: 7 },
      expected: {
        prod: {
          TargetsUp: 1,
          TargetsDown: 1,
          SamplesScraped: 5,
          SamplesSelected: 4,
          SamplesEmitted: 3,
          SamplesDropped: 1,
          ScrapeTime: 2_500,
          NewestSampleAge: 3.5,
          Gaps: 1,
          SeriesForgotten: 7,
        },
        dev: { TargetsDown: 1, SamplesEmitted: 3 },
      },
    },
    {
      name: 'one whose targets are all down: nothing is new',
      report: { targets: [downTarget(), downTarget()], documents: 0, metrics: 0 },
      expected: {
        prod: {
          TargetsUp: 0,
          TargetsDown: 2,
          SamplesScraped: 0,
          SamplesSelected: 0,
          SamplesEmitted: 0,
          SamplesDropped: 0,
          ScrapeTime: 2_500,
        },
        dev: { TargetsDown: 2, SamplesEmitted: 0 },
      },
    },
    {
      name: 'one that could not write: nobody knows how much was',
      report: { outcome: 'write_failed' },
      expected: {
        prod: {
          TargetsUp: 1,
          TargetsDown: 1,
          SamplesScraped: 5,
          SamplesSelected: 4,
          SamplesDropped: 1,
          ScrapeTime: 2_500,
          WriteFailures: 1,
        },
        dev: { TargetsDown: 1 },
      },
    },
    { name: 'one that came late', report: { outcome: 'late', targets: [] }, expected: { prod: { LateTicks: 1 } } },
    {
      name: 'one that came again',
      report: { outcome: 'superseded', targets: [] },
      expected: { prod: { SupersededTicks: 1 } },
    },
    {
      name: 'one that lost the race: another tells of its targets',
      report: { outcome: 'lost_race' },
      expected: { prod: { StateConflicts: 1 } },
    },
  ];
  it.each(rows)('are of $name', ({ report, expected }) => {
    expect(selfValues(linesOf(scrapeReport(report)))).toEqual(expected);
  });

  it('have the time of the tick, and details as fields', () => {
    const [line = ''] = linesOf(scrapeReport());
    expect(JSON.parse(line)).toMatchObject({
      outcome: 'emitted',
      shard: 'prod/1-1/0',
      documents: 1,
      metrics: 3,
      bytes: 420,
      dropped: { first_sample: 1 },
      _aws: { Timestamp: DUE },
    });
  });

  it('are of each family too where that is asked for', () => {
    const report = scrapeReport({ targets: [targetReport(), targetReport(), downTarget({ family: 'app' })] });
    const lines = linesOf(report, { level: 'family' });
    expect(selfValues(lines.slice(1))).toEqual({
      'prod web': { TargetsUp: 2, TargetsDown: 0, SamplesEmitted: 6, SamplesDropped: 2 },
      'prod app': { TargetsUp: 0, TargetsDown: 1, SamplesEmitted: 0, SamplesDropped: 0 },
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ scraped: 10, selected: 8, dropped: { first_sample: 2 } });
  });

  it('are none where they are off', () => {
    expect(linesOf(scrapeReport(), { level: 'off' })).toEqual([]);
  });
});

describe('self-metrics of many cycles', () => {
  const text = fc.constantFrom('web', 'app', 'a b', '\u2028', '');
  const count = fc.nat(1000);
  const target = fc
    .record({ family: text, up: fc.boolean(), scraped: count, selected: count, emitted: count, reason: count })
    .map(({ reason, ...given }) => targetReport({ ...given, dropped: { duplicate: reason } }));
  const outcome = fc.constantFrom<ScrapeOutcome>('emitted', 'late', 'superseded', 'lost_race', 'write_failed');
  const report = fc
    .record({ outcome, targets: fc.array(target, { maxLength: 8 }), gaps: fc.array(count), forgotten: count })
    .map(scrapeReport);
  const cycle = fc.record({ report, cluster: fc.constantFrom('prod', 'tools') });

  it('are at most 21 for a cluster, 3 for the stack and 4 for a family', () => {
    fc.assert(
      fc.property(fc.array(cycle, { maxLength: 20 }), (cycles) => {
        const lines = cycles.flatMap(({ report, cluster }) => linesOf(report, { cluster, level: 'family' }));
        const values = selfValues(lines);
        const clusters = new Set<string>(cycles.map(({ cluster }) => cluster));
        for (const [key, metrics] of Object.entries(values)) {
          const bound = key === 'dev' ? 3 : clusters.has(key) ? 21 : 4;
          expect(Object.keys(metrics).length, key).toBeLessThanOrEqual(bound);
        }
        // Two clusters, the stack, and five families of each.
        expect(Object.keys(values).length).toBeLessThanOrEqual(1 + clusters.size * 6);
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  it('add up over shards: the same targets in one shard give the same sums', () => {
    const written = fc.array(fc.array(target, { maxLength: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(written, (shards) => {
        const sums = (reports: readonly ScrapeReport[]) => {
          const values = selfValues(reports.flatMap((each) => linesOf(each, { level: 'family' })));
          // These are read by their greatest and least value.
          for (const metrics of Object.values(values)) {
            delete metrics.ScrapeTime;
            delete metrics.NewestSampleAge;
          }
          return values;
        };
        const one = sums([scrapeReport({ targets: shards.flat() })]);
        expect(sums(shards.map((targets) => scrapeReport({ targets })))).toEqual(one);
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});
