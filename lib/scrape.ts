import { createHash } from 'node:crypto';
import type { OnFault } from './cloudwatch/combine.ts';
import { type DocumentMemory, type EmfDocument, renderDocuments } from './cloudwatch/emf.ts';
import type { Emission } from './cloudwatch/emission.ts';
import type { CompiledFamily, PlannedTarget } from './compiled-family.ts';
import { loadOf } from './ecs/shard-load.ts';
import { mergeDropLogs } from './explain/dropped-samples.ts';
import type { ScrapeReport, TargetReport } from './explain/report.ts';
import { mapBounded } from './map-bounded.ts';
import type { Clock, Scrape, Sink, StateStore } from './ports.ts';
import { CREDENTIAL_KEYS } from './prometheus/credentials.ts';
import { groupBy } from './prometheus/group-by.ts';
import { labelsKey } from './prometheus/labels.ts';
import { requestOf, type ScrapeRequest } from './prometheus/request.ts';
import type { ScrapeConfig } from './prometheus/scrape-config.ts';
import { bounded, type ScrapeState } from './prometheus/scrape-state.ts';
import type { Secrets } from './prometheus/secret-reference.ts';
import { isDue, type Slot } from './prometheus/slot.ts';
import { resolveTargets } from './prometheus/target.ts';
import { rulesOf } from './rule-tallies.ts';
import {
  type Converted,
  convertVisit,
  drop,
  keptMsOf,
  stateAgeMs,
  type View,
  type ViewTally,
  type Visit,
} from './scrape-conversion.ts';
import { boundMemory, type ScrapeMemory, scrapeMemory } from './scrape-memory.ts';
import { visitUnlessSilent } from './scrape-visit.ts';
import { commitShard, type Inheritance, readShard } from './shard-state.ts';

export type ScrapePorts = {
  readonly scrape: Scrape;
  readonly state: StateStore;
  readonly sink: Sink;
  /** Tells what came of the cycle; called once, before the tick counts as written. */
  readonly summary: (report: ScrapeReport) => void | Promise<void>;
  readonly clock: Clock;
  /** A text that no other writer uses. */
  readonly nonce: () => string;
};

export type ScrapeInput = {
  readonly families: readonly CompiledFamily[];
  readonly targets: readonly PlannedTarget[];
  /** A job whose secrets are not among them is not scraped. */
  readonly secrets?: Secrets;
  /** The tick, Unix ms. */
  readonly dueAt: number;
  /** Targets whose interval is not due in it are not asked; absent: all are. */
  readonly slot?: Slot | undefined;
  readonly shard: string;
  /** Between two ticks: only targets that the shard does not know are asked, and join what it remembers. */
  readonly joining?: boolean | undefined;
  /** What it takes over while it has no state of its own. */
  readonly inheritance?: Inheritance | undefined;
  /** How late a tick may be before it is dropped; absent: never. */
  readonly maxLateMs?: number;
  /** When the last request must be over, Unix ms; absent: never. */
  readonly deadline?: number;
  /** How many targets are asked at once. */
  readonly concurrency?: number;
  /** What earlier cycles of the process worked out; absent: nothing. */
  readonly memory?: ScrapeMemory;
};

/** All targets of a shard, unless it is an unusual one: a slow target keeps no other waiting. */
const DEFAULT_CONCURRENCY = 256;

/**
 * One scrape cycle: every target once, samples to EMF documents, state committed before anything is written.
 * A failing target is reported and harms no other. Nothing is written when another writer won the state. A tick that
 * was committed and maybe never written, since its cycle ended in between, is told by the next summary.
 */
export async function runScrape(input: ScrapeInput, ports: ScrapePorts): Promise<ScrapeReport> {
  const { report, nonce, failure } = await scrapeTick(input, ports);
  await ports.summary(report);
  if (failure !== undefined) throw failure;
  // Only now, so that a gap that this summary tells cannot be forgotten untold.
  if (nonce !== undefined) await ports.state.confirm(input.shard, nonce, loadOf(report.targets));
  return report;
}

/** A state that is further ahead was written by a clock that has been set back since. */
const MAX_AHEAD_MS = 2 * 60_000;

/** The nonce is that of the state whose documents were written; `failure`: not all of them were. */
type Tick = { readonly report: ScrapeReport; readonly nonce?: string; readonly failure?: Error };

