import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectorResult, measureCollector } from '../collector.ts';
import type { Corpus } from '../corpora.ts';
import { countValues } from '../emf-values.ts';
import { type Figure, figureOf } from '../measurement.ts';
import { OURS } from '../peers.ts';
import { type Plan, roundsOf } from '../plan.ts';
import { type Exporter, scrapeApart, withExporter } from '../processes.ts';
import type { ScraperResult } from '../scraper.ts';

/** A round a second after the one before. */
export const APART = `${OURS}, 1 s apart`;

/** From the request to lines that are written into a file: ours and the collector in turn. */
export async function measureHttp(plan: Plan): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const corpus of plan.corpora)
    figures.push(...(await withExporter({ corpus: corpus.name }, (exporter) => measureCorpus(corpus, exporter, plan))));
  return figures;
}

async function measureCorpus(corpus: Corpus, exporter: Exporter, plan: Plan): Promise<readonly Figure[]> {
  const { scrapes, folder, tell } = plan;
  const [ours, theirs]: [ScraperResult[], CollectorResult[]] = [[], []];
  for (let repetition = 1; repetition <= plan.repetitions; repetition += 1) {
    tell(`http, ${corpus.name}: ${OURS}, ${repetition} of ${plan.repetitions}`);
    ours.push(await scrapeToFile(corpus, exporter, plan));
    if (!plan.peers) continue;
    tell(`http, ${corpus.name}: collector, ${repetition} of ${plan.repetitions}`);
    theirs.push(await measureCollector(corpus, exporter, { scrapes, folder }));
  }
  checkAlike(corpus, ours, theirs);
  return [...ourFigures(corpus, ours), ...(theirs.length > 0 ? collectorFigures(corpus, theirs) : [])];
}

async function scrapeToFile(corpus: Corpus, { port }: Exporter, plan: Plan): Promise<ScraperResult> {
  const file = join(plan.folder, 'prom-emf.out');
  const stdout = openSync(file, 'w');
  const { unmeasured, paused, weighed } = plan;
  const settings = { corpus: corpus.name, port, unmeasured, rounds: roundsOf(corpus, plan), paused, weighed };
  const result = await scrapeApart(settings, { stdout }).finally(() => closeSync(stdout));
  const told = [result.first, ...result.rounds, ...result.paused, ...result.weighed].reduce(
    (sum, { values }) => sum + values,
    result.unmeasured,
  );
  const written = countValues(readFileSync(file, 'utf8'));
  if (written !== told)
    throw new Error(`${corpus.name}: ${OURS} told of ${told} values, but its lines have ${written}`);
  return result;
}

/** After the first interval of the counters both write the same values, or the comparison is none. */
function checkAlike({ name }: Corpus, ours: readonly ScraperResult[], theirs: readonly CollectorResult[]): void {
  const [expected] = ours.map(valuesOf);
  const different = [...ours.map(valuesOf), ...theirs.map(({ values }) => values)].find((each) => each !== expected);
  if (different !== undefined || expected === 0)
    throw new Error(
      `${name}: expected as many values of each scrape from all, found ${ours.map(valuesOf).join(', ')} of ${OURS} and ${theirs.map(({ values }) => values).join(', ')} of the collector`,
    );
}

function valuesOf({ rounds, first }: ScraperResult): number {
  return (rounds.at(-1) ?? first).values;
}

function ourFigures({ name: subject }: Corpus, results: readonly ScraperResult[]): Figure[] {
  const cpu = { subject, what: 'cpu', unit: 'ms' };
  const own = { subject, by: OURS };
  const rounds = results.flatMap((result) => result.rounds);
  return [
    figureOf(
      { ...cpu, by: OURS },
      rounds.map(({ cpuMs }) => cpuMs),
    ),
    figureOf(
      { ...cpu, by: APART },
      results.flatMap(({ paused }) => paused.map(({ cpuMs }) => cpuMs)),
    ),
    figureOf(
      { ...own, what: 'wall', unit: 'ms' },
      rounds.map(({ wallMs }) => wallMs),
    ),
    figureOf(
      { ...own, what: 'first', unit: 'ms' },
      results.map(({ first }) => first.cpuMs),
    ),
    figureOf(
      { ...own, what: 'rss', unit: 'MB' },
      results.map(({ rssMb }) => rssMb),
    ),
    figureOf(
      { ...own, what: 'allocated', unit: 'MB' },
      results.flatMap(({ weighed }) => weighed.map(({ allocatedMb }) => allocatedMb)),
    ),
    figureOf({ ...own, what: 'values', unit: '1' }, results.map(valuesOf)),
  ];
}

function collectorFigures({ name: subject }: Corpus, results: readonly CollectorResult[]): Figure[] {
  const own = { subject, by: 'collector' };
  return [
    figureOf(
      { ...own, what: 'cpu', unit: 'ms' },
      results.flatMap(({ cpuMs }) => cpuMs),
    ),
    figureOf(
      { ...own, what: 'rss', unit: 'MB' },
      results.map(({ rssMb }) => rssMb),
    ),
    figureOf(
      { ...own, what: 'idle', unit: 'ms/s' },
      results.flatMap(({ idle }) => idle),
    ),
    figureOf(
      { ...own, what: 'values', unit: '1' },
      results.map(({ values }) => values),
    ),
  ];
}
