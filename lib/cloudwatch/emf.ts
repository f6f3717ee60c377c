import { type Labels, labelsKey } from '../prometheus/labels.ts';
import { combineEmissions, type MetricCell, type OnFault } from './combine.ts';
import type { Emission } from './emission.ts';
import { entityOf } from './entity.ts';
import { ENVELOPE, MAX_LINE_BYTES, MAX_METRICS_PER_DIRECTIVE, OLD_ENVELOPE } from './limits.ts';

/** One EMF document as it is written: `line` is JSON without a line break. */
export type EmfDocument = {
  readonly line: string;
  readonly timestampMs: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** How many metrics CloudWatch reads from it. */
  readonly metrics: number;
};

/**
 * The documents of these values: one for all metrics of equal labels, time, namespace and log stream, split where a
 * document would hold more than 100 metrics or 60 KiB. Values of equal identity share a metric (combine.ts); a metric
 * with more than 100 of them is in several documents.
 */
export function renderDocuments(emissions: readonly Emission[], onFault: OnFault): EmfDocument[] {
  const groups = new Map<string, MetricCell[]>();
  for (const cell of combineEmissions(emissions, onFault)) {
    const { namespace, timestampMs, entity, logGroupName, logStreamName } = sharedBy(cell);
    const key = JSON.stringify([labelsKey(cell.labels), timestampMs, namespace, entity, logGroupName, logStreamName]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  return [...groups.values()].flatMap((group) => split(group).flatMap((part) => fitted(part, onFault)));
}

/** What all emissions of a cell have in common. */
function sharedBy({ emissions }: MetricCell): Emission {
  return emissions[0] as Emission;
}

/** In order, each part without a name twice, and without a metric that has the name of another's dimension. */
function split(group: readonly MetricCell[]): MetricCell[][] {
  const parts: MetricCell[][] = [];
  const open: { part: MetricCell[]; names: Set<string>; dimensions: Set<string> }[] = [];
  for (const cell of group) {
    const { name } = sharedBy(cell);
    const own = cell.dimensionSets.flat();
    const takes = ({ part, names, dimensions }: (typeof open)[number]) =>
      part.length < MAX_METRICS_PER_DIRECTIVE &&
      !names.has(name) &&
      !dimensions.has(name) &&
      !own.some((dimension) => names.has(dimension));
    let room = open.find(takes);
    if (room === undefined) {
      room = { part: [], names: new Set(), dimensions: new Set() };
      parts.push(room.part);
      open.push(room);
    }
    room.part.push(cell);
    room.names.add(name);
    for (const dimension of own) room.dimensions.add(dimension);
    if (room.part.length >= MAX_METRICS_PER_DIRECTIVE) open.splice(open.indexOf(room), 1);
  }
  return parts;
}

/**
 * The part as documents that fit a line: halved while it is too long, then without labels that are no dimension, then
 * with the dimension sets halved.
 */
function fitted(part: readonly MetricCell[], onFault: OnFault): EmfDocument[] {
  const [first] = part;
  if (first === undefined) return [];
  const document = renderDocument(part, first.labels);
  if (Buffer.byteLength(document.line) < MAX_LINE_BYTES) return [document];
  if (part.length > 1) {
    const middle = part.length >> 1;
    return [...fitted(part.slice(0, middle), onFault), ...fitted(part.slice(middle), onFault)];
  }
  const { dimensionSets } = first;
  const dimensions = new Set(dimensionSets.flat());
  const bare = renderDocument(part, new Map([...first.labels].filter(([label]) => dimensions.has(label))));
  if (dimensionSets.length > 0 && Buffer.byteLength(bare.line) < MAX_LINE_BYTES) return [bare];
  if (dimensionSets.length > 1) {
    const middle = dimensionSets.length >> 1;
    const halves = [dimensionSets.slice(0, middle), dimensionSets.slice(middle)];
    return halves.flatMap((half) => fitted([{ ...first, dimensionSets: half }], onFault));
  }
  for (const emission of first.emissions) onFault('line_too_long', emission);
  return [];
}

/** `_aws` comes last, and nothing else may be called so; a metric wins over a label of its name. */
function renderDocument(part: readonly MetricCell[], labels: Labels): EmfDocument {
  const [first] = part as readonly [MetricCell];
  const { timestampMs, entity, logGroupName, logStreamName } = sharedBy(first);
  const directives = directivesOf(part);
  const taken = new Set([ENVELOPE, ...part.map((cell) => sharedBy(cell).name)]);
  if (directives.length === 0) taken.add(OLD_ENVELOPE);
  const ofEntity = entity ? entityOf(labels) : [];
  const isWhole = ofEntity.every(([name]) => !taken.has(name));
  const fields = [...new Map([...(isWhole ? ofEntity : []), ...labels])]
    .filter(([name]) => !taken.has(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  for (const cell of part) fields.push(`${JSON.stringify(sharedBy(cell).name)}:${JSON.stringify(cell.target)}`);
  // A document without metrics is a plain log event.
  if (directives.length > 0)
    fields.push(`"${ENVELOPE}":${JSON.stringify({ Timestamp: timestampMs, CloudWatchMetrics: directives })}`);
  return {
    line: `{${fields.join(',')}}`,
    timestampMs,
    logGroupName,
    logStreamName,
    metrics: directives.reduce((sum, { Metrics }) => sum + Metrics.length, 0),
  };
}

type MetricDefinition = { Name: string; Unit?: string; StorageResolution?: 1 };
type Directive = { Namespace: string; Dimensions: readonly (readonly string[])[]; Metrics: MetricDefinition[] };

/** One directive for all metrics of equal dimension sets. */
function directivesOf(part: readonly MetricCell[]): Directive[] {
  const directives = new Map<string, Directive>();
  for (const cell of part) {
    const { namespace, name, unit, storageResolution } = sharedBy(cell);
    const { dimensionSets } = cell;
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
