import type { Exposition } from '../prometheus/exposition.ts';
import type { HistogramValues } from '../prometheus/histogram.ts';
import { type LabelNumbers, labelNumbers } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import { type Sample, seriesKeyOf } from '../prometheus/samples.ts';
import type { DropReason } from './drop-reason.ts';
import type { EmissionRules } from './emission-rules.ts';
import { addBucket, addValue, type HistogramParts, type HistogramsByKey, histogramValues } from './histogram-parts.ts';
import { memoisedPairs } from './memo.ts';
import { unitOfMetadata } from './metadata-unit.ts';
import type { Select, Selection } from './metric-declaration.ts';
import { emittedLabels, labelsThatLeave, sampleTypes, type TypedSample } from './typed-sample.ts';

/** A metric on its way, with what selects it. */
export type Candidate = {
  readonly name: string;
  readonly labels: Labels;
  readonly selection: Selection | undefined;
  /** What of the exposition it comes from, unambiguous within its target. */
  readonly seriesKey: string;
  readonly timestampMs: number | undefined;
  /** The CloudWatch unit that the target's metadata gives. */
  readonly unit: string | undefined;
  readonly source: CandidateSource;
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
  /** The histograms and summaries that candidates need, by key. */
  readonly histograms: ReadonlyMap<string, HistogramValues>;
};

type Consider = (typed: TypedSample, metric: Pick<Candidate, 'name' | 'labels' | 'seriesKey' | 'source'>) => void;

/** `metric` is one of those concerned, with its labels. */
export type Drop = (reason: DropReason, metric: string, labels: Labels) => void;

/** What rules made of label sets that are one object. */
export type SelectMemory = {
  readonly leaving: ReturnType<typeof labelsThatLeave>;
  readonly selectionOf: (select: Select, labels: Labels) => Selection | undefined;
  readonly numbers: LabelNumbers;
};

export function selectMemory(rules: EmissionRules, numbers = labelNumbers()): SelectMemory {
  const selectionOf = memoisedPairs((select: Select, labels: Labels) => select(labels));
  return { leaving: labelsThatLeave(rules), selectionOf, numbers };
}

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
  { leaving, selectionOf, numbers }: SelectMemory = selectMemory(rules),
): Candidates {
  const parts = new Map<string, HistogramParts>();
  const found: Candidate[] = [];
  const typeOf = sampleTypes(exposition.types, rules);
  const consider: Consider = (typed, { name, labels, seriesKey, source }) => {
    const select = rules.declarations.selectorOf(name);
    const selection = select && selectionOf(select, labels);
    if (selection === undefined && rules.unselected === 'drop') return;
    const unit = unitOf(typed, exposition, rules);
    found.push({ name, labels, selection, seriesKey, timestampMs: typed.sample.timestampMs, unit, source });
  };
  for (const sample of samples) {
    if (!rules.wants(sample.name)) continue;
    const { family, type, kind } = typeOf(sample);
    const typed = { sample, family, type, kind, labels: leaving(sample.finalLabels, type) };
    const source = sourceOf(typed, exposition, parts);
    if (source === undefined) continue;
    if (typeof source === 'string' || (typed.kind === 'untyped' && rules.untyped === 'drop')) {
      if (isSelected(typed, rules)) drop(typeof source === 'string' ? source : 'untyped', sample.name, typed.labels);
    } else {
      consider(typed, { name: sample.name, labels: typed.labels, seriesKey: sample.seriesKey, source });
    }
  }
  for (const histogram of parts.values()) considerHistogram(histogram, rules, consider, drop);
  const candidates = withoutDuplicates(found, drop, numbers);
  return { candidates, histograms: histogramsOf(candidates, parts) };
}

/** A bucket is selected with its histogram too. */
function isSelected({ sample, kind, labels }: TypedSample, { unselected, declarations }: EmissionRules): boolean {
  const isNamed = (name: string) => declarations.select(name, labels) !== undefined;
  return unselected === 'log' || isNamed(sample.name) || (kind === 'bucket' && isNamed(histogramName(sample.name)));
}

