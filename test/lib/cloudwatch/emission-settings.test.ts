import { describe, expect, it } from 'vitest';
import type { Emission } from '../../../lib/cloudwatch/emission.ts';
import { emissionSettings, identityOf } from '../../../lib/cloudwatch/emission-settings.ts';
import { labelsOf } from '../../../lib/prometheus/labels.ts';

const EMISSION: Emission = {
  namespace: 'N',
  labels: labelsOf([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]),
  name: 'm',
  value: 1,
  distributionForm: 'values',
  combine: 'list',
  timestampMs: 1000,
  dimensionSets: [['a'], ['a', 'b']],
  unit: undefined,
  storageResolution: 60,
  entity: false,
  logGroupName: 'g',
  logStreamName: 's',
};

const histogram: Emission['value'] = { buckets: [], sum: 0 };

type Row = { readonly name: string; readonly first?: Partial<Emission>; readonly second: Partial<Emission> };

describe('emissionSettings', () => {
  const equal: readonly Row[] = [
    { name: 'another value', second: { value: 2 } },
    { name: 'other labels', second: { labels: labelsOf([]) } },
    { name: 'another time and log stream', second: { timestampMs: 2, logStreamName: 't' } },
    { name: 'dimension sets in another array', second: { dimensionSets: [['a'], ['a', 'b']] } },
    { name: 'another form of what is no histogram', second: { distributionForm: 'arrays' } },
  ];
  it.each(equal)('are the same with $name', ({ second }) => {
    const settingsOf = emissionSettings();
    expect(settingsOf({ ...EMISSION, ...second })).toBe(settingsOf(EMISSION));
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
    { name: 'a histogram', second: { value: histogram } },
    {
      name: 'a histogram in another form',
      first: { value: histogram },
      second: { value: histogram, distributionForm: 'arrays' },
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
      { ...EMISSION, ...first },
      { ...EMISSION, ...second },
    ].map(settingsOf);
    expect(a?.id).not.toBe(b?.id);
    expect([settingsOf({ ...EMISSION, ...first }), settingsOf({ ...EMISSION, ...second })]).toEqual([a, b]);
  });
});

describe('identityOf', () => {
  const areEqual = (first: Partial<Emission>, second: Partial<Emission>) => {
    const settingsOf = emissionSettings();
    const [a, b] = [first, second].map((part) => {
      const emission = { ...EMISSION, ...part };
      return identityOf(emission, settingsOf(emission));
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

  const rows: readonly { name: string; first?: Partial<Emission>; second: Partial<Emission>; expected: boolean }[] = [
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
    { name: 'another time, which is compared apart', second: { timestampMs: 1001 }, expected: true },
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
    const other = { ...EMISSION, name: 'n', unit: 'Count' };
    expect(identityOf(other, settingsOf(other))).toBe(identityOf(EMISSION, settingsOf(EMISSION)));
  });
});
