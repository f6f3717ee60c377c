import type { CounterSample } from '../prometheus/counter-delta.ts';
import type { Exposition } from '../prometheus/exposition.ts';
import type { HistogramValues } from '../prometheus/histogram.ts';
import { type LabelNumbers, labelNumbers } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import { OrderedMap } from '../prometheus/ordered-map.ts';
import { type Sample, type Series, seriesKeyOf } from '../prometheus/samples.ts';
import { type CandidateSeries, keyOf } from './candidate-series.ts';
import { metricOf, storageResolutionOf } from './convert.ts';
import type { DropReason } from './drop-reason.ts';
import type { Metric } from './emission.ts';
import type { EmissionRules } from './emission-rules.ts';
import { addBucket, addValue, type HistogramParts, type HistogramsByKey, histogramValues } from './histogram-parts.ts';
import { type PairNumbers, pairNumbers } from './metric-places.ts';
import { type KnownTypes, labelsThatLeave, type SampleType, sampleTypes } from './typed-sample.ts';

type Named = Pick<CandidateSeries, 'name' | 'labels' | 'origin'>;

/** A metric on its way, with what selects it. */
export type Candidate = CandidateSource & {
  readonly series: CandidateSeries;
  readonly timestampMs: number | undefined;
};

/** Where the value of a candidate comes from. */
export type CandidateSource =
  | { readonly kind: 'gauge'; readonly value: number }
  | {
      readonly kind: 'counter';
      readonly seriesKey: string;
      readonly value: number;
      readonly createdMs: number | undefined;
    }
  /** A part of what a histogram or summary rose by. */
  | { readonly kind: 'observations' | 'sum' | 'count'; readonly histogramKey: string }
  /** The observations of a gauge histogram. */
  | { readonly kind: 'current'; readonly values: HistogramValues };

export type Candidates = {
  readonly candidates: readonly Candidate[];
  /** How many of them declarations select. */
  readonly selected: number;
  /** The counters among them that have a number. */
  readonly counters: readonly CounterSample[];
  /** The histograms and summaries that candidates need, by key. */
  readonly histograms: ReadonlyMap<string, HistogramValues>;
};

/** `metric` is one of those concerned, with its labels. */
export type Drop = (reason: DropReason, metric: string, labels: Labels) => void;

/** What rules made of the series of a target, found by those that are one object. */
export type SelectMemory = {
  readonly storageResolution: 1 | 60;
  readonly types: KnownTypes;
  readonly selected: OrderedMap<Series, CandidateSeries>;
  /** Of histograms by key, and of the series that are added for each scrape by name. */
  readonly others: Map<string, CandidateSeries>;
  readonly leaving: ReturnType<typeof labelsThatLeave>;
  readonly labelNumbers: LabelNumbers;
  /** Of candidate series, by name and by the number of their labels. */
  readonly numbers: PairNumbers<string>;
  /** The scrape in which each was found last, by its number. */
  readonly seen: number[];
  scrapes: number;
};

export function selectMemory(rules: EmissionRules, intervalMs: number, numbers = labelNumbers()): SelectMemory {
  return {
    storageResolution: storageResolutionOf(rules, intervalMs),
    types: new Map(),
    selected: new OrderedMap(),
    others: new Map(),
    leaving: labelsThatLeave(rules),
    labelNumbers: numbers,
    numbers: pairNumbers(),
    seen: [],
    scrapes: 0,
  };
}

/** What decides of candidates. */
type Selecting = { readonly rules: EmissionRules; readonly memory: SelectMemory };

/**
 * The metrics that the rules let out: selected ones, or all where unselected samples are logged. A histogram is
 * selected by its family's name; its sum and its count are metrics of their own. Later metrics with the name and labels
 * of an earlier one are dropped as duplicates.
 */
