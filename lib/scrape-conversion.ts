import { type Candidate, type Candidates, type Drop, reportCandidates, selectSamples } from './cloudwatch/candidate.ts';
import { keyOf } from './cloudwatch/candidate-series.ts';
import { candidateValue, emissionOf } from './cloudwatch/convert.ts';
import type { DropReason } from './cloudwatch/drop-reason.ts';
import type { Emission } from './cloudwatch/emission.ts';
import type { CompiledFamily } from './compiled-family.ts';
import { messageOf, printable } from './document/problem.ts';
import { type DropLog, logDrop } from './explain/dropped-samples.ts';
import type { MissingDimension, TargetReport } from './explain/report.ts';
import type { CounterSample } from './prometheus/counter-delta.ts';
import type { Exposition } from './prometheus/exposition.ts';
import type { HistogramValues } from './prometheus/histogram.ts';
import type { Labels } from './prometheus/labels.ts';
import { countsBefore, relabelSamples, type SampleCounts } from './prometheus/samples.ts';
import { advanceTarget, type Deltas, type ScrapedValues, type TargetState } from './prometheus/scrape-state.ts';
import type { ScrapeJob, ScrapeTarget } from './prometheus/target.ts';
import { countSelection, missingDimensionsOf, type Selections, type SetTallies, setTalliesOf } from './rule-tallies.ts';
import { type ScrapeMemory, type ViewMemory, viewMemory } from './scrape-memory.ts';
import { unwrittenSets, type Written } from './written-sets.ts';

/** Baselines outlive an outage of 15 minutes or 3 intervals, whichever is longer. */
const MIN_STATE_AGE_MS = 15 * 60_000;

/** One document's view of a target. */
export type View = {
  readonly family: CompiledFamily;
  readonly job: ScrapeJob;
  readonly target: ScrapeTarget;
  /** Why this document may not have the target at all. */
  readonly fault: string | undefined;
};

/** One request, and every view that its answer serves. */
export type Visit = {
  /** The key of its state. */
  readonly identity: string;
  /** The same for all visits that ask the same, whatever their intervals. */
  readonly request: string;
  readonly intervalMs: number;
  readonly views: readonly View[];
};

/** What a visit brought back. */
export type Visited = Visit & {
  readonly durationMs: number;
  /** Decompressed; 0 where the scrape failed. */
  readonly bodyBytes: number;
  readonly exposition: Exposition | undefined;
  /** What was thrown where there is no exposition. */
  readonly fault?: unknown;
};

/** A view's tally; `emitted` and `dropped` change when a document cannot be written. */
export type ViewTally = {
  readonly report: Omit<TargetReport, 'emitted' | 'dropped'>;
  readonly emissions: readonly Emission[];
  readonly missingDimensions: readonly MissingDimension[];
  readonly setTallies: SetTallies;
  emitted: number;
  readonly dropped: Drops;
  readonly dropLog: DropLog | undefined;
};

type Drops = Partial<Record<DropReason, number>>;

/** A visit's part of the report and the target's next state; no state: forget the target. */
export type Converted = {
  readonly identity: string;
  readonly views: readonly ViewTally[];
  readonly state: TargetState | undefined;
};

/** What a view's rules make of the exposition, before values are known. */
type SelectedView = Candidates & {
  readonly view: View;
  /** With those that were dropped, and the series of the report. */
  readonly selected: number;
  readonly counts: SampleCounts;
  readonly dropped: Drops;
  readonly dropLog: DropLog | undefined;
  readonly error: string | undefined;
};

/** How long the baselines of a target are kept that is scraped at this interval. */
export function stateAgeMs(intervalMs: number): number {
  return Math.max(MIN_STATE_AGE_MS, 3 * intervalMs);
}

/** How long the baselines of a visit are of use. */
export function keptMsOf({ views, intervalMs }: Visit): number {
  return Math.max(...views.map(({ family }) => family.rules.stateMaxAgeMs ?? stateAgeMs(intervalMs)));
}

const NO_DELTAS: Deltas = { counters: new Map(), histograms: new Map(), repeated: new Set() };

