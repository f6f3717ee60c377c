import { Buffer } from 'node:buffer';
import { distributionFaults, isValue } from './emf-distribution.ts';

export type EmfValidatorSettings = {
  /** The time, Unix milliseconds: timestamps are at most two weeks older and two hours newer. Absent: of any time. */
  readonly nowMs?: number;
  /** Whether a line without `_aws` will do: a plain log event, which is not to become metrics. */
  readonly logEvents?: boolean;
};

/**
 * The faults of one line of the embedded metric format, as CloudWatch would see it; none for a valid line.
 * Source: the EMF specification and its JSON Schema; for namespaces, names, dimension values and the range of values
 * the PutMetricData reference and CloudWatch's concepts. Written from these documents, not from the code under test.
 *
 * One deviation: a metric target may be a distribution, which is not in the public specification (emf-distribution.ts).
 */
export function validateEmfLine(line: string): string[] {
  return faultsOf(line, {});
}

/** As validateEmfLine, with settings. */
export function emfValidator(settings: EmfValidatorSettings): (line: string) => string[] {
  return (line) => faultsOf(line, settings);
}

function faultsOf(line: string, settings: EmfValidatorSettings): string[] {
  const faults: string[] = [];
  if (/[\r\n]/.test(line)) faults.push('the line holds a line break');
  if (!line.isWellFormed()) faults.push('the line holds half a surrogate pair');
  if (Buffer.byteLength(line) > 1_048_576) faults.push('the event exceeds 1 MB');
  const root = parseObject(line);
  if (root === undefined) return [...faults, 'the line is no JSON object'];
  if (!line.startsWith('{') || !line.endsWith('}')) faults.push('the line holds more than the object');
  faults.push(...repeatedMembers(line).map((name) => `member ${name} stands twice in an object`));
  for (const name of ENTITY)
    if (root.has(name) && typeof root.get(name) !== 'string') faults.push(`entity member ${name} is no text`);
  if (settings.logEvents === true && !root.has('_aws')) {
    // The older form of EMF has its directives at the root.
    if (root.has('CloudWatchMetrics')) faults.push('a log event without _aws holds CloudWatchMetrics');
    return faults;
  }
  return [...faults, ...metadataFaults(root, settings.nowMs)];
}

/** Optional members that tell CloudWatch what the metrics are of. */
const ENTITY = ['Service', 'Environment', 'ECS.Cluster', 'ECS.Service', 'ECS.Task'];

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

const OLDEST_MS = 14 * 24 * 3_600_000;
const NEWEST_MS = 2 * 3_600_000;

function metadataFaults(root: Root, nowMs: number | undefined): string[] {
  const metadata = root.get('_aws');
  if (!isObject(metadata)) return ['_aws is no object'];
  const { Timestamp, CloudWatchMetrics, ...more } = metadata;
  const faults = unknownMembers(more).map((name) => `_aws has the unknown member ${name}`);
  if (!isTimestamp(Timestamp)) faults.push('_aws.Timestamp is no whole number of milliseconds');
  else if (nowMs !== undefined && Timestamp < nowMs - OLDEST_MS) faults.push('_aws.Timestamp is over two weeks old');
  else if (nowMs !== undefined && Timestamp > nowMs + NEWEST_MS) faults.push('_aws.Timestamp is over two hours ahead');
  if (!Array.isArray(CloudWatchMetrics)) return [...faults, '_aws.CloudWatchMetrics is no list'];
  const directives = CloudWatchMetrics as unknown[];
  const dimensions = new Set(directives.flatMap(dimensionSetsOf).flat());
  for (const [index, directive] of directives.entries())
    faults.push(...directiveFaults(directive, root, dimensions).map((fault) => `directive ${index}: ${fault}`));
  return [...faults, ...repeatedMetrics(directives)];
}

function isTimestamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Objects that the specification defines must not have members of others. */
function unknownMembers(more: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(more).map((name) => JSON.stringify(name));
}

/** The dimension sets of a directive as far as they are lists. */
function dimensionSetsOf(directive: unknown): unknown[][] {
  const sets = isObject(directive) && Array.isArray(directive.Dimensions) ? (directive.Dimensions as unknown[]) : [];
  return sets.filter((set) => Array.isArray(set));
}

function metricNamesOf(directive: unknown): unknown[] {
  const metrics = isObject(directive) && Array.isArray(directive.Metrics) ? (directive.Metrics as unknown[]) : [];
  return metrics.map((metric) => (isObject(metric) ? metric.Name : undefined));
}

