import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  DEFAULT_SETTINGS,
  type StackLoad,
  type StackSettings,
  selfMetricCount,
  stackUsage,
} from '../../../../lib/cloudwatch/price/stack-usage.ts';
import type { Usage } from '../../../../lib/cloudwatch/price/tariff.ts';

const GB = 2 ** 30;
const KB = 1024;

/** Whole numbers, so that every expectation can be calculated by hand. */
const LOAD: StackLoad = {
  targets: 200,
  clusters: 1,
  families: 10,
  intervalS: 60,
  shards: 2,
  discover: { cpuMs: 0, waitMs: 1000, calls: 5, s3Reads: 1, s3Writes: 1, logBytes: 700 },
  scrape: { cpuMs: 0, s3Reads: 4, s3Writes: 4, messageBytes: 100 * KB, logBytes: 1400, ownLogBytes: GB / 43_800 },
  ownMetrics: 50,
  storedBytes: GB,
  bodyBytes: GB / 43_800 / 200,
  answerTimes: [{ share: 1, ms: 800 }],
};

const SETTINGS: StackSettings = { ...DEFAULT_SETTINGS, memoryMb: 1024, concurrency: 100 };

describe('what a stack uses in a month', () => {
  it('is what its ticks, shards and settings add up to', () => {
    const { running, own } = stackUsage(LOAD, SETTINGS);
    expect(running).toEqual({
      lambda_requests: 3 * 43_800,
      // discover: 1 s and two calls of S3; scrape: eight calls of S3, and two shards that wait for 0.8 s.
      lambda_gb_seconds: expect.closeTo(43_800 * (1 + 0.05 + 0.2 + 1.6), 3),
      // One batch of two parts of 64 KB, two messages received and deleted, and five pollers three times a minute.
      sqs_requests: 43_800 * (2 + 2 + 2 + 15),
      s3_reads: 5 * 43_800,
      s3_writes: 5 * 43_800,
      s3_gb_months: 1,
      // 300 bytes of Lambda's own for each of three invocations.
      logs_ingested_gb: expect.closeTo((43_800 * (700 + 1400 + 900)) / GB, 9),
      logs_stored_gb_months: expect.closeTo(((43_800 * 3000) / GB) * (14 * 24) * (1 / 730), 9),
      custom_metrics: 2,
      alarm_metrics: 11,
      dashboards: 0,
      scheduler_invocations: 43_800,
      zone_transfer_gb: expect.closeTo(2 / 3, 9),
    });
    expect(own).toEqual({
      custom_metrics: 50,
      logs_ingested_gb: expect.closeTo(1, 9),
      logs_stored_gb_months: expect.closeTo((14 * 24) / 730, 9),
    });
  });

  const changes: readonly {
    name: string;
    load?: Partial<StackLoad>;
    settings?: Partial<StackSettings>;
    expected: Usage;
  }[] = [
    {
      name: 'scrape of a shorter interval, discover as before',
      load: { intervalS: 15 },
      expected: {
        lambda_requests: 43_800 * (1 + 4 * 2),
        s3_writes: 43_800 * (1 + 4 * 4),
        scheduler_invocations: 43_800,
      },
    },
    {
      name: 'work that takes longer with less than a vCPU',
      load: { scrape: { ...LOAD.scrape, cpuMs: 1024 } },
      expected: { lambda_gb_seconds: 43_800 * (1 + 0.05 + 0.2 + 1.6 + 1.769) },
    },
    {
      name: 'the memory of a waiting function',
      settings: { memoryMb: 512 },
      expected: { lambda_gb_seconds: (43_800 * (1 + 0.05 + 0.2 + 1.6)) / 2 },
    },
    {
      name: 'calls of discover that take longer than its other waiting',
      load: { discover: { ...LOAD.discover, calls: 100 } },
      expected: { lambda_gb_seconds: 43_800 * (4 + 0.05 + 0.2 + 1.6) },
    },
    {
      name: 'rounds of targets that are not all asked at once',
      settings: { concurrency: 50 },
      expected: { lambda_gb_seconds: 43_800 * (1 + 0.05 + 0.2 + 3.2) },
    },
    {
      name: 'messages of several parts, in batches of 256 KB',
      load: { scrape: { ...LOAD.scrape, messageBytes: 400 * KB } },
      expected: { sqs_requests: 43_800 * (2 * 4 + 2 * 4 + 2 + 15) },
    },
    {
      name: 'batches of ten messages',
      load: { shards: 20, scrape: { ...LOAD.scrape, messageBytes: 20 * KB } },
      expected: { sqs_requests: 43_800 * (2 + 20 + 20 + 15) },
    },
    {
      name: 'no metrics, alarms and dashboard of its own',
      settings: { selfMetrics: 'off', alarms: false, dashboard: false },
      expected: { custom_metrics: 0, alarm_metrics: 0, dashboards: 0 },
    },
    { name: 'alarms that read no self-metrics', settings: { selfMetrics: 'off' }, expected: { alarm_metrics: 8 } },
  ];
  it.each(changes)('has $name', ({ load, settings, expected }) => {
    const { running } = stackUsage({ ...LOAD, ...load }, { ...SETTINGS, ...settings });
    for (const [name, quantity] of Object.entries(expected))
      expect([name, running[name as keyof Usage]]).toEqual([name, expect.closeTo(quantity, 3)]);
  });
});

