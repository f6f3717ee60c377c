import type { DropReason } from '../../lib/cloudwatch/drop-reason.ts';
import { unitOfMetadata } from '../../lib/cloudwatch/metadata-unit.ts';
import { type Bucket, boundOf, bucketsOf, type Histogram } from './histogram.ts';
import { type Exposition, type Pair, seriesOf } from './reading.ts';
import { type Labels, type Sample, sorted } from './relabel.ts';
import type { Rules } from './rules.ts';
import { isWanted, leavingLabels, type Selection, selectionOf } from './select.ts';
import { familyOf, kindOf } from './type.ts';

/** A metric on its way, before its value is known. */
export type Candidate = {
  readonly name: string;
  readonly labels: Labels;
  readonly selection: Selection | undefined;
  /** What of the exposition it comes from. */
  readonly series: string;
  readonly timestampMs: number | undefined;
  readonly unit: string | undefined;
  readonly source: Source;
};

export type Source =
  | { readonly kind: 'gauge'; readonly value: number }
  | { readonly kind: 'counter'; readonly value: number; readonly createdMs: number | undefined }
  /** What this part of a histogram rose by. */
  | { readonly kind: 'observations' | 'sum' | 'count'; readonly histogram: string }
  /** The buckets of a gauge histogram are what it observes now. */
  | { readonly kind: 'current'; readonly histogram: Histogram };

export type Drop = (reason: DropReason, metric: string, labels: Labels) => void;

/** What is known of a histogram, or of a summary, as its samples are met. */
type Parts = {
  readonly key: string;
  readonly buckets: Bucket[];
  firstBucket?: { readonly sample: Sample; readonly labels: Labels; readonly unit: string | undefined };
  /** Those that all buckets have, but `le`. */
  bucketLabels: Labels;
  sum?: number;
  count?: number;
  readonly isGauge: boolean;
  readonly createdMs: number | undefined;
};

export type Selected = { readonly candidates: Candidate[]; readonly histograms: ReadonlyMap<string, Histogram> };

/**
 * Step 3. The metrics that the rules let out, and the histograms that they are parts of: those of samples in the order
 * of the body, then those of histograms.
 */
export function selectSamples(samples: readonly Sample[], exposition: Exposition, rules: Rules, drop: Drop): Selected {
  const parts = new Map<string, Parts>();
  const candidates = samples
    .filter(({ name }) => isWanted(name, rules))
    .flatMap((sample) => ofSample(sample, exposition, rules, parts, drop));
  const ofHistograms = [...parts.values()].flatMap((each) => ofHistogram(each, rules, drop));
  const distinct = withoutDuplicates([...candidates, ...ofHistograms], drop);
  const needed = new Set(distinct.map(({ source }) => ('histogram' in source ? source.histogram : undefined)));
  const known = [...parts.values()].filter(({ key }) => needed.has(key));
  return { candidates: distinct, histograms: new Map(known.map((each) => [each.key, histogramOf(each)])) };
}

function histogramOf({ buckets, sum, count, createdMs }: Parts): Histogram {
  return { buckets: bucketsOf(buckets, count), sum, count, createdMs };
}

