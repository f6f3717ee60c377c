import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BODY_BYTES_OF_SERIES, SELF, stackLoad } from '../../../bench/cost/load.ts';
import { FAST } from '../../../bench/cost/scenarios.ts';
import { scrapeMetrics } from '../../../lib/explain/scrape-metrics.ts';
import { scrapeReport } from '../../lib/explain/reports.ts';
import { MEASUREMENT } from './measurement.ts';

describe('the load of a measurement', () => {
  const fast = { intervalS: 60, answerTimes: FAST };

  it('tells self-metrics from those of the configuration', () => {
    const { ownMetrics, scrape } = stackLoad(MEASUREMENT, fast);
    expect(ownMetrics).toBe(300);
    expect(scrape.ownLogBytes + scrape.logBytes).toBe(860_000);
  });

  it('has self-metrics where the measurement had none', () => {
    const { cycle } = MEASUREMENT;
    const silent = { ...MEASUREMENT, cycle: { ...cycle, discover: { ...cycle.discover, stdout_bytes: 0 } } };
    const { ownMetrics, scrape } = stackLoad(silent, fast);
    expect(ownMetrics).toBe(300);
    expect(scrape.ownLogBytes).toBe(800_000);
    expect(scrape.logBytes).toBe(60_000 + 16 * SELF.documentBytes);
  });

  it('assumes of self-metrics what scrape writes', () => {
    const setting = { level: 'cluster', stage: 'prod', cluster: 'production', startedAtMs: 0, nowMs: 1500 } as const;
    const [document] = scrapeMetrics(scrapeReport(), { ...setting, bytes: 51_234 });
    expect(Math.abs((document?.line.length ?? 0) - SELF.documentBytes)).toBeLessThan(90);
  });
});

describe('the answers of exporters', () => {
  const folder = new URL('../../rules/bodies/', import.meta.url);
  const bodies = readdirSync(folder)
    .filter((file) => file.endsWith('.prom'))
    .map((file) => readFileSync(new URL(file, folder)));

  it('are assumed to have the size of the recorded ones in gzip, as a median within a tenth', () => {
    const isSeries = (line: string) => line.trim() !== '' && !line.startsWith('#');
    const sizes = bodies.map((body) => gzipSync(body).length / body.toString().split('\n').filter(isSeries).length);
    const median = sizes.toSorted((a, b) => a - b)[sizes.length >> 1] ?? Number.NaN;
    expect(Math.abs(BODY_BYTES_OF_SERIES / median - 1)).toBeLessThan(0.1);
  });
});
