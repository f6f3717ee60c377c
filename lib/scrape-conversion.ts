import { type Candidate, type DropReason, emissionOf, selectSamples } from './cloudwatch/convert.ts';
import type { Emission } from './cloudwatch/emf.ts';
import { messageOf, printable } from './document/problem.ts';
import type { CompiledFamily } from './documents.ts';
import type { MissingDimension, RuleTally, TargetReport } from './explain/report.ts';
import { advanceTarget, type NoDelta, type TargetState } from './prometheus/counter-delta.ts';
import { sortedPairs } from './prometheus/labels.ts';
import { type Exposition, relabelSamples, seriesKeyOf } from './prometheus/samples.ts';
import type { ScrapeJob, ScrapeTarget } from './prometheus/target.ts';

/** Baselines outlive an outage of 15 minutes or 3 intervals, whichever is longer. */
const MIN_STATE_AGE_MS = 15 * 60_000;
/** Metrics of shorter intervals are stored by the second. */
const MINUTE_MS = 60_000;

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
  readonly views: readonly View[];
};

/** What a visit brought back. */
export type Visited = Visit & {
  readonly durationMs: number;
  readonly exposition: Exposition | undefined;
  readonly error?: string;
};

/** A view's tally; `emitted` and `dropped` change when a document cannot be written. */
export type ViewTally = {
  readonly report: Omit<TargetReport, 'emitted' | 'dropped'>;
  readonly emissions: readonly Emission[];
  readonly missingDimensions: readonly MissingDimension[];
  /** Metrics by setTallyKey: the declaration that selected them and the dimension set they are written with. */
  readonly setTallies: ReadonlyMap<string, number>;
  emitted: number;
  readonly dropped: Drops;
};

type Drops = Partial<Record<DropReason, number>>;

/** A visit's part of the report and the target's next state; no state: forget the target. */
export type Converted = {
  readonly identity: string;
  readonly views: readonly ViewTally[];
  readonly state: TargetState | undefined;
  /** How long the state is of use. */
  readonly maxAgeMs: number;
};

/** What a view's rules make of the exposition, before values are known. */
type SelectedView = {
  readonly view: View;
  readonly candidates: readonly Candidate[];
  readonly selected: number;
  readonly dropped: Drops;
  readonly error: string | undefined;
};

/** How long the baselines of a target are kept that is scraped at this interval. */
export function stateAgeMs(intervalMs: number): number {
  return Math.max(MIN_STATE_AGE_MS, 3 * intervalMs);
}

/** Turns what a visit brought back into emissions, without any I/O. */
export function convertVisit(
  visit: Visited,
  previous: TargetState | undefined,
  dueAt: number,
  nowMs: number,
): Converted {
  const { identity } = visit;
  const isAgent = visit.views.every(({ family }) => family.rules.profile === 'cloudwatch-agent');
  const keptMs = stateAgeMs(Math.max(...visit.views.map(({ target }) => target.intervalMs)));
  const selected = visit.views.map((view) => selectView(view, visit));
  if (selected.every(({ error }) => error !== undefined)) {
    // The agent forgets a target that fails; otherwise the increase over an outage is kept.
    const views = selected.map((each) => tallyOf(each, visit, [], new Map()));
    return { identity, views, state: isAgent ? undefined : previous, maxAgeMs: keptMs };
  }
  const counters = selected.flatMap(({ candidates }) => countersOf(candidates, visit.exposition));
  const maxAgeMs = isAgent ? Number.POSITIVE_INFINITY : keptMs;
  const { deltas, state } = advanceTarget(previous, counters, { nowMs, maxAgeMs, forgetAbsent: isAgent });
  const written = new Set<string>();
  const views = selected.map((each) => emitView(each, visit, deltas, { dueAt, nowMs, written }));
  return { identity, views, state, maxAgeMs: keptMs };
}

function selectView(view: View, { exposition, error }: Visited): SelectedView {
  const dropped: Drops = {};
  const nothing = { view, candidates: [], selected: 0, dropped };
  if (view.fault !== undefined) return { ...nothing, error: view.fault };
  if (exposition === undefined) return { ...nothing, error: error ?? 'not scraped' };
  try {
    const { samples } = relabelSamples(exposition, view.job, view.target.labels);
    const candidates = selectSamples(samples, exposition.types, view.family.rules, (reason) => count(dropped, reason));
    const refused = Object.values(dropped).reduce((sum, drops) => sum + drops, 0);
    const selected = refused + candidates.filter(({ selection }) => selection !== undefined).length;
    return { view, candidates, selected, dropped, error: undefined };
  } catch (fault) {
    return { ...nothing, error: printable(messageOf(fault)) };
  }
}

/** One more drop for this reason. */
export function count(drops: Drops, reason: DropReason): void {
  drops[reason] = (drops[reason] ?? 0) + 1;
}