export function selectSamples(
  samples: readonly Sample[],
  exposition: Pick<Exposition, 'types' | 'units' | 'created'>,
  rules: EmissionRules,
  drop: Drop,
  memory: SelectMemory,
): Candidates {
  const parts = new Map<string, HistogramParts>();
  const candidates: Candidate[] = [];
  const repeated: Candidate[] = [];
  const counters: CounterSample[] = [];
  let selected = 0;
  const selecting = { rules, memory };
  memory.scrapes += 1;
  const add = (candidate: Candidate) => {
    const { series } = candidate;
    if (memory.seen[series.number] === memory.scrapes) {
      repeated.push(candidate);
      return;
    }
    memory.seen[series.number] = memory.scrapes;
    candidates.push(candidate);
    if (series.selection !== undefined) selected += 1;
    if (candidate.kind === 'counter' && Number.isFinite(candidate.value)) counters.push(candidate);
  };
  const typeOf = sampleTypes(exposition, rules, memory.types);
  for (const sample of samples) {
    const type = typeOf(sample.exposedName, sample.ownType);
    const series = selectedOf(sample.series, type, selecting);
    if (series.role === 'unwanted') continue;
    const candidate = candidateOf(sample, series, exposition, rules, parts);
    if (candidate === undefined) continue;
    if (typeof candidate !== 'string') add(candidate);
    else if (isSelected(series, rules)) drop(candidate, series.name, series.labels);
  }
  for (const histogram of parts.values()) {
    const candidate = histogramCandidate(histogram, selecting, drop);
    if (candidate !== undefined) add(candidate);
  }
  for (const { series } of repeated) drop('duplicate', series.name, series.labels);
  return { candidates, selected, counters, histograms: histogramsOf(candidates, parts) };
}

function selectedOf(series: Series, type: SampleType, selecting: Selecting): CandidateSeries {
  const { rules, memory } = selecting;
  const known = memory.selected.get(series);
  if (known?.type === type) return known;
  const { name, finalLabels } = series;
  const found = rules.wants(name)
    ? candidateSeries(
        { name, labels: memory.leaving(finalLabels, type.type), origin: series },
        type,
        'number',
        selecting,
      )
    : noCandidate('unwanted', { name, labels: finalLabels, origin: series }, type);
  memory.selected.set(series, found);
  return found;
}

/** What nothing selects is a candidate where it is not to be dropped. */
function candidateSeries(
  named: Named,
  type: SampleType,
  form: Metric['form'],
  { rules, memory }: Selecting,
): CandidateSeries {
  const { name, labels } = named;
  const select = rules.declarations.selectorOf(name);
  const selection = select?.(labels);
  const isUnselected = selection === undefined && rules.unselected === 'drop';
  if (isUnselected || type.kind === 'bucket') return noCandidate('unselected', named, type);
  const metric = metricOf({ name, labels, selection, unit: type.unit }, form, rules, memory.storageResolution);
  const isFault = typeof metric === 'string';
  return {
    role: 'candidate',
    type,
    name,
    labels,
    number: memory.numbers.numberOf(name, memory.labelNumbers.numberOf(labels)),
    selection,
    // Counters need their key in each scrape.
    origin: type.kind === 'counter' ? keyOf(named) : named.origin,
    metric: isFault ? undefined : metric,
    fault: isFault ? metric : undefined,
    isTimed: rules.aggregateOf(name)?.as !== 'sum',
  };
}

function noCandidate(
  role: 'unselected' | 'unwanted',
  { name, labels, origin }: Named,
  type: SampleType,
): CandidateSeries {
  const none = undefined;
  return { role, type, name, labels, number: -1, selection: none, origin, metric: none, fault: none, isTimed: true };
}

/** A bucket is selected with its histogram too. */
function isSelected(
  { name, labels, type }: Pick<CandidateSeries, 'name' | 'labels' | 'type'>,
  { unselected, declarations }: EmissionRules,
): boolean {
  const isNamed = (metric: string) => declarations.select(metric, labels) !== undefined;
  return unselected === 'log' || isNamed(name) || (type.kind === 'bucket' && isNamed(histogramName(name)));
}

/**
 * The candidate of a sample, or why it can be none; undefined where nothing selects it. Parts of histograms are kept in
 * `parts`, and a bucket is no metric of its own.
 */
