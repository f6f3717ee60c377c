import { Buffer } from 'node:buffer';

/**
 * The faults of one line of the embedded metric format, as CloudWatch would see it; none for a valid line.
 * Source: the EMF specification and its JSON Schema; for names, dimension values and the range of values the
 * PutMetricData reference. Written from these documents, not from the code under test.
 */
export function validateEmfLine(line: string): string[] {
  const faults: string[] = [];
  if (/[\r\n]/.test(line)) faults.push('the line holds a line break');
  if (Buffer.byteLength(line) > 1_048_576) faults.push('the event exceeds 1 MB');
  const root = parseObject(line);
  if (root === undefined) return [...faults, 'the line is no JSON object'];
  faults.push(...duplicateMembers(line).map((name) => `root member ${name} stands twice`));
  const metadata = root.get('_aws');
  if (!isObject(metadata)) return [...faults, '_aws is no object'];
  const { Timestamp, CloudWatchMetrics } = metadata;
  if (!Number.isSafeInteger(Timestamp) || (Timestamp as number) < 0)
    faults.push('_aws.Timestamp is no whole number of milliseconds');
  if (!Array.isArray(CloudWatchMetrics)) return [...faults, '_aws.CloudWatchMetrics is no list'];
  for (const [index, directive] of CloudWatchMetrics.entries())
    faults.push(...directiveFaults(directive, root).map((fault) => `directive ${index}: ${fault}`));
  return faults;
}

type Root = ReadonlyMap<string, unknown>;

/** A root member may be called __proto__, so members are kept in a map. */
function parseObject(line: string): Root | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function directiveFaults(directive: unknown, root: Root): string[] {
  if (!isObject(directive)) return ['is no object'];
  const { Namespace, Dimensions, Metrics } = directive;
  const faults: string[] = [];
  if (!isText(Namespace, 1024)) faults.push('Namespace is no text of 1 to 1024 characters');
  else if (!/^[\x20-\x7e]*$/.test(Namespace)) faults.push('Namespace is not printable ASCII');
  else if (Namespace.startsWith('AWS/')) faults.push('Namespace starts with AWS/');
  if (!Array.isArray(Dimensions) || Dimensions.length === 0) faults.push('Dimensions is no list of at least one set');
  else for (const set of Dimensions as unknown[]) faults.push(...dimensionSetFaults(set, root));
  if (!Array.isArray(Metrics)) return [...faults, 'Metrics is no list'];
  if (Metrics.length > 100) faults.push(`${Metrics.length} metrics exceed 100`);
  for (const metric of Metrics as unknown[]) faults.push(...metricFaults(metric, root));
  const names = Metrics.map((metric) => (isObject(metric) ? metric.Name : undefined));
  if (new Set(names).size !== names.length) faults.push('a metric stands twice');
  return faults;
}

function dimensionSetFaults(set: unknown, root: Root): string[] {
  if (!Array.isArray(set)) return ['a dimension set is no list'];
  const faults = (set as unknown[]).flatMap((name) => dimensionFaults(name, root));
  if (set.length > 30) faults.push(`a set of ${set.length} dimensions exceeds 30`);
  if (new Set(set).size !== set.length) faults.push('a dimension stands twice in a set');
  return faults;
}

function dimensionFaults(name: unknown, root: Root): string[] {
  if (!isText(name, 250)) return [`dimension ${JSON.stringify(name)} is no text of 1 to 250 characters`];
  if (!isDimensionText(name) || name.startsWith(':')) return [`dimension name ${JSON.stringify(name)} is refused`];
  const value = root.get(name);
  if (typeof value !== 'string') return [`dimension ${name} has no text as root member`];
  if (!isText(value, 1024)) return [`the value of dimension ${name} is no text of 1 to 1024 characters`];
  return isDimensionText(value) ? [] : [`the value of dimension ${name} is not printable ASCII, or blank`];
}

/** Printable ASCII with at least one character that is not blank. */
function isDimensionText(text: string): boolean {
  return /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(text);
}

const SECONDS = ['Seconds', 'Microseconds', 'Milliseconds'];
const AMOUNTS = [
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
  'Count',
];
const UNITS: readonly unknown[] = [
  ...SECONDS,
  ...AMOUNTS,
  'Percent',
  'None',
  ...AMOUNTS.map((unit) => `${unit}/Second`),
];

function metricFaults(metric: unknown, root: Root): string[] {
  if (!isObject(metric)) return ['a metric is no object'];
  const { Name, Unit, StorageResolution } = metric;
  if (!isText(Name, 1024)) return [`metric ${JSON.stringify(Name)} is no text of 1 to 1024 characters`];
  const faults: string[] = [];
  if (!/^[\x20-\x7e]+$/.test(Name)) faults.push(`metric name ${JSON.stringify(Name)} is not printable ASCII`);
  if (Unit !== undefined && !UNITS.includes(Unit)) faults.push(`metric ${Name} has the unit ${JSON.stringify(Unit)}`);
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60)
    faults.push(`metric ${Name} has the storage resolution ${JSON.stringify(StorageResolution)}`);
  const value = root.get(Name);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.length > 100) faults.push(`metric ${Name} has ${values.length} values`);
  if (!values.every((each) => typeof each === 'number')) faults.push(`metric ${Name} has no number as root member`);
  else if (values.some((each) => Math.abs(each as number) > 2 ** 360)) faults.push(`metric ${Name} is beyond 2^360`);
  return faults;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

/** Names that the root object holds more than once: JSON.parse keeps the last one in silence. */
function duplicateMembers(line: string): string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  let depth = 0;
  // Strings whole, with what makes them a name; or a bracket.
  for (const [token, text, colon] of line.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && text !== undefined && colon !== undefined) {
      const name = JSON.parse(text) as string;
      if (seen.has(name)) twice.push(name);
      seen.add(name);
    }
  }
  return twice;
}