/** `written` holds what other views of the visit emit already. */
function emitView(
  selectedView: SelectedView,
  visit: Visited,
  deltas: ReadonlyMap<string, number | NoDelta>,
  { dueAt, nowMs, written }: { dueAt: number; nowMs: number; written: Set<string> },
): ViewTally {
  const { view, candidates, dropped } = selectedView;
  const { rules } = view.family;
  const context = {
    rules,
    dueAt,
    nowMs,
    storageResolution:
      rules.profile === 'prom-emf' && view.target.intervalMs < MINUTE_MS ? (1 as const) : (60 as const),
    honorTimestamps: view.job.config.honor_timestamps ?? true,
  };
  const setTallies = new Map<string, number>();
  const emissions = candidates.flatMap((candidate) => {
    const emission = emissionOf(candidate, emittedValue(candidate, deltas), context, (reason) =>
      count(dropped, reason),
    );
    if (emission === undefined) return [];
    const unwritten = unwrittenSets(emission, candidate, written);
    if (unwritten === undefined) count(dropped, 'written_already');
    else countSets(setTallies, unwritten, candidate);
    return unwritten ?? [];
  });
  return tallyOf(selectedView, visit, emissions, setTallies);
}

function setTallyKey(declaration: number, names: readonly string[]): string {
  return JSON.stringify([declaration, names]);
}

function countSets(tallies: Map<string, number>, { dimensionSets }: Emission, { selection }: Candidate): void {
  const written = new Set(dimensionSets.map((names) => JSON.stringify(names)));
  for (const { declaration, dimensionSets: applicable } of selection?.applied ?? []) {
    for (const names of applicable.filter((each) => written.has(JSON.stringify(each)))) {
      const key = setTallyKey(declaration, names);
      tallies.set(key, (tallies.get(key) ?? 0) + 1);
    }
  }
}

function countersOf(candidates: readonly Candidate[], exposition: Exposition | undefined) {
  return candidates
    .filter(({ kind, sample }) => kind === 'delta' && Number.isFinite(sample.value))
    .map(({ sample, family }) => ({
      seriesKey: sample.seriesKey,
      value: sample.value,
      createdMs: exposition?.created.get(seriesKeyOf(family, sample.labels)),
    }));
}

function emittedValue({ kind, sample }: Candidate, deltas: ReadonlyMap<string, number | NoDelta>): number | NoDelta {
  return kind === 'delta' ? (deltas.get(sample.seriesKey) ?? Number.NaN) : sample.value;
}

/** The emission without dimension sets that another document of the same target has written for the same series. */
function unwrittenSets(emission: Emission, { sample }: Candidate, written: Set<string>): Emission | undefined {
  if (emission.dimensionSets.length === 0) return emission;
  const dimensionSets = emission.dimensionSets.filter((names) => {
    const dimensions = names.map((name) => [name, emission.labels.get(name)]);
    const key = JSON.stringify([sample.seriesKey, emission.namespace, emission.name, dimensions]);
    if (written.has(key)) return false;
    written.add(key);
    return true;
  });
  return dimensionSets.length === 0 ? undefined : { ...emission, dimensionSets };
}

function tallyOf(
  { view, candidates, selected, dropped, error }: SelectedView,
  visit: Visited,
  emissions: readonly Emission[],
  setTallies: ReadonlyMap<string, number>,
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
      scraped: visit.exposition?.scraped ?? 0,
      selected,
    },
    emissions,
    missingDimensions: missingDimensionsOf(family, candidates),
    setTallies,
    emitted: emissions.length,
    dropped,
  };
}

/** One diagnostic per declaration: which label it lacks, and which labels are there. */
function missingDimensionsOf(family: string, candidates: readonly Candidate[]): MissingDimension[] {
  const found = new Map<number, MissingDimension>();
  for (const { sample, labels, selection } of candidates) {
    for (const { declaration, labels: missing } of selection?.missing ?? []) {
      const known = found.get(declaration);
      const present = sortedPairs(labels).map(([name]) => name);
      const fault = known ?? { family, declaration, missing, present, metric: sample.name, samples: 0 };
      found.set(declaration, { ...fault, samples: fault.samples + 1 });
    }
  }
  return [...found.values()];
}

/** The metrics of each declaration and dimension set, in the order of families and declarations. */
export function rulesOf(views: readonly ViewTally[], families: readonly CompiledFamily[]): RuleTally[] {
  return families.flatMap(({ family, rules }) => {
    const own = views.filter(({ report }) => report.family === family);
    return [...rules.declarations.dimensionSets].flatMap(([declaration, sets]) =>
      sets.flatMap((dimensions) => {
        const key = setTallyKey(declaration, dimensions);
        const metrics = own.reduce((sum, view) => sum + (view.setTallies.get(key) ?? 0), 0);
        return metrics === 0 ? [] : [{ family, declaration, dimensions, metrics }];
      }),
    );
  });
}
