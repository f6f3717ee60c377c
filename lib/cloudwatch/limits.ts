/** What CloudWatch accepts. Source: EMF specification and the PutMetricData reference. */

/** The root member that makes a document EMF: no label, dimension or metric may take its place. */
export const ENVELOPE = '_aws';
/** At the root of a plain log event it would be taken for that of an older version of the format. */
export const OLD_ENVELOPE = 'CloudWatchMetrics';

/** Names and values of dimensions: printable ASCII with at least one character that is not blank. */
export function isDimensionText(text: string): boolean {
  return /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(text);
}

export function isNamespace(text: string): boolean {
  return text.length <= MAX_NAMESPACE_LENGTH && isDimensionText(text) && !/^(?:AWS\/|:)/.test(text);
}

const MAX_NAMESPACE_LENGTH = 255;
export const MAX_METRICS_PER_DIRECTIVE = 100;
/** Numbers in the array of a metric. */
export const MAX_VALUES_PER_METRIC = 100;
export const MAX_DIMENSIONS_PER_SET = 30;
export const MAX_METRIC_NAME_LENGTH = 1024;
export const MAX_DIMENSION_NAME_LENGTH = 250;
export const MAX_DIMENSION_VALUE_LENGTH = 1024;
/** The largest magnitude of a metric value. */
export const MAX_VALUE = 2 ** 360;
/** A longer write to a pipe may be torn apart, and CloudWatch would see neither half. */
export const MAX_LINE_BYTES = 60 * 1024;
export const OLDEST_TIMESTAMP_MS = 14 * 24 * 3_600_000;
export const NEWEST_TIMESTAMP_MS = 2 * 3_600_000;

/** Whether CloudWatch has a unit of this name. */
export function isUnit(text: string): boolean {
  return (UNITS as readonly string[]).includes(text);
}

export const UNITS = [
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
  'None',
] as const;