describe('the number of self-metrics', () => {
  it.each([
    { level: 'off', clusters: 3, families: 9, count: 0 },
    { level: 'stage', clusters: 3, families: 9, count: 2 },
    { level: 'cluster', clusters: 1, families: 9, count: 14 },
    { level: 'cluster', clusters: 3, families: 9, count: 38 },
    { level: 'family', clusters: 1, families: 9, count: 50 },
  ] as const)('is $count for $level, $clusters clusters and $families families', ({ level, count, ...stack }) => {
    expect(selfMetricCount(level, stack)).toBe(count);
  });
});

describe('the default settings', () => {
  const read = (file: string) => readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
  // The tags are CloudFormation's; nothing that is looked at here has one.
  const template = parse(read('serverless.yml'), { logLevel: 'silent' });
  const { Resources } = parse(read('serverless/alarms.yml'), { logLevel: 'silent' });

  it('are those of the template', () => {
    const { selfMetrics, alarms, dashboard, logRetentionDays } = template.params.default;
    const { discover, scrape } = template.functions;
    expect([discover.memorySize, scrape.memorySize]).toEqual([DEFAULT_SETTINGS.memoryMb, DEFAULT_SETTINGS.memoryMb]);
    expect({ selfMetrics, alarms, dashboard, logRetentionDays }).toEqual({
      selfMetrics: DEFAULT_SETTINGS.selfMetrics,
      alarms: DEFAULT_SETTINGS.alarms ? 'on' : 'off',
      dashboard: DEFAULT_SETTINGS.dashboard ? 'on' : 'off',
      logRetentionDays: DEFAULT_SETTINGS.logRetentionDays,
    });
  });

  it('ask as many targets at once as scrape does', () => {
    const found = /DEFAULT_CONCURRENCY = (\d+)/.exec(read('lib/scrape.ts'))?.[1];
    expect(Number(found)).toBe(DEFAULT_SETTINGS.concurrency);
  });

  it.each([
    { selfMetrics: 'cluster', without: [] },
    { selfMetrics: 'off', without: ['HasSelfMetricAlarms', 'HasDiscoverySelfMetricAlarms'] },
  ] as const)('have the alarms of the template with $selfMetrics', ({ selfMetrics, without }) => {
    const alarms = Object.values(Resources as Record<string, Alarm>).filter(
      ({ Type, Condition }) => Type === 'AWS::CloudWatch::Alarm' && !without.some((each) => each === Condition),
    );
    const metrics = alarms.map(({ Properties: { Metrics } }) => Metrics?.filter((each) => each.MetricStat).length ?? 1);
    const { running } = stackUsage(LOAD, { ...DEFAULT_SETTINGS, selfMetrics });
    expect(metrics.reduce((sum, count) => sum + count, 0)).toBe(running.alarm_metrics);
  });
});

type Alarm = {
  readonly Type: string;
  readonly Condition: string;
  readonly Properties: { readonly Metrics?: readonly { readonly MetricStat?: unknown }[] };
};