/** The candidate of a sample, if it is a metric of its own; parts of histograms are kept in `parts`. */
function ofSample(
  sample: Sample,
  exposition: Exposition,
  rules: Rules,
  parts: Map<string, Parts>,
  drop: Drop,
): Candidate[] {
  const { name, value, series, timestampMs } = sample;
  const { family, type } = familyOf(sample, exposition.types, rules);
  const kind = kindOf(sample.exposedName, family, type, rules);
  const labels = leavingLabels(sample.finalLabels, type, rules);
  const selection = selectionOf(name, labels, rules);
  const unit = unitOf(family, kind === 'count', exposition, rules);
  const metric = (source: Source): Candidate[] => {
    if (selection === undefined && !rules.logsUnselected) return [];
    return [{ name, labels, selection, series, timestampMs, unit, source }];
  };
  const dropped = (reason: DropReason): Candidate[] => {
    const isNamed = kind === 'bucket' && selectionOf(withoutBucket(name), labels, rules) !== undefined;
    if (rules.logsUnselected || selection !== undefined || isNamed) drop(reason, name, labels);
    return [];
  };
  const isGauge = type === 'gaugehistogram';
  const partsOf = (own: readonly Pair[]): Parts => {
    const key = seriesOf(family, own);
    const createdMs = createdOf(key, exposition, rules);
    const known = parts.get(key) ?? { key, buckets: [], bucketLabels: labels, isGauge, createdMs };
    parts.set(key, known);
    return known;
  };
  switch (kind) {
    case 'gauge':
      return metric({ kind, value });
    case 'untyped':
      return rules.dropsUntyped ? dropped('untyped') : metric({ kind: 'gauge', value });
    case 'counter':
      return metric({ kind, value, createdMs: createdOf(seriesOf(family, sample.labels), exposition, rules) });
    case 'sum':
    case 'count': {
      if (kind === 'count' && !isGauge && value < 0) return dropped('negative_counter');
      const known = partsOf(sample.labels);
      if (Number.isFinite(value)) known[kind] ??= value;
      // What is no number is told as such.
      return metric(isGauge || !Number.isFinite(value) ? { kind: 'gauge', value } : { kind, histogram: known.key });
    }
    case 'bucket': {
      const bound = boundOf(sample.labels);
      if (bound === undefined) return dropped('malformed_histogram');
      const known = partsOf(sample.labels.filter(([label]) => label !== 'le'));
      known.bucketLabels = inCommon(known.firstBucket === undefined ? labels : known.bucketLabels, labels);
      known.firstBucket ??= { sample, labels, unit };
      known.buckets.push([bound, value]);
      return [];
    }
    case 'histogram':
      return dropped('histogram');
    case 'unsupported':
      return dropped('unsupported_type');
    default:
      return kind satisfies never;
  }
}

/** Those of the first that the second has too; never `le`. */
function inCommon(first: Labels, second: Labels): Labels {
  return new Map([...first].filter(([name, value]) => name !== 'le' && second.get(name) === value));
}

/** The agent does not know when a series began. */
function createdOf(series: string, { created }: Exposition, { isAgent }: Rules): number | undefined {
  return isAgent ? undefined : created.get(series);
}

/** The unit that the target gives; a count is one of observations, whatever their unit. */
function unitOf(family: string, isCount: boolean, { units }: Exposition, { isAgent }: Rules): string | undefined {
  const unit = isCount || isAgent ? undefined : units.get(family);
  return unit === undefined ? undefined : unitOfMetadata(unit);
}

function withoutBucket(name: string): string {
  return name.replace(/_bucket$/, '');
}

/** The buckets of a histogram are one metric under its family's name. */
function ofHistogram(parts: Parts, rules: Rules, drop: Drop): Candidate[] {
  const { key, firstBucket, bucketLabels: labels, isGauge } = parts;
  if (firstBucket === undefined) return [];
  const { sample, unit } = firstBucket;
  const name = withoutBucket(sample.name);
  const selection = selectionOf(name, labels, rules);
  if (selection === undefined && !rules.logsUnselected) {
    const isBucketSelected = [sample.name, name].some(
      (each) => selectionOf(each, firstBucket.labels, rules) !== undefined,
    );
    if (isBucketSelected) drop('histogram_bucket', sample.name, firstBucket.labels);
    return [];
  }
  const histogram = histogramOf(parts);
  if (rules.histograms === 'drop' || histogram.buckets === undefined) {
    drop(rules.histograms === 'drop' ? 'histogram' : 'malformed_histogram', name, labels);
    return [];
  }
  const source: Source = isGauge ? { kind: 'current', histogram } : { kind: 'observations', histogram: key };
  return [{ name, labels, selection, series: key, timestampMs: sample.timestampMs, unit, source }];
}

/** Of metrics with equal names and labels the first one leaves. */
function withoutDuplicates(candidates: readonly Candidate[], drop: Drop): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ name, labels }) => {
    const series = seriesOf(name, sorted(labels));
    if (seen.has(series)) drop('duplicate', name, labels);
    const isNew = !seen.has(series);
    seen.add(series);
    return isNew;
  });
}