type ConversionContext = {
  readonly dueAt: number;
  readonly nowMs: number;
  /** What the request gave before; undefined where nothing else can come of it. */
  readonly written: Written | undefined;
  readonly memory: ScrapeMemory;
};

/** Turns what a visit brought back into emissions, without any I/O. */
export function convertVisit(visit: Visited, previous: TargetState | undefined, context: ConversionContext): Converted {
  const { identity } = visit;
  const isAgent = visit.views.every(({ family }) => family.rules.profile === 'cloudwatch-agent');
  const selected = visit.views.map((view) => selectView(view, visit, viewMemory(context.memory, view)));
  const emit = (deltas: Deltas) => selected.map((each) => emitView(each, visit, deltas, context));
  // The agent forgets a target that fails; otherwise the increase over an outage is kept.
  if (selected.every(({ error }) => error !== undefined))
    return { identity, views: emit(NO_DELTAS), state: isAgent ? undefined : previous };
  const maxAgeMs = isAgent ? Number.POSITIVE_INFINITY : keptMsOf(visit);
  const { deltas, state } = advanceTarget(previous, valuesOf(selected), {
    nowMs: context.nowMs,
    maxAgeMs,
    forgetAbsent: isAgent,
  });
  return { identity, views: emit(deltas), state };
}

function valuesOf(selected: readonly SelectedView[]): ScrapedValues {
  const [first] = selected;
  // Several views may have a series, and one has it once.
  const counters =
    selected.length === 1 && first !== undefined
      ? first.counters
      : firstOfEach(selected.flatMap((view) => view.counters));
  const histograms = new Map<string, HistogramValues>();
  for (const [key, values] of selected.flatMap((view) => [...view.histograms]))
    histograms.set(key, withPartsOf(histograms.get(key), values));
  return { counters, histograms, times: new Map(selected.flatMap(timesOf)) };
}

function firstOfEach(counters: readonly CounterSample[]): readonly CounterSample[] {
  const seen = new Set<string>();
  return counters.filter(({ seriesKey }) => !seen.has(seriesKey) && seen.add(seriesKey));
}

/** Whether the times that samples bring with them are honoured and compared, which the agent does not. */
function comparesTimes({ job, family }: View): boolean {
  return job.config.honor_timestamps !== false && family.rules.profile !== 'cloudwatch-agent';
}

/** The times that gauges bring with them, where they are compared: a sum has the time of its tick. */
function timesOf({ view, candidates }: SelectedView): [string, number][] {
  if (!comparesTimes(view)) return [];
  const times: [string, number][] = [];
  for (const { series, kind, timestampMs } of candidates)
    if (kind === 'gauge' && timestampMs !== undefined && series.isTimed) times.push([keyOf(series), timestampMs]);
  return times;
}

/** Each view reads the parts that it needs of a histogram, and relabeling may have left it fewer buckets. */
function withPartsOf(known: HistogramValues = {}, values: HistogramValues): HistogramValues {
  const { buckets: before = [] } = known;
  const { buckets = [] } = values;
  return { ...known, ...values, ...(before.length > buckets.length && { buckets: before }) };
}

function selectView(view: View, visited: Visited, known: ViewMemory): SelectedView {
  const { exposition } = visited;
  const drops = { dropped: {} as Drops, dropLog: view.family.debug ? (new Map() as DropLog) : undefined };
  const failed = (fault: unknown): SelectedView => {
    const counts = countsBefore(fault, view.job, view.target.labels);
    const candidates = reportOf(view, visited, false, counts, known);
    const error = printable(messageOf(fault));
    return { view, candidates, counters: [], histograms: new Map(), selected: 0, counts, ...drops, error };
  };
  if (view.fault !== undefined) return failed(new Error(view.fault));
  if (exposition === undefined) return failed(visited.fault);
  try {
    const { rules } = view.family;
    const { samples, postRelabel } = relabelSamples(exposition, view.job, view.target.labels, known.relabel);
    // The agent does not know when a series began.
    const told = rules.profile === 'cloudwatch-agent' ? { ...exposition, created: new Map() } : exposition;
    const onDrop: Drop = (reason, metric, labels) => drop(drops, reason, metric, labels);
    const found = selectSamples(samples, told, rules, onDrop, known.select);
    const counts = { scraped: exposition.scraped, postRelabel };
    const ofReport = reportOf(view, visited, true, counts, known);
    const candidates = ofReport.length === 0 ? found.candidates : [...found.candidates, ...ofReport];
    const refused = Object.values(drops.dropped).reduce((sum, drops) => sum + drops, 0);
    const selected = refused + found.selected + ofReport.length;
    return { view, ...found, candidates, selected, counts, ...drops, error: undefined };
  } catch (fault) {
    return failed(fault);
  }
}

