/** What CloudWatch accepts. Source: EMF specification and the PutMetricData reference. */

export const MAX_METRICS_PER_DIRECTIVE = 100;
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