function candidateOf(
  sample: Sample,
  series: CandidateSeries,
  { created }: Pick<Exposition, 'created'>,
  rules: EmissionRules,
  parts: HistogramsByKey,
): Candidate | DropReason | undefined {
  const { value, timestampMs } = sample;
  const { type, role } = series;
  const { kind } = type;
  switch (kind) {
    case 'untyped':
    case 'gauge':
      if (kind === 'untyped' && rules.untyped === 'drop') return 'untyped';
      return role === 'candidate' ? { kind: 'gauge', value, series, timestampMs } : undefined;
    case 'counter': {
      if (role !== 'candidate') return undefined;
      const createdMs =
        created.size === 0 ? undefined : created.get(seriesKeyOf(type.family, sample.series.exposedLabels));
      return { kind, seriesKey: keyOf(series), value, createdMs, series, timestampMs };
    }
    case 'sum':
    case 'count': {
      const isGauge = type.type === 'gaugehistogram';
      if (kind === 'count' && !isGauge && value < 0) return 'negative_counter';
      const { key } = addValue(sample, series, kind, created, parts);
      if (role !== 'candidate') return undefined;
      if (isGauge || !Number.isFinite(value)) return { kind: 'gauge', value, series, timestampMs };
      return { kind, histogramKey: key, series, timestampMs };
    }
    case 'bucket':
      return addBucket(sample, series, created, parts) === undefined ? 'malformed_histogram' : undefined;
    case 'histogram':
      return 'histogram';
    case 'unsupported':
      return 'unsupported_type';
    default:
      return kind satisfies never;
  }
}

const BUCKET = '_bucket';

function histogramName(bucket: string): string {
  return bucket.endsWith(BUCKET) ? bucket.slice(0, -BUCKET.length) : bucket;
}

/** The metric of a histogram's buckets has the name and the labels that relabeling left to them. */
function histogramCandidate(
  { key, type, firstBucket, timestampMs, bucketLabels: labels = new Map(), ...parts }: HistogramParts,
  selecting: Selecting,
  drop: Drop,
): Candidate | undefined {
  if (firstBucket === undefined) return undefined;
  const { rules, memory } = selecting;
  const name = histogramName(firstBucket.name);
  const isWanted = rules.unselected === 'log' || rules.declarations.select(name, labels) !== undefined;
  if (!isWanted) {
    if (isSelected(firstBucket, rules)) drop('histogram_bucket', firstBucket.name, firstBucket.labels);
    return undefined;
  }
  const values = histogramValues(parts);
  if (rules.histograms === 'drop') drop('histogram', name, labels);
  else if (values.buckets === undefined) drop('malformed_histogram', name, labels);
  else {
    const known = memory.others.get(key);
    const isKnown = known?.name === name && known.type.unit === firstBucket.type.unit && areEqual(known.labels, labels);
    const ofHistogram = { ...firstBucket.type, kind: 'histogram' as const };
    const series = isKnown
      ? known
      : candidateSeries({ name, labels, origin: key }, ofHistogram, rules.histograms, selecting);
    memory.others.set(key, series);
    return type === 'gaugehistogram'
      ? { kind: 'current', values, series, timestampMs }
      : { kind: 'observations', histogramKey: key, series, timestampMs };
  }
  return undefined;
}

/** In the same order, too: documents are written in it. */
function areEqual(a: Labels, b: Labels): boolean {
  const others = [...b];
  return (
    a.size === b.size && [...a].every(([name, value], at) => name === others[at]?.[0] && value === others[at]?.[1])
  );
}

const GAUGE: SampleType = { family: '', type: 'gauge', kind: 'gauge', unit: undefined };

/** Metrics of these names and values about the scrape of a target. */
export function reportCandidates(
  targetLabels: Labels,
  rules: EmissionRules,
  values: Readonly<Record<string, number>>,
  memory: SelectMemory,
): Candidate[] {
  const labels = memory.leaving(targetLabels, 'gauge');
  const candidates: Candidate[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (rules.declarations.select(name, labels) === undefined) continue;
    // No key of a histogram begins with a space.
    const key = ` ${name}`;
    const series =
      memory.others.get(key) ?? candidateSeries({ name, labels, origin: name }, GAUGE, 'number', { rules, memory });
    memory.others.set(key, series);
    candidates.push({ kind: 'gauge', value, series, timestampMs: undefined });
  }
  return candidates;
}

function histogramsOf(candidates: readonly Candidate[], parts: ReadonlyMap<string, HistogramParts>) {
  const needed = new Map<string, HistogramValues>();
  for (const candidate of candidates) {
    const histogram = 'histogramKey' in candidate ? parts.get(candidate.histogramKey) : undefined;
    if (histogram !== undefined) needed.set(histogram.key, histogramValues(histogram));
  }
  return needed;
}
