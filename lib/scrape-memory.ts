import { type SelectMemory, selectMemory } from './cloudwatch/candidate.ts';
import { valuedSets } from './cloudwatch/convert.ts';
import { type DocumentMemory, documentMemory } from './cloudwatch/emf.ts';
import type { CompiledFamily } from './compiled-family.ts';
import { type LabelNumbers, labelNumbers } from './prometheus/label-keys.ts';
import { type LabelSets, labelSets } from './prometheus/label-sets.ts';
import { labelsKey } from './prometheus/labels.ts';
import { type RelabelMemory, relabelMemory } from './prometheus/samples.ts';
import type { ScrapeJob, ScrapeTarget } from './prometheus/target.ts';
import type { StateMemory } from './shard-state.ts';

/**
 * What a process has worked out for label sets, which are the same from scrape to scrape: it makes them faster, and
 * changes nothing of what comes of them.
 */
export type ScrapeMemory = {
  sets: LabelSets;
  numbers: LabelNumbers;
  documents: DocumentMemory;
  states: StateMemory;
  views: Map<string, ViewMemory>;
};

/** What is known of the label sets of one target, as one document sees it. */
export type ViewMemory = RelabelMemory &
  SelectMemory & { readonly family: CompiledFamily; readonly areValued: ReturnType<typeof valuedSets> };

/** About 1.5 KB each. */
const MAX_LABEL_SETS = 20_000;
const MAX_VIEWS = 5000;

export function scrapeMemory(): ScrapeMemory {
  const numbers = labelNumbers();
  return { sets: labelSets(), numbers, documents: documentMemory(numbers), states: new Map(), views: new Map() };
}

/** Forgets everything once that is too much; for the beginning of a cycle. */
export function boundMemory(memory: ScrapeMemory): void {
  const { numbers, sets, views } = memory;
  const isFull = Math.max(numbers.count(), sets.count) > MAX_LABEL_SETS || views.size > MAX_VIEWS;
  if (isFull) Object.assign(memory, scrapeMemory());
}

/** What is remembered of a target as long as its labels and its documents stay. */
export function viewMemory(
  memory: ScrapeMemory,
  { family, job, target }: { readonly family: CompiledFamily; readonly job: ScrapeJob; readonly target: ScrapeTarget },
): ViewMemory {
  const key = `${family.family} ${family.jobs.indexOf(job)} ${labelsKey(target.labels)}`;
  const known = memory.views.get(key);
  if (known?.family === family) return known;
  const fresh = { family, ...relabelMemory(), ...selectMemory(family.rules, memory.numbers), areValued: valuedSets() };
  memory.views.set(key, fresh);
  return fresh;
}
