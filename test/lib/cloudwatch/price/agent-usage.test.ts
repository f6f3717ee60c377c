import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  AGENT,
  type AgentLoad,
  centralAgentNeeds,
  centralAgentUsage,
  sidecarUsage,
} from '../../../../lib/cloudwatch/price/agent-usage.ts';
import { readExposition } from '../../../../lib/prometheus/exposition-reader.ts';
import { labelsKey } from '../../../../lib/prometheus/labels.ts';

const GB = 2 ** 30;
const LOAD: AgentLoad = {
  tasks: 1000,
  intervalS: 60,
  series: 100,
  selected: 20,
  bodyBytes: 2048,
  ownMetrics: 70,
  logRetentionDays: 14,
};
const SCRAPES = 43_800 * 1000;

describe('what agents use in a month', () => {
  it('is a share of each task for sidecars, and a log of all samples', () => {
    const { running, unselected, own } = sidecarUsage(LOAD);
    expect(running).toEqual({ fargate_vcpu_hours: 73_000, fargate_gb_hours: 182_500 });
    expect(unselected.logs_ingested_gb).toBeCloseTo((SCRAPES * 80 * (0.3 * 450 + 40)) / GB, 6);
    expect(own.custom_metrics).toBe(70);
    expect(own.logs_ingested_gb).toBeCloseTo((SCRAPES * 20 * (0.3 * 450 + 40 + 110)) / GB, 6);
  });

  it('is one task for a central agent, the answers that cross zones, and the same log', () => {
    const central = centralAgentUsage(LOAD);
    expect(central?.running).toEqual({
      fargate_vcpu_hours: 0.25 * 730,
      fargate_gb_hours: 730,
      zone_transfer_gb: expect.closeTo(((SCRAPES * 2048) / GB) * (2 / 3), 6),
    });
    expect(central?.unselected).toEqual(sidecarUsage(LOAD).unselected);
  });

  it('has no task that is large enough for a central agent of a very large fleet', () => {
    expect(centralAgentUsage({ ...LOAD, tasks: 1_000_000 })).toBeUndefined();
  });

  it('grows with series and with shorter intervals', () => {
    expect(centralAgentNeeds(LOAD).vcpu).toBeCloseTo(0.07, 6);
    expect(centralAgentNeeds({ ...LOAD, intervalS: 15 }).vcpu).toBeCloseTo(0.28, 6);
    expect(centralAgentNeeds(LOAD).gb).toBeCloseTo((105 + 420_000 / 1024) / 1024, 3);
  });
});

describe('what is assumed of an agent', () => {
  const folder = (name: string) => new URL(`../../../${name}/`, import.meta.url);
  const recorded = ['60-seed-kafka-connect', '62-javajmx-predefined', '63-nginx-predefined'].flatMap((name) =>
    readFileSync(new URL(`${name}/expected.ndjson`, folder('conformance/data/agent')), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly event: Readonly<Record<string, unknown>> }).event),
  );
  const bodies = readdirSync(folder('rules/bodies'))
    .filter((file) => file.endsWith('.prom'))
    .map((file) => readFileSync(new URL(file, folder('rules/bodies'))));

  it('is what an agent logged for targets of ECS, within a tenth', () => {
    const unselected = recorded.filter((event) => !('CloudWatchMetrics' in event));
    const bytes = unselected.map((event) => JSON.stringify(event).length);
    const samples = unselected.map((event) => Object.values(event).filter((each) => typeof each === 'number').length);
    const expected = samples.map((count) => AGENT.eventBytes + count * AGENT.sampleBytes);
    expect(unselected.length).toBeGreaterThan(2);
    expectWithin(sum(expected), sum(bytes), 0.1);
  });

  it('is what it logged of selected samples, within a third', () => {
    const selected = recorded.filter((event) => 'CloudWatchMetrics' in event);
    const bytes = selected.map((event) => JSON.stringify(event).length);
    const expected = selected.map((event) => {
      const samples = Object.values(event).filter((each) => typeof each === 'number').length;
      return AGENT.eventBytes + samples * (AGENT.sampleBytes + AGENT.definitionBytes);
    });
    expectWithin(sum(expected), sum(bytes), 0.33);
  });

  it('is how many samples of an exporter share labels and type, as a median', () => {
    const shares = bodies.map((body) => {
      const { samples, types } = readExposition(body, 'text/plain; version=0.0.4', undefined, undefined);
      const kept = samples.filter(({ name }) => !isHistogram(name, types));
      const events = new Set(kept.map(({ labels, ownType }) => `${ownType} ${labelsKey(new Map(labels))}`));
      return events.size / Math.max(1, kept.length);
    });
    expectWithin(AGENT.eventsOfSample, median(shares), 0.2);
  });

  function isHistogram(name: string, types: ReadonlyMap<string, string>): boolean {
    return types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';
  }
});

function expectWithin(value: number, measured: number, share: number): void {
  expect(Math.abs(value - measured) / measured, `${value} beside ${measured}`).toBeLessThan(share);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
