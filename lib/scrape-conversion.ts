import { type Candidate, type DropReason, emissionOf, selectSamples } from './cloudwatch/convert.ts';
import type { Emission } from './cloudwatch/emf.ts';
import { printable } from './document/problem.ts';
import type { CompiledFamily } from './documents.ts';
import type { MissingDimension, ScrapeReport, TargetReport } from './explain/report.ts';
import { advanceTarget, type NoDelta, type TargetState } from './prometheus/counter-delta.ts';
import { sortedPairs } from './prometheus/labels.ts';
import { type Exposition, relabelSamples, seriesKeyOf } from './prometheus/samples.ts';
import type { ScrapeJob, ScrapeTarget } from './prometheus/target.ts';

/** Baselines outlive an outage of 15 minutes or 3 intervals, whichever is longer. */
const MIN_STATE_AGE_MS = 15 * 60_000;

/** One document's view of a target. */
export type View = { readonly family: CompiledFamily; readonly job: ScrapeJob; readonly target: ScrapeTarget };

/** One request, and every view that its answer serves. */
export type Visit = {
  readonly identity: string;
  readonly views: readonly View[];
  readonly limitFault: string | undefined;
};

/** What a visit brought back. */
export type Visited = Visit & {
  readonly durationMs: number;
  readonly exposition: Exposition | undefined;
  readonly error?: string;
};

/** A view's tally while it is converted. */
export type ViewTally = {
  readonly report: Omit<TargetReport, 'selected' | 'emitted' | 'dropped'>;
  readonly emissions: readonly Emission[];
  readonly missingDimensions: readonly MissingDimension[];
  readonly metricsByDeclaration: ReadonlyMap<number, number>;
  selected: number;
  emitted: number;
  dropped: Partial<Record<DropReason, number>>;
};

/** A visit's part of the report and the target's next state; no state: forget the target. */
export type Converted = {
  readonly identity: string;
  readonly views: readonly ViewTally[];
  readonly state: TargetState | undefined;
};

/** Turns what a visit brought back into emissions, without any I/O. */
export function convertVisit(
  visit: Visited,
  previous: TargetState | undefined,
  dueAt: number,
  nowMs: number,
): Converted {
  const isAgent = visit.views.every(({ family }) => family.rules.profile === 'cloudwatch-agent');
  const selected = visit.views.map((view) => selectView(view, visit));
  const readable = selected.some(({ error }) => error === undefined);
  if (!readable) {
    // The agent forgets a target that fails; the increase over an outage is kept otherwise.
    const views = selected.map(({ view, error }) => tallyOf(view, visit, error, [], [], {}));
    return { identity: visit.identity, views, state: isAgent ? undefined : previous };
  }
  const counters = selected.flatMap(({ candidates }) => countersOf(candidates, visit.exposition));
  const intervalMs = Math.max(...visit.views.map(({ target }) => target.intervalMs));
  const maxAgeMs = isAgent ? Number.POSITIVE_INFINITY : Math.max(MIN_STATE_AGE_MS, 3 * intervalMs);
  const { deltas, state } = advanceTarget(previous, counters, { nowMs, maxAgeMs, forgetAbsent: isAgent });
  const written = new Set<string>();
  const views = selected.map(({ view, candidates, dropped, error }) => {
    const context = {
      rules: view.family.rules,
      dueAt,
      nowMs,
      storageResolution: !isAgent && view.target.intervalMs < 60_000 ? (1 as const) : (60 as const),
      honorTimestamps: view.job.config.honor_timestamps ?? true,
    };
    const drop = (reason: DropReason) => {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    };
    const metricsByDeclaration = new Map<number, number>();
    const emissions = candidates.flatMap((candidate) => {
      const emission = emissionOf(candidate, valueOf(candidate, deltas), context, drop);
      if (emission === undefined) return [];
      const once = unwrittenSets(emission, candidate, written);
      if (once === undefined) return [];
      for (const declaration of candidate.selection?.declarations ?? [])
        metricsByDeclaration.set(declaration, (metricsByDeclaration.get(declaration) ?? 0) + 1);
      return [once];
    });
    const tally = tallyOf(view, visit, error, candidates, emissions, dropped);
    return { ...tally, metricsByDeclaration };
  });
  return { identity: visit.identity, views, state };
}

function selectView(view: View, { exposition, error }: Visited) {
  const dropped: Partial<Record<DropReason, number>> = {};
  const nothing = { view, candidates: [] as Candidate[], dropped };
  if (exposition === undefined) return { ...nothing, error: error ?? 'not scraped' };
  try {
    const { samples } = relabelSamples(exposition, view.job, view.target.labels);
    const candidates = selectSamples(samples, exposition.types, view.family.rules, (reason) => {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    });
    return { view, candidates, dropped, error: undefined };
  } catch (fault) {
    return { ...nothing, error: printable(fault instanceof Error ? fault.message : String(fault)) };
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

function valueOf({ kind, sample }: Candidate, deltas: ReadonlyMap<string, number | NoDelta>): number | NoDelta {
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
  { family, job, target }: View,
  visit: Visited,
  error: string | undefined,
  candidates: readonly Candidate[],
  emissions: readonly Emission[],
  dropped: Partial<Record<DropReason, number>>,
): ViewTally {
  const dropCount = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return {
    report: {
      family: family.family,
      job: job.config.job_name,
      url: target.url,
      up: error === undefined,
      ...(error !== undefined && { error }),
      durationMs: visit.durationMs,
      scraped: visit.exposition?.scraped ?? 0,
    },
    emissions,
    missingDimensions: missingDimensionsOf(family.family, candidates),
    metricsByDeclaration: new Map(),
    selected: Math.max(candidates.length, emissions.length + dropCount),
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

export function rulesOf(views: readonly ViewTally[]): ScrapeReport['metricsByRule'] {
  const counts = new Map<string, { family: string; declaration: number; metrics: number }>();
  for (const { report, metricsByDeclaration } of views) {
    for (const [declaration, metrics] of metricsByDeclaration) {
      const key = `${declaration} ${report.family}`;
      const count = counts.get(key) ?? { family: report.family, declaration, metrics: 0 };
      counts.set(key, { ...count, metrics: count.metrics + metrics });
    }
  }
  return [...counts.values()];
}
