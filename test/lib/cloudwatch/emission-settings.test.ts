import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../lib/cloudwatch/emission.ts';
import { emissionSettings, identityOf } from '../../../lib/cloudwatch/emission-settings.ts';
import { labelsOf } from '../../../lib/prometheus/labels.ts';
import { metricOf } from './metric-of.ts';

const METRIC = metricOf({
  labels: labelsOf([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]),
  dimensionSets: [['a'], ['a', 'b']],
});

type Row = { readonly name: string; readonly first?: Partial<Metric>; readonly second: Partial<Metric> };

describe('emissionSettings', () => {
  const equal: readonly Row[] = [
    { name: 'other labels', second: { labels: labelsOf([]) } },
    { name: 'another log stream', second: { logStreamName: 't' } },
    { name: 'dimension sets in another array', second: { dimensionSets: [['a'], ['a', 'b']] } },
  ];
  it.each(equal)('are the same with $name', ({ second }) => {
    const settingsOf = emissionSettings();
    expect(settingsOf({ ...METRIC, ...second })).toBe(settingsOf(METRIC));
  });

  const different: readonly Row[] = [
    { name: 'another metric', second: { name: 'n' } },
    { name: 'another namespace', second: { namespace: 'M' } },
    { name: 'other dimension sets', second: { dimensionSets: [['a', 'b']] } },
    { name: 'dimension sets in another order', second: { dimensionSets: [['a', 'b'], ['a']] } },
    { name: 'a unit', second: { unit: 'Count' } },
    { name: 'another resolution', second: { storageResolution: 1 } },
    { name: 'an entity', second: { entity: true } },
    { name: 'another log group', second: { logGroupName: 'h' } },
    { name: 'a histogram', second: { form: 'values' } },
    {
      name: 'a histogram in another form',
      first: { form: 'values' },
      second: { form: 'arrays' },
    },
    {
      name: 'names that look alike together',
      first: { name: 'm","n', namespace: 'N' },
      second: { name: 'm', namespace: 'n","N' },
    },
    { name: 'another half of a character', first: { name: '\ud800' }, second: { name: '\ud801' } },
  ];
  it.each(different)('are others with $name', ({ first, second }) => {
    const settingsOf = emissionSettings();
    const [a, b] = [
      { ...METRIC, ...first },
      { ...METRIC, ...second },
    ].map(settingsOf);
    expect(a?.number).not.toBe(b?.number);
    expect([settingsOf({ ...METRIC, ...first }), settingsOf({ ...METRIC, ...second })]).toEqual([a, b]);
  });
});

describe('identityOf', () => {
  const areEqual = (first: Partial<Metric>, second: Partial<Metric>) => {
    const settingsOf = emissionSettings();
    const [a, b] = [first, second].map((part) => {
      const metric = { ...METRIC, ...part };
      return identityOf(metric, settingsOf(metric));
    });
    return a === b;
  };
  const of = (a: string, b: string, c = '') => ({
    labels: labelsOf([
      ['a', a],
      ['b', b],
      ['c', c],
    ]),
  });

  const rows: readonly { name: string; first?: Partial<Metric>; second: Partial<Metric>; expected: boolean }[] = [
    { name: 'the same', second: {}, expected: true },
    { name: 'equal labels in another object', second: of('1', '2', '3'), expected: true },
    {
      name: 'labels in another order',
      second: {
        labels: labelsOf([
          ['b', '2'],
          ['c', '3'],
          ['a', '1'],
        ]),
      },
      expected: true,
    },
    { name: 'a label that is no dimension', second: of('1', '2', '4'), expected: true },
    { name: 'another dimension', second: of('1', '3', '3'), expected: false },
    { name: 'a dimension that is missing', second: of('1', '', '3'), expected: false },
    { name: 'values that change places', second: of('2', '1', '3'), expected: false },
    { name: 'values that look alike together', first: of('1 x1 y', 'z'), second: of('1 x', '1 yz'), expected: false },
    { name: 'other halves of characters', first: of('\ud800', 'x'), second: of('\ud801', 'x'), expected: false },
    { name: 'another log stream', second: { logStreamName: 't' }, expected: false },
    {
      name: 'a log stream that ends in a digit',
      first: { logStreamName: 's1' },
      second: { logStreamName: 's', ...of('1', '2') },
      expected: false,
    },
    {
      name: 'no dimensions',
      first: { dimensionSets: [] },
      second: { dimensionSets: [], ...of('7', '8') },
      expected: true,
    },
  ];
  it.each(rows)('tells what CloudWatch tells apart: $name', ({ first = {}, second, expected }) => {
    expect(areEqual(first, second)).toBe(expected);
  });

  it('is the same for two metrics with the same dimensions', () => {
    const settingsOf = emissionSettings();
    const other = { ...METRIC, name: 'n', unit: 'Count' };
    expect(identityOf(other, settingsOf(other))).toBe(identityOf(METRIC, settingsOf(METRIC)));
  });
});