async function scrapeTick(input: ScrapeInput, ports: ScrapePorts): Promise<Tick> {
  const nowMs = ports.clock();
  if (input.maxLateMs !== undefined && nowMs - input.dueAt >= input.maxLateMs)
    return { report: emptyReport(input, 'late') };
  const memory = input.memory ?? scrapeMemory();
  const settings = { ...input, memory };
  const { previous, tag, gaps } = await readShard(
    input.shard,
    input.inheritance,
    ports.state,
    ports.nonce,
    memory.states,
  );
  if (previous?.sealedBy !== undefined) return { report: emptyReport(input, 'superseded') };
  if (isSuperseded(input, previous, nowMs)) return { report: emptyReport(input, 'superseded') };

  const { visits, faults } = planVisits(input);
  const { slot, joining } = input;
  const due = visits.filter(
    ({ identity, intervalMs }) =>
      (slot === undefined || isDue(intervalMs, slot)) && !(joining && previous?.targets.has(identity)),
  );
  if (joining && due.length === 0) return { report: emptyReport(input, 'superseded') };
  const silent = silenceOf(previous, visits, due);
  const groups = await mapBounded(byRequest(due), input.concurrency ?? DEFAULT_CONCURRENCY, async (alike) => {
    const written = couldRepeat(alike) ? new Map() : undefined;
    const context = { dueAt: input.dueAt, nowMs, written, memory };
    const converted: Converted[] = [];
    // At once: a whole answer is too large to be kept until the last one is there.
    for (const visit of alike) {
      const visited = await visitUnlessSilent(visit, previous?.silent?.get(visit.identity), settings, ports);
      if (visited.silence !== undefined) silent.set(visit.identity, visited.silence);
      boundMemory(memory);
      converted.push(convertVisit(visited, previous?.targets.get(visit.identity), context));
    }
    return converted;
  });
  const converted = groups.flat();

  const keptMs = Math.max(...visits.map(keptMsOf), stateAgeMs(0));
  const { targets, forgotten } = bounded(nextTargets(previous, converted, nowMs - keptMs));
  const nonce = ports.nonce();
  // What joins a tick leaves it as it is, confirmed or not, and has no gaps of its own.
  const state =
    joining && previous !== undefined
      ? { ...previous, targets, silent }
      : { dueAt: input.dueAt, nonce, gaps, targets, silent };
  if (
    (await commitShard(input.shard, { state, nonce }, { previous, tag, gaps }, ports.state, memory.states)) === 'lost'
  )
    return { report: { ...emptyReport(input, 'lost_race'), targets: reportsOf(converted, false), faults } };

  const views = converted.flatMap((visit) => visit.views);
  const { documents, finish } = counted(documentsOf(views, memory.documents));
  const failure = await ports.sink(documents).then(
    () => undefined,
    (error: Error) => error,
  );
  const written = finish();
  const report: ScrapeReport = {
    outcome: failure === undefined ? 'emitted' : 'write_failed',
    shard: input.shard,
    dueAt: input.dueAt,
    gaps: joining ? [] : gaps,
    forgotten,
    targets: reportsOf(converted, true),
    faults,
    missingDimensions: views.flatMap((view) => view.missingDimensions),
    metricsByRule: rulesOf(views, input.families),
    ...droppedSamplesOf(views, input.families),
    ...written,
  };
  if (failure !== undefined) return { report, failure };
  return joining ? { report } : { report, nonce };
}

/**
 * Whether the tick was scraped already, or a newer one. Who joins belongs to a tick that was, and leaves a shard that
 * remembers nothing yet to its first one.
 */
function isSuperseded({ dueAt, joining }: ScrapeInput, previous: ScrapeState | undefined, nowMs: number): boolean {
  if (joining) return previous === undefined;
  return previous !== undefined && previous.dueAt >= dueAt && previous.dueAt <= nowMs + MAX_AHEAD_MS;
}

/** Whether a series could be written twice: by several documents, or as one that the target has and one of its scrape. */
function couldRepeat(visits: readonly Visit[]): boolean {
  const views = visits.flatMap((visit) => visit.views);
  return views.length > 1 || views.some(({ family }) => family.rules.reportSeries);
}

/** One target is asked for several intervals one after the other: each metric is written once. */
function byRequest(visits: readonly Visit[]): readonly (readonly Visit[])[] {
  return [...groupBy(visits, ({ request }) => request).values()];
}

/** The documents of all views; what cannot be written is taken off the tally of its view. */
function documentsOf(views: readonly ViewTally[], memory: DocumentMemory): Iterable<EmfDocument> {
  const [only] = views;
  const emissions = views.length === 1 && only !== undefined ? only.emissions : views.flatMap((view) => view.emissions);
  let owners: Map<Emission, ViewTally> | undefined;
  const onFault: OnFault = (fault, emission) => {
    // Hardly ever needed.
    owners ??= new Map(views.flatMap((view) => view.emissions.map((own) => [own, view])));
    const view = owners.get(emission);
    if (view === undefined) return;
    owners.delete(emission);
    drop(view, fault, emission.metric.name, emission.metric.labels);
    view.emitted -= 1;
  };
  return renderDocuments(emissions, onFault, memory);
}

/** Documents that are counted as they are made. `finish` makes those that a sink which failed did not ask for. */
function counted(documents: Iterable<EmfDocument>) {
  const made = documents[Symbol.iterator]();
  const counts = { documents: 0, metrics: 0 };
  const next = () => {
    const result = made.next();
    if (result.done !== true) {
      counts.documents += 1;
      counts.metrics += result.value.metrics;
    }
    return result;
  };
  const finish = () => {
    while (next().done !== true);
    return counts;
  };
  // Nobody who stops early ends it.
  return { documents: { [Symbol.iterator]: () => ({ next }) }, finish };
}