function directiveFaults(directive: unknown, root: Root, dimensions: ReadonlySet<unknown>): string[] {
  if (!isObject(directive)) return ['is no object'];
  const { Namespace, Dimensions, Metrics, ...more } = directive;
  const faults = unknownMembers(more).map((name) => `has the unknown member ${name}`);
  faults.push(...namespaceFaults(Namespace));
  if (!Array.isArray(Dimensions) || Dimensions.length === 0) faults.push('Dimensions is no list of at least one set');
  else for (const set of Dimensions as unknown[]) faults.push(...dimensionSetFaults(set, root));
  if (hasRepeat(dimensionSetsOf(directive).map(setKey))) faults.push('a dimension set stands twice');
  if (!Array.isArray(Metrics)) return [...faults, 'Metrics is no list'];
  if (Metrics.length > 100) faults.push(`${Metrics.length} metrics exceed 100`);
  for (const metric of Metrics as unknown[]) faults.push(...metricFaults(metric, root, dimensions));
  if (hasRepeat(metricNamesOf(directive))) faults.push('a metric stands twice');
  return faults;
}

/** The schema of EMF allows 1,024 characters, PutMetricData 255; AWS/ is for AWS. */
function namespaceFaults(namespace: unknown): string[] {
  if (!isText(namespace, 255)) return ['Namespace is no text of 1 to 255 characters'];
  if (!/^[A-Za-z0-9._/#: -]*$/.test(namespace))
    return ['Namespace is not of letters, digits, . - _ / # : and spaces alone'];
  if (namespace.trim() === '') return ['Namespace is blank'];
  if (namespace.startsWith(':')) return ['Namespace starts with a colon'];
  return namespace.startsWith('AWS/') ? ['Namespace starts with AWS/'] : [];
}

function dimensionSetFaults(set: unknown, root: Root): string[] {
  if (!Array.isArray(set)) return ['a dimension set is no list'];
  const faults = (set as unknown[]).flatMap((name) => dimensionFaults(name, root));
  if (set.length > 30) faults.push(`a set of ${set.length} dimensions exceeds 30`);
  if (hasRepeat(set)) faults.push('a dimension stands twice in a set');
  return faults;
}

/** The order of names makes no other set. */
function setKey(set: readonly unknown[]): string {
  return JSON.stringify(set.map(String).sort());
}

function hasRepeat(values: readonly unknown[]): boolean {
  return new Set(values).size !== values.length;
}

/** Metrics that two directives declare for one namespace and dimension set: CloudWatch would count the value twice. */
function repeatedMetrics(directives: readonly unknown[]): string[] {
  const declared = new Set<string>();
  const repeated = new Set<string>();
  for (const directive of directives) {
    const { Namespace } = isObject(directive) ? directive : {};
    const sets = dimensionSetsOf(directive).map(setKey);
    const own = metricNamesOf(directive).flatMap((name) => sets.map((set) => JSON.stringify([Namespace, set, name])));
    for (const key of own) if (declared.has(key)) repeated.add(key);
    for (const key of own) declared.add(key);
  }
  return [...repeated].map((key) => `two directives declare ${key}`);
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

function metricFaults(metric: unknown, root: Root, dimensions: ReadonlySet<unknown>): string[] {
  if (!isObject(metric)) return ['a metric is no object'];
  const { Name, Unit, StorageResolution, ...more } = metric;
  if (!isText(Name, 1024)) return [`metric ${JSON.stringify(Name)} is no text of 1 to 1024 characters`];
  const faults = unknownMembers(more).map((name) => `metric ${Name} has the unknown member ${name}`);
  if (!/^[\x20-\x7e]+$/.test(Name)) faults.push(`metric name ${JSON.stringify(Name)} is not printable ASCII`);
  if (Unit !== undefined && !UNITS.includes(Unit)) faults.push(`metric ${Name} has the unit ${JSON.stringify(Unit)}`);
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60)
    faults.push(`metric ${Name} has the storage resolution ${JSON.stringify(StorageResolution)}`);
  // One root member cannot be a text and a number.
  if (dimensions.has(Name)) return [...faults, `metric ${Name} is a dimension too`];
  return [...faults, ...targetFaults(root.get(Name)).map((fault) => `metric ${Name} ${fault}`)];
}

function targetFaults(value: unknown): string[] {
  if (isObject(value)) return distributionFaults(value);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.length > 100) return [`has ${values.length} values`];
  if (!values.every((each) => typeof each === 'number')) return ['has no number as root member'];
  return values.every(isValue) ? [] : ['is beyond 2^360'];
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

/** Names that one object holds more than once: JSON.parse keeps the last one in silence. */
function repeatedMembers(line: string): string[] {
  const twice: string[] = [];
  /** The names seen in each object or list that is open. */
  const open: Set<string>[] = [];
  // Strings whole, with what makes them a name; or a bracket.
  for (const [token, text, colon] of line.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (text !== undefined && colon !== undefined) {
      const name = JSON.parse(text) as string;
      const seen = open.at(-1);
      if (seen?.has(name)) twice.push(name);
      seen?.add(name);
    }
  }
  return twice;
}