/** The series that Prometheus adds for each scrape, where declarations may select them. */
function reportOf(
  view: View,
  { durationMs, bodyBytes }: Visited,
  up: boolean,
  counts: SampleCounts,
  known: ViewMemory,
): Candidate[] {
  const { rules } = view.family;
  if (!rules.reportSeries) return [];
  const values = {
    up: up ? 1 : 0,
    scrape_duration_seconds: durationMs / 1000,
    scrape_samples_scraped: counts.scraped,
    scrape_samples_post_metric_relabeling: counts.postRelabel,
    scrape_timeout_seconds: view.target.timeoutMs / 1000,
    scrape_sample_limit: view.job.config.sample_limit ?? 0,
    scrape_body_size_bytes: bodyBytes,
  };
  return reportCandidates(view.target.labels, rules, values, known.select);
}

/** One more drop of this metric for this reason. */
export function drop(
  { dropped, dropLog }: Pick<ViewTally, 'dropped' | 'dropLog'>,
  reason: DropReason,
  metric: string,
  labels: Labels,
): void {
  dropped[reason] = (dropped[reason] ?? 0) + 1;
  if (dropLog !== undefined) logDrop(dropLog, reason, metric, labels);
}

function emitView(
  selectedView: SelectedView,
  visit: Visited,
  deltas: Deltas,
  { dueAt, nowMs, written }: ConversionContext,
): ViewTally {
  const { view, candidates } = selectedView;
  const { rules } = view.family;
  const context = { rules, dueAt, nowMs, honorTimestamps: view.job.config.honor_timestamps ?? true };
  const known = comparesTimes(view) ? deltas : { ...deltas, repeated: new Set<string>() };
  const emissions: Emission[] = [];
  const selections: Selections = new Map();
  const lacking: Candidate[] = [];
  for (const candidate of candidates) {
    const value = candidateValue(candidate, known);
    const emission = typeof value === 'string' ? value : emissionOf(candidate, value, context);
    const unwritten =
      typeof emission === 'string' || written === undefined ? emission : unwrittenSets(emission, candidate, written);
    const { name, labels, selection } = candidate.series;
    if (selection !== undefined && selection.missing.length > 0) lacking.push(candidate);
    if (typeof unwritten === 'string') drop(selectedView, unwritten, name, labels);
    else {
      emissions.push(unwritten);
      if (selection !== undefined) countSelection(selections, unwritten.metric, selection);
    }
  }
  return tallyOf(selectedView, visit, emissions, {
    missingDimensions: missingDimensionsOf(view.family.family, lacking),
    setTallies: setTalliesOf(selections),
  });
}

function tallyOf(
  { view, selected, counts, dropped, dropLog, error }: SelectedView,
  visit: Visited,
  emissions: readonly Emission[],
  rules: Pick<ViewTally, 'missingDimensions' | 'setTallies'>,
): ViewTally {
  const family = view.family.family;
  return {
    report: {
      family,
      job: view.job.config.job_name,
      url: view.target.url,
      up: error === undefined,
      ...(error !== undefined && { error }),
      durationMs: visit.durationMs,
      bodyBytes: visit.bodyBytes,
      ...counts,
      selected,
    },
    emissions,
    ...rules,
    emitted: emissions.length,
    dropped,
    dropLog,
  };
}
