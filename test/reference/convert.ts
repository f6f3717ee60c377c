import type { DropReason } from '../../lib/cloudwatch/drop-reason.ts';
import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import { printable } from '../../lib/document/problem.ts';
import type { FamilyConfig } from '../../lib/documents.ts';
import type { ScrapeJob, ScrapeTarget } from '../../lib/prometheus/target.ts';
import { type Candidate, selectSamples } from './candidate.ts';
import { combine } from './combine.ts';
import { type Metric, metricOf, worthOf } from './emit.ts';
import type { Histogram } from './histogram.ts';
import { readBody } from './read.ts';
import { type Exposition, Refusal, seriesOf } from './reading.ts';
import { type Labels, needsEveryLabel, relabelSamples } from './relabel.ts';
import { render } from './render.ts';
import { type Memory, NO_RISES, type Rises, risesOf, type Scraped } from './rise.ts';
import { aggregationOf, type Rules, rulesOf } from './rules.ts';
import { isWanted, leavingLabels, selectionOf } from './select.ts';

/** What one family's documents say of a target. */
export type View = {
  readonly config: FamilyConfig;
  readonly job: ScrapeJob;
  readonly target: ScrapeTarget;
};

/** An answer, and everybody whom it is for. */
export type Visit = {
  readonly identity: string;
  readonly views: readonly View[];
  readonly body: Uint8Array;
  readonly contentType: string;
};

/** By identity. */
export type Memories = ReadonlyMap<string, Memory>;

export type Dropped = { readonly reason: DropReason; readonly metric: string; readonly labels: Labels };

/** What came of a view. */
export type Outcome = {
  readonly family: string;
  readonly error: string | undefined;
  readonly scraped: number;
  readonly postRelabel: number;
  readonly selected: number;
  readonly emitted: number;
  readonly dropped: readonly Dropped[];
};

export type Converted = {
  readonly documents: readonly EmfDocument[];
  readonly outcomes: readonly Outcome[];
  readonly memories: Memories;
};

type Tick = { readonly dueAt: number; readonly nowMs: number; readonly cluster: string };

/**
 * The whole conversion, as a specification that runs: what one scrape of a shard's targets becomes. Each step is a
 * file: read.ts, relabel.ts, candidate.ts (with select.ts and type.ts), rise.ts, emit.ts, combine.ts, render.ts.
 * It shares no step with lib, and has nothing that is there for speed. Left out: targets that cannot be asked,
 * intervals that share a request, and the 500,000 values that a shard remembers at the most.
 */
export function convertShard(visits: readonly Visit[], memories: Memories, tick: Tick): Converted {
  const visited = visits.map((visit) => convertVisit(visit, memories.get(visit.identity), tick));
  const views = visited.flatMap((visit) => visit.views);
  const faults = new Map<Metric, DropReason>();
  const onFault = (reason: DropReason, metric: Metric) => {
    if (!faults.has(metric)) faults.set(metric, reason);
  };
  const cells = combine(
    views.flatMap(({ metrics }) => metrics),
    onFault,
  );
  const documents = render(cells, onFault);
  const outcomes = views.map(({ metrics, dropped, ...counts }): Outcome => {
    const unwritten = [...faults].flatMap(([metric, reason]) =>
      metrics.includes(metric) ? [{ reason, metric: metric.name, labels: metric.labels }] : [],
    );
    return { ...counts, emitted: metrics.length - unwritten.length, dropped: [...dropped, ...unwritten] };
  });
  return { documents, outcomes, memories: nextMemories(visits, visited, memories, tick) };
}

const MIN_STATE_AGE_MS = 15 * 60_000;

/** How long baselines of use are kept. */
function keptMsOf({ views }: Visit, cluster: string): number {
  const kept = views.map(({ config, target }) => {
    const byInterval = Math.max(MIN_STATE_AGE_MS, 3 * target.intervalMs);
    return rulesOf(config, cluster).stateMaxAgeMs ?? byInterval;
  });
  return Math.max(...kept);
}

/** Targets that were not visited are remembered for a while. */
function nextMemories(
  visits: readonly Visit[],
  visited: readonly { readonly identity: string; readonly memory: Memory | undefined }[],
  memories: Memories,
  { nowMs, cluster }: Tick,
): Memories {
  const keptMs = Math.max(MIN_STATE_AGE_MS, ...visits.map((visit) => keptMsOf(visit, cluster)));
  const next = new Map([...memories].filter(([, { scrapedAtMs }]) => scrapedAtMs >= nowMs - keptMs));
  for (const { identity, memory } of visited) {
    if (memory === undefined) next.delete(identity);
    else next.set(identity, memory);
  }
  return next;
}

