import { describe, expect, it } from 'vitest';
import type { LabelPair, MetricType } from '../../../lib/prometheus/exposition.ts';
import { hashOf, type LabelSets, labelSets, metLabels, rememberLabels } from '../../../lib/prometheus/label-sets.ts';

const viewOf = (body: Buffer) => new DataView(body.buffer, body.byteOffset, body.byteLength);

function remember(sets: LabelSets, text: string, hash: number): readonly LabelPair[] {
  const body = Buffer.from(text);
  const labels: readonly LabelPair[] = [['text', text]];
  rememberLabels(sets, body, 0, body.length, hash, labels, 'gauge');
  return labels;
}

/** What is known of the text, which stands behind so many other bytes. */
function met(sets: LabelSets, text: string, hash: number, before = 0) {
  const body = Buffer.from('x'.repeat(before) + text);
  return metLabels(sets, viewOf(body), before, body.length, hash, 'gauge');
}

describe('metLabels', () => {
  it('finds the label set by its bytes, wherever they are', () => {
    const sets = labelSets();
    const labels = remember(sets, '{a="1"}', 5);
    expect([0, 1, 2, 3, 4].every((before) => met(sets, '{a="1"}', 5, before) === labels)).toBe(true);
  });

  const rows: readonly { name: string; text: string; hash: number }[] = [
    { name: 'another last byte', text: '{a="1",b="2"]', hash: 5 },
    { name: 'another first byte', text: '[a="1",b="2"}', hash: 5 },
    { name: 'a byte less', text: '{a="1",b="2"', hash: 5 },
    { name: 'a byte more', text: '{a="1",b="2"}}', hash: 5 },
    { name: 'no bytes', text: '', hash: 5 },
    { name: 'another hash', text: '{a="1",b="2"}', hash: 6 },
    { name: 'a hash with the same place', text: '{a="1",b="2"}', hash: 5 + 1024 },
  ];
  it.each(rows)('finds none under $name', ({ text, hash }) => {
    const sets = labelSets();
    remember(sets, '{a="1",b="2"}', 5);
    expect(met(sets, text, hash)).toBeUndefined();
  });

  it('keeps label sets of one hash apart', () => {
    const sets = labelSets();
    const texts = ['{a="1"}', '{a="2"}', '{a="\u00e9"}', ''];
    const labels = texts.map((text) => remember(sets, text, -1));
    expect(texts.map((text) => met(sets, text, -1))).toEqual(labels);
  });

  it('knows the type under which a bound was spelled', () => {
    const sets = labelSets();
    const body = Buffer.from('{le="1"}');
    const known = (type: MetricType) => metLabels(sets, viewOf(body), 0, body.length, 5, type);
    const labels = ['histogram', 'gauge'].map((type): readonly LabelPair[] => {
      const ofType: readonly LabelPair[] = [['le', type]];
      rememberLabels(sets, body, 0, body.length, 5, ofType, type as MetricType);
      return ofType;
    });
    expect([known('gauge'), known('histogram'), known('gauge'), known('summary')]).toEqual([
      labels[1],
      labels[0],
      labels[1],
      undefined,
    ]);
  });

  it('finds them in another order too, and again in the first one', () => {
    const sets = labelSets();
    const texts = ['{a="1"}', '{a="2"}', '{a="3"}', '{a="4"}'];
    const labels = texts.map((text, i) => remember(sets, text, i));
    const orders = [
      [0, 1, 2, 3],
      [0, 2, 1, 3, 3],
      [0, 1, 2, 3],
    ];
    for (const order of orders)
      expect(order.map((i) => met(sets, texts[i] as string, i))).toEqual(order.map((i) => labels[i]));
    expect(met(sets, '{a="5"}', 4)).toBeUndefined();
    expect(met(sets, '{a="1"}', 0)).toBe(labels[0]);
  });

  it('finds each after it has grown', () => {
    const sets = labelSets();
    const texts = Array.from({ length: 3000 }, (_, i) => `{a="${'x'.repeat(i % 100)}${i}"}`);
    const labels = texts.map((text, i) => remember(sets, text, i % 97));
    expect(texts.every((text, i) => met(sets, text, i % 97) === labels[i])).toBe(true);
    expect(sets.used).toBeGreaterThan(1 << 16);
  });

  it('begins anew when it knows too many', () => {
    const sets = labelSets();
    for (let i = 0; i < 65_536; i += 1) remember(sets, `${i}`, i);
    expect([sets.count, met(sets, '0', 0) === undefined]).toEqual([65_536, false]);
    const labels = remember(sets, 'another', 1);
    expect([sets.count, met(sets, '0', 0), met(sets, 'another', 1)]).toEqual([1, undefined, labels]);
  });

  it('begins anew when their bytes are too many', () => {
    const sets = labelSets();
    const half = 'x'.repeat(1 << 22);
    remember(sets, half, 1);
    remember(sets, half, 2);
    expect([sets.count, sets.used]).toEqual([2, 1 << 23]);
    remember(sets, '{}', 3);
    expect([sets.count, sets.used, met(sets, half, 1)]).toEqual([1, 2, undefined]);
  });
});

describe('hashOf', () => {
  const hash = (text: string, before = 0) => {
    const body = Buffer.from('x'.repeat(before) + text);
    return hashOf(viewOf(body), before, body.length);
  };

  it.each(['', 'a', 'abc', 'abcd', '{a="1",b="2"}'])('is the same for %j wherever it is', (text) => {
    expect([1, 2, 3].map((before) => hash(text, before))).toEqual([hash(text), hash(text), hash(text)]);
  });

  it('differs by any byte', () => {
    const text = '{a="1",b="2"}';
    const hashes = [...text].map((_, at) => hash(`${text.slice(0, at)}~${text.slice(at + 1)}`));
    expect(new Set([hash(text), ...hashes]).size).toBe(text.length + 1);
  });
});
