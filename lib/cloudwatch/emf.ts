import { type Labels, labelsKey } from '../prometheus/labels.ts';
import {
  ENVELOPE,
  isDimensionText,
  MAX_DIMENSION_VALUE_LENGTH,
  MAX_LINE_BYTES,
  MAX_METRIC_NAME_LENGTH,
  MAX_METRICS_PER_DIRECTIVE,
} from './limits.ts';

/** One value on its way out: a metric where it has dimension sets, a plain field of a log document otherwise. */
export type Emission = {
  readonly namespace: string;
  readonly labels: Labels;
  readonly name: string;
  readonly value: number;
  /** Unix milliseconds. */
  readonly timestampMs: number;
  readonly dimensionSets: readonly (readonly string[])[];
  readonly unit: string | undefined;
  readonly storageResolution: 1 | 60;
  readonly logGroupName: string;
  readonly logStreamName: string;
};

/** One EMF document as it is written: `line` is JSON without a line break. */
export type EmfDocument = {
  readonly line: string;
  readonly timestampMs: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** How many metrics CloudWatch reads from it. */
  readonly metrics: number;
};

/** Why a value was not emitted as a metric. */
export type EmissionFault = 'reserved_name' | 'metric_name' | 'dimension_value' | 'name_clash' | 'line_too_long';

/** Source: EMF specification; PutMetricData reference (ASCII, at least one non-blank character, no control characters). */
export function isDimensionValue(value: string): boolean {
  return value.length <= MAX_DIMENSION_VALUE_LENGTH && isDimensionText(value);
}

/** Whether CloudWatch takes this text as a metric's name. */
export function metricNameFault(name: string): EmissionFault | undefined {
  if (name === ENVELOPE) return 'reserved_name';
  return name.length > MAX_METRIC_NAME_LENGTH || !/^[\x20-\x7e]+$/.test(name) ? 'metric_name' : undefined;
}

/**
 * The documents of these values: one for all values of equal labels, time, namespace and log stream, split where a
 * document would hold more than 100 metrics or 60 KiB. Values of one name and label set never share a document.
 */
export function renderDocuments(
  emissions: readonly Emission[],
  onFault: (fault: EmissionFault, emission: Emission) => void,
): EmfDocument[] {
  const groups = new Map<string, Emission[]>();
  for (const emission of emissions) {
    const { namespace, timestampMs, logGroupName, logStreamName } = emission;
    const key = JSON.stringify([labelsKey(emission.labels), timestampMs, namespace, logGroupName, logStreamName]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [emission]);
    else group.push(emission);
  }
  return [...groups.values()].flatMap((group) => split(group).flatMap((part) => fitted(part, onFault)));
}

/** In order, each part without a name twice, and without a metric that has the name of another's dimension. */
function split(group: readonly Emission[]): Emission[][] {
  const parts: Emission[][] = [];
  let names = new Set<string>();
  let dimensions = new Set<string>();
  for (const emission of group) {
    const own = emission.dimensionSets.flat();
    const last = parts.at(-1);
    const clashes = names.has(emission.name) || dimensions.has(emission.name) || own.some((name) => names.has(name));
    if (last === undefined || last.length >= MAX_METRICS_PER_DIRECTIVE || clashes) {
      parts.push([emission]);
      names = new Set();
      dimensions = new Set();
    } else {
      last.push(emission);
    }
    names.add(emission.name);
    for (const name of own) dimensions.add(name);
  }
  return parts;
}

/** The part as documents that fit a line: halved while it is too long, then without labels that are no dimension. */
function fitted(part: readonly Emission[], onFault: (fault: EmissionFault, emission: Emission) => void): EmfDocument[] {
  const [first] = part;
  if (first === undefined) return [];
  const document = renderDocument(part, first, () => true);
  if (Buffer.byteLength(document.line) < MAX_LINE_BYTES) return [document];
  if (part.length > 1) {
    const middle = part.length >> 1;
    return [...fitted(part.slice(0, middle), onFault), ...fitted(part.slice(middle), onFault)];
  }
  const dimensions = new Set(first.dimensionSets.flat());
  const bare = renderDocument(part, first, (label) => dimensions.has(label));
  if (first.dimensionSets.length > 0 && Buffer.byteLength(bare.line) < MAX_LINE_BYTES) return [bare];
  onFault('line_too_long', first);
  return [];
}

/** `_aws` comes last, and nothing else may be called so; a metric wins over a label of its name. */
function renderDocument(part: readonly Emission[], shared: Emission, keeps: (label: string) => boolean): EmfDocument {
  const names = new Set(part.map(({ name }) => name));
  const fields = [...shared.labels]
    .filter(([label]) => label !== ENVELOPE && !names.has(label) && keeps(label))
    .map(([label, value]) => `${JSON.stringify(label)}:${JSON.stringify(value)}`);
  for (const { name, value } of part)
    fields.push(`${JSON.stringify(name)}:${String(Object.is(value, -0) ? 0 : value)}`);
  const directives = directivesOf(part);
  // A document without metrics is a plain log event.
  if (directives.length > 0)
    fields.push(`"${ENVELOPE}":${JSON.stringify({ Timestamp: shared.timestampMs, CloudWatchMetrics: directives })}`);
  return {
    line: `{${fields.join(',')}}`,
    timestampMs: shared.timestampMs,
    logGroupName: shared.logGroupName,
    logStreamName: shared.logStreamName,
    metrics: directives.reduce((sum, { Metrics }) => sum + Metrics.length, 0),
  };
}

type MetricDefinition = { Name: string; Unit?: string; StorageResolution?: 1 };
type Directive = { Namespace: string; Dimensions: readonly (readonly string[])[]; Metrics: MetricDefinition[] };

/** One directive for all metrics of equal dimension sets. */
function directivesOf(part: readonly Emission[]): Directive[] {
  const directives = new Map<string, Directive>();
  for (const { namespace, name, dimensionSets, unit, storageResolution } of part) {
    if (dimensionSets.length === 0) continue;
    const key = JSON.stringify(dimensionSets);
    const directive = directives.get(key) ?? { Namespace: namespace, Dimensions: dimensionSets, Metrics: [] };
    directive.Metrics.push({
      Name: name,
      ...(unit !== undefined && { Unit: unit }),
      ...(storageResolution === 1 && { StorageResolution: 1 as const }),
    });
    directives.set(key, directive);
  }
  return [...directives.values()];
}