type Counts = Pick<Outcome, 'error' | 'scraped' | 'postRelabel'>;

/** What a view selects, before values are known. */
type SelectedView = Counts & {
  readonly view: View;
  readonly rules: Rules;
  readonly candidates: readonly Candidate[];
  readonly histograms: ReadonlyMap<string, Histogram>;
  readonly selected: number;
  readonly dropped: Dropped[];
};

function convertVisit(visit: Visit, before: Memory | undefined, tick: Tick) {
  const views = visit.views.map((view) => ({ view, rules: rulesOf(view.config, tick.cluster) }));
  const isAgent = views.every(({ rules }) => rules.isAgent);
  const exposition = readVisit(visit, views);
  const selected = views.map(({ view, rules }) => selectView(view, rules, exposition, visit.body));
  const { identity } = visit;
  // An answer that is refused changes nothing of what is remembered; the agent forgets the target.
  if (selected.every(({ error }) => error !== undefined))
    return { identity, views: emitViews(selected, NO_RISES, tick), memory: isAgent ? undefined : before };
  const { rises, memory } = risesOf(before, scrapedOf(selected), {
    nowMs: tick.nowMs,
    maxAgeMs: isAgent ? Number.POSITIVE_INFINITY : keptMsOf(visit, tick.cluster),
    forgetsAbsent: isAgent,
  });
  return { identity, views: emitViews(selected, rises, tick), memory };
}

/** Names that no view can use are not read, unless one of them needs all labels. */
function readVisit(
  { body, contentType }: Visit,
  views: readonly { readonly view: View; readonly rules: Rules }[],
): Exposition | Refusal {
  const isAll = views.some(({ view }) => needsEveryLabel(view.job));
  const wants = (name: string) => isAll || views.some(({ rules }) => isWanted(name, rules));
  const [first] = views.toSorted((a, b) => b.view.target.timeoutMs - a.view.target.timeoutMs);
  const fallback = first?.view.job.config.fallback_scrape_protocol;
  // The agent reads an answer without a Content-Type as text.
  return orRefusal(() =>
    readBody(body, contentType, fallback ?? (first?.rules.isAgent ? 'PrometheusText0.0.4' : undefined), wants),
  );
}

