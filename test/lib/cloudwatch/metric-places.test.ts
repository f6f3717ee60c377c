import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../lib/cloudwatch/emission.ts';
import { metricPlaces, pairNumbers } from '../../../lib/cloudwatch/metric-places.ts';
import { TimedIndexes } from '../../../lib/cloudwatch/timed-indexes.ts';
import { labelsOf } from '../../../lib/prometheus/labels.ts';
import { metricOf } from './metric-of.ts';

const of = (a: string, b: string) =>
  metricOf({
    labels: labelsOf([
      ['a', a],
      ['b', b],
    ]),
  });
const metric = of('1', '2');
const other = (parts: Partial<Metric>): Metric => ({ ...metric, ...parts });

describe('placeOf', () => {
  const rows: readonly { name: string; other: Metric; identity: boolean; document: boolean }[] = [
    { name: 'an equal metric', other: { ...metric }, identity: true, document: true },
    { name: 'a label that is no dimension', other: of('1', '3'), identity: true, document: false },
    { name: 'another dimension', other: of('3', '2'), identity: false, document: false },
    { name: 'another name', other: other({ name: 'n' }), identity: false, document: true },
    { name: 'another namespace', other: other({ namespace: 'M' }), identity: false, document: false },
    { name: 'another log stream', other: other({ logStreamName: 't' }), identity: false, document: false },
    { name: 'another log group', other: other({ logGroupName: 't' }), identity: false, document: false },
    { name: 'an entity', other: other({ entity: true }), identity: false, document: false },
  ];
  it.each(rows)('tells where $name belongs', ({ other: second, identity, document }) => {
    const { placeOf } = metricPlaces();
    const [a, b] = [placeOf(metric), placeOf(second)];
    expect([a.identity === b.identity, a.document === b.document]).toEqual([identity, document]);
  });

  it('is worked out once for each metric, and counted', () => {
    const places = metricPlaces();
    const metrics = [metric, other({ name: 'n' }), of('3', '2')];
    const known = metrics.map(places.placeOf);
    expect(metrics.toReversed().map(places.placeOf).toReversed()).toEqual(known);
    expect([places.count(), places.identities(), places.documents()]).toEqual([3, 3, 2]);
    expect(known.every(({ identity, document }) => identity < 3 && document < 2)).toBe(true);
  });

  it('says what stays alone, and what is added up', () => {
    const { placeOf } = metricPlaces();
    const kinds = [metricOf(), other({ combine: 'apart' }), other({ combine: 'sum' }), other({ dimensionSets: [] })];
    expect(kinds.map(placeOf).map(({ isAlone, isSum }) => [isAlone, isSum])).toEqual([
      [false, false],
      [true, false],
      [false, true],
      [true, false],
    ]);
  });
});

describe('pairNumbers', () => {
  it('numbers pairs as they are met', () => {
    const { numberOf, count } = pairNumbers<string>();
    expect([numberOf('a', 1), numberOf('b', 1), numberOf('a', 2), numberOf('b', 1)]).toEqual([0, 1, 2, 1]);
    expect(count()).toBe(3);
  });
});

describe('TimedIndexes', () => {
  it('keeps the first index of each time and number', () => {
    const indexes = new TimedIndexes(3);
    const asked: readonly [number, number, number][] = [
      [10, 0, 0],
      [10, 2, 1],
      [11, 0, 2],
      [10, 0, 3],
      [11, 0, 3],
      [12, 0, 3],
      [11, 2, 4],
      [10, 2, 5],
    ];
    expect(asked.map((each) => indexes.get(...each))).toEqual([0, 1, 2, 0, 2, 3, 4, 1]);
  });
});
