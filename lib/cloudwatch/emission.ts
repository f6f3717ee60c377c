import type { Observations } from '../prometheus/histogram.ts';
import type { Labels } from '../prometheus/labels.ts';
import { ENVELOPE, isDimensionText, MAX_DIMENSION_VALUE_LENGTH, MAX_METRIC_NAME_LENGTH } from './limits.ts';

/** What a metric is worth at one time: a number, or the observations of a histogram. */
export type MetricValue = number | Observations;

/**
 * All of an emission that is the same from scrape to scrape. It is a metric where it has dimension sets, a plain field
 * of a log document otherwise.
 */
export type Metric = {
  readonly namespace: string;
  readonly labels: Labels;
  readonly name: string;
  /** How observations are written (docs/options.md, histograms); `number`: the value is one. */
  readonly form: 'number' | 'values' | 'statistics' | 'arrays';
  /**
   * What becomes of values that CloudWatch cannot tell apart (equal namespace, dimensions, name and time): `list`, they
   * share a document; `sum`, those of equal labels are added first; `apart`, a document for each.
   */
  readonly combine: 'list' | 'sum' | 'apart';
  readonly dimensionSets: readonly (readonly string[])[];
  readonly unit: string | undefined;
  readonly storageResolution: 1 | 60;
  /** Whether the document says which ECS service it is of. */
  readonly entity: boolean;
  readonly logGroupName: string;
  readonly logStreamName: string;
};

/** One value on its way out, with its time in Unix milliseconds. */
export type Emission = { readonly metric: Metric; readonly value: MetricValue; readonly timestampMs: number };

/** Why a value was not emitted as a metric. */
export type EmissionFault =
  | 'reserved_name'
  | 'metric_name'
  | 'dimension_value'
  | 'name_clash'
  | 'out_of_range'
  | 'too_many_observations'
  | 'line_too_long';

/** Source: EMF specification; PutMetricData reference (ASCII, at least one non-blank character, no control characters). */
export function isDimensionValue(value: string): boolean {
  return value.length <= MAX_DIMENSION_VALUE_LENGTH && isDimensionText(value);
}

/** Whether CloudWatch takes this text as a metric's name. */
export function metricNameFault(name: string): EmissionFault | undefined {
  if (name === ENVELOPE) return 'reserved_name';
  return name.length > MAX_METRIC_NAME_LENGTH || !isDimensionText(name) ? 'metric_name' : undefined;
}