/** What families that are debugged lost, by name and reason. */
function droppedSamplesOf(
  views: readonly ViewTally[],
  families: readonly CompiledFamily[],
): Pick<ScrapeReport, 'droppedSamples'> {
  const debugged = families.filter(({ debug }) => debug);
  if (debugged.length === 0) return {};
  const logsOf = (name: string) => views.flatMap(({ report, dropLog }) => (report.family === name && dropLog) || []);
  return {
    droppedSamples: debugged.flatMap(({ family }) =>
      mergeDropLogs(logsOf(family)).map((dropped) => ({ family, ...dropped })),
    ),
  };
}

/** What each target gave; nothing of it is emitted when the race is lost. */
function reportsOf(converted: readonly Converted[], written: boolean): TargetReport[] {
  const views = converted.flatMap((visit) => visit.views);
  return views.map(({ report, emitted, dropped }) => ({ ...report, emitted: written ? emitted : 0, dropped }));
}

function emptyReport(input: ScrapeInput, outcome: ScrapeReport['outcome']): ScrapeReport {
  const none = { targets: [], faults: [], missingDimensions: [], metricsByRule: [], documents: 0, metrics: 0 };
  return { outcome, shard: input.shard, dueAt: input.dueAt, gaps: [], forgotten: 0, ...none };
}

/** Relabels the targets and joins those that need the same request: one scrape, however many documents found it. */
function planVisits({ families, targets }: ScrapeInput): { visits: Visit[]; faults: ScrapeReport['faults'] } {
  const visits = new Map<string, Visit & { views: View[] }>();
  const faults: { family: string; job: string; reason: string }[] = [];
  for (const [document, family] of families.entries()) {
    for (const [index, job] of family.jobs.entries()) {
      const planned = targets.filter((target) => target.document === document && target.job === index);
      const identities = new Map(planned.map(({ labels, identity }) => [labelsKey(labels), identity]));
      const resolved = resolveTargets(
        planned.map(({ labels }) => labels),
        job,
      );
      for (const { reason } of resolved.faults)
        faults.push({ family: family.family, job: job.config.job_name, reason });
      const limit = job.config.target_limit ?? 0;
      const count = resolved.targets.length;
      const limitFault = limit > 0 && count > limit ? `${count} targets exceed target_limit ${limit}` : undefined;
      for (const target of resolved.targets) {
        const identity = identities.get(labelsKey(target.address)) ?? target.url;
        const request = visitKey(identity, requestOf(target, job.config), job.config);
        // Another interval is another scrape: an increase is that of its own.
        const { intervalMs } = target;
        const key = `${request} ${intervalMs}`;
        const visit = visits.get(key) ?? { identity: key, request, intervalMs, views: [] };
        visit.views.push({ family, job, target, fault: limitFault });
        visits.set(key, visit);
      }
    }
  }
  return { visits: [...visits.values()], faults };
}

/**
 * The same for all documents whose answer is the same: the time they grant does not count, nor does the address,
 * which a later task may have. Credentials count by reference: a key is stored, and new values change nothing.
 */
function visitKey(identity: string, request: ScrapeRequest, config: ScrapeConfig): string {
  const { url, headers, bodySizeLimit, followRedirects } = request;
  const { 'x-prometheus-scrape-timeout-seconds': _, ...asked } = headers;
  const credentials = CREDENTIAL_KEYS.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]]));
  const fallback = config.fallback_scrape_protocol;
  const answer = [url.replace(/\/\/[^/?]*/, ''), asked, bodySizeLimit, followRedirects, fallback, ...credentials];
  const digest = createHash('sha256').update(JSON.stringify(answer)).digest('base64url').slice(0, 12);
  return `${identity} ${digest}`;
}

/** What is known of the silence of targets that are not asked now. */
function silenceOf(previous: ScrapeState | undefined, visits: readonly Visit[], due: readonly Visit[]) {
  const waiting = new Set(visits.map(({ identity }) => identity));
  for (const { identity } of due) waiting.delete(identity);
  return new Map([...(previous?.silent ?? [])].filter(([identity]) => waiting.has(identity)));
}

/** The state of the visited targets, and of others until their baselines are too old to be used. */
function nextTargets(
  previous: ScrapeState | undefined,
  converted: readonly Converted[],
  oldestMs: number,
): ScrapeState['targets'] {
  const kept = [...(previous?.targets ?? [])].filter(([, { scrapedAtMs }]) => scrapedAtMs >= oldestMs);
  const targets = new Map(kept);
  for (const { identity, state } of converted) {
    if (state === undefined) targets.delete(identity);
    else targets.set(identity, state);
  }
  return targets;
}
