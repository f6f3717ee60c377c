import type { Exposition, LabelPair, MetricType } from '../prometheus/exposition.ts';
import { parseGoFloat } from '../prometheus/go-float.ts';
import { type Bucket, bucketsOf, type HistogramValues } from '../prometheus/histogram.ts';
import { type Sample, seriesKeyOf } from '../prometheus/samples.ts';
import type { CandidateSeries } from './candidate-series.ts';
import type { SampleType } from './typed-sample.ts';

/** The parts of one histogram or summary. */
export type HistogramParts = {
  readonly key: string;
  readonly family: string;
  readonly type: MetricType;
  readonly createdMs: number | undefined;
  readonly buckets: Bucket[];
  /** The first of them, for the histogram's name, and its time. */
  firstBucket?: CandidateSeries;
  timestampMs?: number | undefined;
  /** The labels that all of them have, but `le`. */
  bucketLabels?: Map<string, string>;
  sum?: number;
  count?: number;
};

/** Histograms and summaries as far as their samples were read, by the key of their series. */
export type HistogramsByKey = Map<string, HistogramParts>;

/** Adds a sum or a count, the first of each, and gives the histogram that it belongs to. */
export function addValue(
  { series: { exposedLabels }, value }: Sample,
  { type }: CandidateSeries,
  part: 'sum' | 'count',
  created: Exposition['created'],
  parts: HistogramsByKey,
): HistogramParts {
  const histogram = partsOf(type, exposedLabels, created, parts);
  if (histogram[part] === undefined && Number.isFinite(value)) histogram[part] = value;
  return histogram;
}

/** Adds a bucket; undefined if it has no bound. */
export function addBucket(
  { series: { exposedLabels }, value, timestampMs }: Sample,
  series: CandidateSeries,
  created: Exposition['created'],
  parts: HistogramsByKey,
): HistogramParts | undefined {
  const bound = parseGoFloat(exposedLabels.find(([name]) => name === 'le')?.[1] ?? '');
  if (bound === undefined) return undefined;
  const others = exposedLabels.filter(([name]) => name !== 'le');
  const histogram = partsOf(series.type, others, created, parts);
  if (histogram.firstBucket === undefined) {
    histogram.firstBucket = series;
    histogram.timestampMs = timestampMs;
  }
  histogram.bucketLabels ??= new Map([...series.labels].filter(([name]) => name !== 'le'));
  for (const [name, text] of histogram.bucketLabels)
    if (series.labels.get(name) !== text) histogram.bucketLabels.delete(name);
  histogram.buckets.push([bound, value]);
  return histogram;
}

function partsOf(
  { family, type }: SampleType,
  labels: readonly LabelPair[],
  created: Exposition['created'],
  parts: HistogramsByKey,
): HistogramParts {
  const key = seriesKeyOf(family, labels);
  const known = parts.get(key);
  if (known !== undefined) return known;
  const histogram: HistogramParts = { key, family, type, createdMs: created.get(key), buckets: [] };
  parts.set(key, histogram);
  return histogram;
}

/** What the parts of a histogram say together; no buckets where they cannot be used. */
export function histogramValues({
  buckets,
  sum,
  count,
  createdMs,
}: Pick<HistogramParts, 'buckets' | 'sum' | 'count' | 'createdMs'>): HistogramValues {
  const usable = buckets.length === 0 ? undefined : bucketsOf(buckets, count);
  return {
    ...(usable !== undefined && { buckets: usable }),
    ...(sum !== undefined && { sum }),
    ...(count !== undefined && { count }),
    ...(createdMs !== undefined && { createdMs }),
  };
}
