import { type SelectMemory, selectMemory } from './cloudwatch/candidate.ts';
import { type DocumentMemory, documentMemory } from './cloudwatch/emf.ts';
import type { CompiledFamily } from './compiled-family.ts';
import type { EarlierBodies } from './prometheus/exposition-reader.ts';
import { type LabelNumbers, labelNumbers } from './prometheus/label-keys.ts';
import { type LabelSets, labelSets } from './prometheus/label-sets.ts';
import { labelsKey } from './prometheus/labels.ts';
import { type NameTable, nameTable } from './prometheus/name-table.ts';
import { needsEveryLabel, type RelabelMemory, relabelMemory, type SeriesTotal } from './prometheus/samples.ts';
import type { ScrapeJob, ScrapeTarget } from './prometheus/target.ts';
import type { StateMemory } from './shard-state.ts';

/**
 * What a process has worked out for label sets, which are the same from scrape to scrape: it makes them faster, and
 * changes nothing of what comes of them.
 */
export type ScrapeMemory = {
  sets: LabelSets;
  /** What is wanted of the names that were met, by the documents that decide it. */
  names: Map<CompiledFamily, NameTable>;
  numbers: LabelNumbers;
  documents: DocumentMemory;
  states: StateMemory;
  views: Map<string, ViewMemory>;
  total: SeriesTotal;
};

/** What is known of the series of one target, as one document sees it. */
export type ViewMemory = {
  readonly family: CompiledFamily;
  readonly relabel: RelabelMemory;
  readonly select: SelectMemory;
};

/** And so many label sets: about 1.7 KB for a series with one of its own. */
const MAX_SERIES = 50_000;
const MAX_VIEWS = 5000;
const MAX_NAMES = 50_000;

export function scrapeMemory(): ScrapeMemory {
  const numbers = labelNumbers();
  return {
    sets: labelSets(),
    names: new Map(),
    numbers,
    documents: documentMemory(numbers),
    states: new Map(),
    views: new Map(),
    total: { series: 0 },
  };
}

/** Forgets everything once that is too much. */
export function boundMemory(memory: ScrapeMemory): void {
  const { names, numbers, sets, views, documents, total } = memory;
  let known = 0;
  for (const { count } of names.values()) known += count;
  const series = Math.max(total.series, documents.count(), numbers.count(), sets.count);
  const isFull = series > MAX_SERIES || views.size > MAX_VIEWS || known > MAX_NAMES;
  if (isFull) Object.assign(memory, scrapeMemory());
}

/** What bodies of other targets, or earlier ones, had. */
export function earlierBodies({ names, sets }: ScrapeMemory, views: readonly ViewOf[]): EarlierBodies {
  const [first] = views;
  // Several documents ask for what any of them wants, and some jobs want all.
  if (first === undefined || views.some(({ family, job }) => family !== first.family || needsEveryLabel(job)))
    return { labelSets: sets };
  const known = names.get(first.family) ?? nameTable();
  names.set(first.family, known);
  return { labelSets: sets, names: known };
}

type ViewOf = { readonly family: CompiledFamily; readonly job: ScrapeJob; readonly target: ScrapeTarget };

/** What is remembered of a target as long as its labels and its documents stay. */
export function viewMemory(memory: ScrapeMemory, { family, job, target }: ViewOf): ViewMemory {
  const { intervalMs, labels } = target;
  const key = `${family.family} ${family.jobs.indexOf(job)} ${intervalMs} ${labelsKey(labels)}`;
  const known = memory.views.get(key);
  if (known?.family === family) return known;
  const relabel = relabelMemory(memory.total);
  const fresh = { family, relabel, select: selectMemory(family.rules, intervalMs, memory.numbers) };
  memory.views.set(key, fresh);
  return fresh;
}