function orRefusal<T>(attempt: () => T): T | Refusal {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function selectView(view: View, rules: Rules, exposition: Exposition | Refusal, body: Uint8Array): SelectedView {
  const { job, target } = view;
  const relabeled =
    exposition instanceof Refusal ? exposition : orRefusal(() => relabelSamples(exposition, job, target.labels));
  if (exposition instanceof Refusal || relabeled instanceof Refusal) {
    const refusal = relabeled as Refusal;
    const counts = { ...countsBefore(refusal, view), error: printable(refusal.message) };
    // The size of a body that could not be read is not told.
    const candidates = reportOf(view, rules, counts, exposition instanceof Refusal ? 0 : body.length);
    return { view, rules, candidates, histograms: new Map(), selected: 0, dropped: [], ...counts };
  }
  const dropped: Dropped[] = [];
  const { candidates, histograms } = selectSamples(relabeled.samples, exposition, rules, (reason, metric, labels) =>
    dropped.push({ reason, metric, labels }),
  );
  const counts = { scraped: exposition.scraped, postRelabel: relabeled.postRelabel, error: undefined };
  const all = [...candidates, ...reportOf(view, rules, counts, body.length)];
  const selected = dropped.length + all.filter(({ selection }) => selection !== undefined).length;
  return { view, rules, candidates: all, histograms, selected, dropped, ...counts };
}

/** What was counted of an answer up to its fault. */
function countsBefore({ before, counts }: Refusal, { job, target }: View): Omit<Counts, 'error'> {
  if (before === undefined) return counts;
  const relabeled = orRefusal(() => relabelSamples(before, job, target.labels));
  return relabeled instanceof Refusal
    ? relabeled.counts
    : { scraped: before.scraped, postRelabel: relabeled.postRelabel };
}

/** The series that Prometheus adds for each scrape. */
function reportOf({ job, target }: View, rules: Rules, counts: Counts, bodyBytes: number): Candidate[] {
  if (!rules.reportSeries) return [];
  const values: [string, number][] = [
    ['up', counts.error === undefined ? 1 : 0],
    // No time passes here.
    ['scrape_duration_seconds', 0],
    ['scrape_samples_scraped', counts.scraped],
    ['scrape_samples_post_metric_relabeling', counts.postRelabel],
    ['scrape_timeout_seconds', target.timeoutMs / 1000],
    ['scrape_sample_limit', job.config.sample_limit ?? 0],
    ['scrape_body_size_bytes', bodyBytes],
  ];
  const labels = leavingLabels(target.labels, 'gauge', rules);
  return values.flatMap(([name, value]) => {
    const selection = selectionOf(name, labels, rules);
    if (selection === undefined) return [];
    const source = { kind: 'gauge', value } as const;
    return [{ name, labels, selection, series: seriesOf(name, []), timestampMs: undefined, unit: undefined, source }];
  });
}

/** What all views together compare with the last scrape. */
function scrapedOf(views: readonly SelectedView[]): Scraped {
  const counters = new Map<string, { value: number; createdMs: number | undefined }>();
  const histograms = new Map<string, Histogram>();
  const times = new Map<string, number>();
  for (const { view, rules, candidates, histograms: own } of views) {
    for (const { name, series, source, timestampMs } of candidates) {
      if (source.kind === 'counter' && Number.isFinite(source.value) && !counters.has(series))
        counters.set(series, source);
      const isTimed = source.kind === 'gauge' && comparesTimes(view, rules) && aggregationOf(name, rules)?.as !== 'sum';
      if (isTimed && timestampMs !== undefined) times.set(series, timestampMs);
    }
    for (const [key, histogram] of own) histograms.set(key, withPartsOf(histograms.get(key), histogram));
  }
  return { counters, histograms, times };
}

function comparesTimes({ job }: View, { isAgent }: Rules): boolean {
  return job.config.honor_timestamps !== false && !isAgent;
}

/** A view may know parts that another does not, or more buckets. */
function withPartsOf(known: Histogram | undefined, own: Histogram): Histogram {
  if (known === undefined) return own;
  const isMore = (known.buckets?.length ?? 0) > (own.buckets?.length ?? 0);
  return {
    buckets: isMore ? known.buckets : (own.buckets ?? known.buckets),
    sum: own.sum ?? known.sum,
    count: own.count ?? known.count,
    createdMs: own.createdMs ?? known.createdMs,
  };
}

/** Of a series, each metric with each dimension set is written once for all views. */
function emitViews(selected: readonly SelectedView[], rises: Rises, { dueAt, nowMs }: Tick) {
  const written = new Map<string, Metric[]>();
  return selected.map(({ view, rules, candidates, dropped, histograms: _, ...counts }) => {
    const honorTimestamps = view.job.config.honor_timestamps ?? true;
    const context = { rules, dueAt, nowMs, intervalMs: view.target.intervalMs, honorTimestamps };
    const own = comparesTimes(view, rules) ? rises : { ...rises, repeated: new Set<string>() };
    const metrics = candidates.flatMap((candidate): Metric[] => {
      const value = worthOf(candidate, own);
      const metric = typeof value === 'string' ? value : metricOf(candidate, value, context);
      const rest = typeof metric === 'string' ? metric : unwritten(metric, written.get(candidate.series) ?? []);
      if (typeof rest === 'string') {
        dropped.push({ reason: rest, metric: candidate.name, labels: candidate.labels });
        return [];
      }
      written.set(candidate.series, [...(written.get(candidate.series) ?? []), rest]);
      return [rest];
    });
    return { family: view.config.family, metrics, dropped, ...counts };
  });
}

/** The metric with the dimension sets in which its series was not written before. */
function unwritten(metric: Metric, before: readonly Metric[]): Metric | DropReason {
  if (metric.dimensionSets.length === 0) return metric;
  const dimensionSets = metric.dimensionSets.filter(
    (names) => !before.some((other) => isWritten(other, metric, names)),
  );
  return dimensionSets.length === 0 ? 'written_already' : { ...metric, dimensionSets };
}

function isWritten(other: Metric, { namespace, name, labels }: Metric, names: readonly string[]): boolean {
  if (other.namespace !== namespace || other.name !== name) return false;
  if (names.some((label) => other.labels.get(label) !== labels.get(label))) return false;
  return other.dimensionSets.some((set) => JSON.stringify(set) === JSON.stringify(names));
}
