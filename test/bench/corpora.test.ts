import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bodyOf, CORPORA, type Corpus, chunksOf, corpusOf, GROWING, selects } from '../../bench/corpora.ts';

/** What figures of different days are compared over: a change of a body makes them worthless. */
const BODIES = [
  { name: 'recorded-kafka-connect', samples: 332, selected: 48, digest: undefined },
  { name: 'node-1.5k', samples: 1500, selected: 5, digest: '776b251dc14531e5' },
  { name: 'jmx-100k', samples: 100_000, selected: 2084, digest: 'db32b6a3faf8a2ba' },
  { name: 'envoy-300k', samples: 299_400, selected: 4200, digest: '0d03d625e2acff66' },
  { name: 'all-20k', samples: 20_000, selected: 20_000, digest: '7e7f1b14ec968dbf' },
];

const digestOf = (body: Buffer) => createHash('sha256').update(body).digest('hex').slice(0, 16);

function samplesOf(corpus: Corpus, scrape = 0): string[] {
  return [...corpus.lines(scrape)].filter((line) => !line.startsWith('#'));
}

const nameOf = (line: string) => /^[^{ ]+/.exec(line)?.[0] ?? '';

describe('the bodies of bench', () => {
  it.each(BODIES)('$name stays as it is', ({ name, samples, selected, digest }) => {
    const corpus = corpusOf(name);
    const lines = samplesOf(corpus);
    const isSelected = selects(corpus);
    expect(lines).toHaveLength(samples);
    expect(lines.filter((line) => isSelected(nameOf(line)))).toHaveLength(selected);
    if (digest !== undefined) expect(digestOf(bodyOf(corpus))).toBe(digest);
    expect(lines.some((line) => line.includes(`${corpus.dimension}="`))).toBe(true);
  });

  it('are all of these', () => {
    expect(CORPORA.map(({ name }) => name)).toEqual(BODIES.map(({ name }) => name));
    expect(() => corpusOf('made-up')).toThrow('found no corpus made-up');
  });

  it('have four names to each label set where all is selected, half of them counters that rise', () => {
    const corpus = corpusOf('all-20k');
    const names = new Map<string, number>();
    for (const line of samplesOf(corpus)) {
      const labels = /\{.*\}/.exec(line)?.[0] ?? '';
      names.set(labels, (names.get(labels) ?? 0) + 1);
    }
    expect(new Set(names.values())).toEqual(new Set([4]));
    const numberIn = (line: string) => Number(line.slice(line.indexOf('} ') + 2));
    const later = samplesOf(corpus, 1);
    const counters = samplesOf(corpus).flatMap((line, at) =>
      nameOf(line).endsWith('_total') ? [numberIn(later[at] ?? '') - numberIn(line)] : [],
    );
    expect(counters).toHaveLength(10_000);
    expect(Math.min(...counters)).toBeGreaterThan(0);
  });

  it('are the same in parts', () => {
    const corpus = corpusOf('node-1.5k');
    const chunks = [...chunksOf(corpus)];
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.concat(chunks).toString()).toBe(`${[...corpus.lines(0)].join('\n')}\n`);
  });

  it('grow in one shape', () => {
    for (const [at, samples] of [10_000, 100_000].entries()) {
      const corpus = GROWING[at] as Corpus;
      const lines = samplesOf(corpus);
      expect(lines).toHaveLength(samples);
      expect(lines.filter((line) => selects(corpus)(nameOf(line)))).toHaveLength(Math.ceil(samples / 48));
    }
  });
});