/**
 * Where the value of a sample's own metric comes from; parts of histograms are kept in `parts`, and a bucket is no
 * metric of its own.
 */
function sourceOf(
  typed: TypedSample,
  exposition: Pick<Exposition, 'created'>,
  parts: HistogramsByKey,
): CandidateSource | DropReason | undefined {
  const { sample, family, kind, type } = typed;
  switch (kind) {
    case 'gauge':
    case 'untyped':
      return { kind: 'gauge', value: sample.value };
    case 'counter': {
      const { created } = exposition;
      const createdMs = created.size === 0 ? undefined : created.get(seriesKeyOf(family, sample.labels));
      return { kind: 'counter', seriesKey: sample.seriesKey, value: sample.value, createdMs };
    }
    case 'sum':
    case 'count': {
      if (kind === 'count' && type !== 'gaugehistogram' && sample.value < 0) return 'negative_counter';
      const { key } = addValue(typed, kind, exposition, parts);
      if (type === 'gaugehistogram' || !Number.isFinite(sample.value)) return { kind: 'gauge', value: sample.value };
      return { kind, histogramKey: key };
    }
    case 'bucket':
      return addBucket(typed, exposition, parts) === undefined ? 'malformed_histogram' : undefined;
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
function considerHistogram(
  { key, type, firstBucket, bucketLabels: labels = new Map(), ...parts }: HistogramParts,
  rules: EmissionRules,
  consider: Consider,
  drop: Drop,
): void {
  if (firstBucket === undefined) return;
  const { sample } = firstBucket;
  const name = histogramName(sample.name);
  const isWanted = rules.unselected === 'log' || rules.declarations.select(name, labels) !== undefined;
  if (!isWanted) {
    if (isSelected(firstBucket, rules)) drop('histogram_bucket', sample.name, firstBucket.labels);
    return;
  }
  const values = histogramValues(parts);
  if (rules.histograms === 'drop') drop('histogram', name, labels);
  else if (values.buckets === undefined) drop('malformed_histogram', name, labels);
  else {
    const isGauge = type === 'gaugehistogram';
    const source = isGauge
      ? ({ kind: 'current', values } as const)
      : ({ kind: 'observations', histogramKey: key } as const);
    consider(firstBucket, { name, labels, seriesKey: key, source });
  }
}

/** A count is one of observations, whatever their unit. */
function unitOf(
  { family, kind }: TypedSample,
  { units }: Pick<Exposition, 'units'>,
  { profile }: EmissionRules,
): string | undefined {
  const unit = units.size === 0 ? undefined : units.get(family);
  if (unit === undefined || kind === 'count' || profile === 'cloudwatch-agent') return undefined;
  return unitOfMetadata(unit);
}

/** Metrics of these names and values about the scrape of a target. */
export function reportCandidates(
  targetLabels: Labels,
  rules: EmissionRules,
  values: Readonly<Record<string, number>>,
): Candidate[] {
  const labels = emittedLabels(targetLabels, 'gauge', rules);
  return Object.entries(values).flatMap(([name, value]) => {
    const selection = rules.declarations.select(name, labels);
    if (selection === undefined) return [];
    const source = { kind: 'gauge', value } as const;
    return [{ name, labels, selection, seriesKey: name, timestampMs: undefined, unit: undefined, source }];
  });
}

function withoutDuplicates(candidates: readonly Candidate[], drop: Drop, { numberOf }: LabelNumbers): Candidate[] {
  const seen = new Map<string, Set<number>>();
  return candidates.filter(({ name, labels }) => {
    const sets = seen.get(name) ?? new Set<number>();
    const number = numberOf(labels);
    const isNew = !sets.has(number);
    if (isNew) seen.set(name, sets.add(number));
    else drop('duplicate', name, labels);
    return isNew;
  });
}

function histogramsOf(candidates: readonly Candidate[], parts: ReadonlyMap<string, HistogramParts>) {
  const needed = new Map<string, HistogramValues>();
  for (const { source } of candidates) {
    const histogram = 'histogramKey' in source ? parts.get(source.histogramKey) : undefined;
    if (histogram !== undefined) needed.set(histogram.key, histogramValues(histogram));
  }
  return needed;
}
