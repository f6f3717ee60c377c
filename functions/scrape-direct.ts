import { compileFamily, groupsOfTargets, parseTargetGroups, planFamilies, readFamily } from '../lib/documents.ts';
import type { ScrapeReport } from '../lib/explain/report.ts';
import { type RecordedResponse, recordedScrape } from '../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { targetFiles } from '../lib/io/target-files.ts';
import { runScrape, type ScrapePorts } from '../lib/scrape.ts';
import { inlineTexts } from './inline-documents.ts';

/** Documents and targets inline. `recorded` answers in place of the network, by URL. */
export type DirectEvent = {
  readonly cluster?: string;
  readonly documents: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** A file_sd document that stands for the ECS targets. */
  readonly targets?: unknown;
  readonly recorded?: Readonly<Record<string, RecordedResponse>>;
};

/** One round with state in memory, so counters give nothing yet: for local invocation and tries. */
export async function scrapeDirect(
  event: DirectEvent,
  ports: Omit<ScrapePorts, 'state' | 'summary'>,
): Promise<ScrapeReport> {
  const configs = Object.entries(event.documents).map(([family, texts]) =>
    readFamily(family, inlineTexts(family, texts)),
  );
  const groups = groupsOfTargets(event.targets ?? [], 'event.targets');
  const families = configs.map((config) => compileFamily(config, event.cluster ?? ''));
  const scrape = event.recorded === undefined ? ports.scrape : recordedScrape(event.recorded);
  const targets = await planFamilies(configs, () => groups, targetFiles('.', parseTargetGroups));
  const input = { families, targets, dueAt: ports.clock(), shard: 'direct' };
  return runScrape(input, { ...ports, scrape, state: memoryStateStore(), summary: () => {} });
}
