import { describe, expect, it } from 'vitest';
import { metricNamesOf } from '../../lib/cloudwatch/monitoring/metric-names.ts';
import { parseRulePack, type RulePack } from '../../lib/compose/extensions/rule-pack.ts';
import { compileRegex } from '../../lib/prometheus/regex.ts';
import { packs } from '../../rules/index.ts';
import { bodiesOf } from './bodies.ts';
import { type PublishedMetric, publishedMetrics } from './published-metrics.ts';

const rulePacks = packs.map((pack) => parseRulePack(pack));
const FAMILY_DIMENSIONS = ['ClusterName', 'TaskDefinitionFamily', 'ServiceName'];

/** What is published of each body of the pack. */
async function publishedOf(pack: RulePack): Promise<readonly (readonly PublishedMetric[])[]> {
  const results = await Promise.all(bodiesOf(pack.name).map((body) => publishedMetrics(pack, body)));
  return results.map(({ metrics }) => metrics);
}

function declarationsOf(pack: RulePack) {
  return [...pack.metric_declaration, ...(pack.added_metric_declaration ?? [])];
}

function isOptional(pack: RulePack, name: string): boolean {
  return (pack.optional ?? []).some(({ metric }) => metric === name);
}

/** Every metric name of a selector on its own, or the selector where it matches any number of names. */
function alternativesOf(selector: string): { readonly text: string; readonly matches: (name: string) => boolean }[] {
  const names = metricNamesOf(selector);
  if (names === undefined) return [{ text: selector, matches: (name) => compileRegex(selector).search(name) }];
  return names.map((text) => ({ text, matches: (name) => name === text }));
}

/** Each metric the pack asks for, with the names of its dimensions beside the family's. */
function keyOf(name: string, dimensions: readonly string[]): string {
  return `${name} [${dimensions.filter((each) => !FAMILY_DIMENSIONS.includes(each)).sort()}]`;
}

describe.each(rulePacks.map((pack) => [pack.name, pack] as const))('the rule pack %s', (_, pack) => {
  it('publishes something of every body it is tried on, and drops nothing it selects', async () => {
    const bodies = bodiesOf(pack.name);
    expect(bodies).not.toEqual([]);
    for (const body of bodies) {
      const { metrics, report } = await publishedMetrics(pack, body);
      expect(metrics, body.file).not.toEqual([]);
      const unusable = Object.keys(report?.targets[0]?.dropped ?? {}).filter((reason) => reason !== 'not_a_number');
      expect(unusable, body.file).toEqual([]);
    }
  });

  it('has no alternative in a selector that no body answers, but those it calls optional', async () => {
    const published = new Set((await publishedOf(pack)).flat().map(({ name }) => name));
    const alternatives = declarationsOf(pack).flatMap(({ metric_selectors }) =>
      metric_selectors.flatMap(alternativesOf),
    );
    const unanswered = alternatives.filter(({ matches }) => ![...published].some(matches)).map(({ text }) => text);
    expect(unanswered.filter((text) => !isOptional(pack, text))).toEqual([]);
  });

  it('has every dimension set in a body', async () => {
    const published = new Set(
      (await publishedOf(pack)).flat().map(({ dimensions }) => Object.keys(dimensions).sort().join(' ')),
    );
    const declared = declarationsOf(pack).flatMap(({ dimensions }) =>
      dimensions.map((set) => [...set].sort().join(' ')),
    );
    expect(declared.filter((set) => !published.has(set))).toEqual([]);
  });

  it('shows, alarms on and names the unit of metrics that are there', async () => {
    const published = (await publishedOf(pack)).flat();
    const keys = new Set(published.map(({ name, dimensions }) => keyOf(name, Object.keys(dimensions))));
    const shown = (pack.widgets ?? []).flatMap(({ metrics }) => metrics);
    const wanted = [...shown, ...(pack.alarms ?? [])].map(({ metric, dimensions = [] }) => keyOf(metric, dimensions));
    expect(wanted.filter((key) => !keys.has(key))).toEqual([]);
    const written = new Map(published.map(({ name, unit }) => [name, unit]));
    const units = Object.entries(pack.metric_unit ?? {}).filter(
      ([metric]) => written.has(metric) || !isOptional(pack, metric),
    );
    expect(units.filter(([metric, unit]) => written.get(metric) !== unit)).toEqual([]);
  });

  it('says how many CloudWatch metrics a family costs', async () => {
    const counts = (await publishedOf(pack)).map((metrics) => metrics.length);
    expect(pack.typical_metric_count).toBe(Math.max(...counts));
  });

  it('suggests alarms that need no dimension beside those of the family', () => {
    expect(pack.alarms?.filter(({ dimensions }) => dimensions !== undefined)).toEqual([]);
  });
});

describe('a name that changed', () => {
  it('is followed by one that a body has, or that the pack calls optional', () => {
    const unknown = rulePacks.flatMap((pack) => {
      const text = bodiesOf(pack.name)
        .map((body) => `\n${body.text}`)
        .join('');
      const isKnown = (name: string) => isOptional(pack, name) || new RegExp(`\\n${name}[{ ]`).test(text);
      return (pack.renamed ?? []).filter(({ to }) => !isKnown(to)).map(({ to }) => `${pack.name}: ${to}`);
    });
    expect(unknown).toEqual([]);
  });
});
