const UNITS: ReadonlyMap<string, string> = new Map([
  ['seconds', 'Seconds'],
  ['milliseconds', 'Milliseconds'],
  ['microseconds', 'Microseconds'],
  ['bytes', 'Bytes'],
  ['kilobytes', 'Kilobytes'],
  ['megabytes', 'Megabytes'],
  ['gigabytes', 'Gigabytes'],
  ['terabytes', 'Terabytes'],
  ['bits', 'Bits'],
  ['percent', 'Percent'],
]);

/**
 * The CloudWatch unit of an OpenMetrics unit; undefined where CloudWatch has none, as for ratios from 0 to 1.
 * Source: OpenMetrics, UNIT metadata; PutMetricData, Unit.
 */
export function unitOfMetadata(unit: string): string | undefined {
  return UNITS.get(unit);
}
