import { flatText } from '../prometheus/flat-text.ts';
import { jsonString } from '../prometheus/json-string.ts';
import { labelNumbers } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import { OrderedMap } from '../prometheus/ordered-map.ts';
import { type CombineMemory, combineEmissions, emissionsOf, type MetricCell, type OnFault } from './combine.ts';
import type { Emission, Metric } from './emission.ts';
import { entityOf } from './entity.ts';
import { ENVELOPE, MAX_LINE_BYTES, MAX_METRICS_PER_DIRECTIVE, OLD_ENVELOPE } from './limits.ts';
import { memoised } from './memo.ts';
import { metricPlaces } from './metric-places.ts';
import { TimedIndexes } from './timed-indexes.ts';

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
 * with more than 100 of them is in several documents. Each is rendered when it is asked for.
 */
export function* renderDocuments(
  emissions: readonly Emission[],
  onFault: OnFault,
  memory: DocumentMemory = documentMemory(),
): Iterable<EmfDocument> {
  const cells = combineEmissions(emissions, onFault, memory);
  for (const group of alike(cells, memory)) {
    // What was one part, is one.
    const known = knownTemplate(group, memory);
    for (const part of known === undefined ? split(group) : [group]) {
      const document = renderDocument(part, known ?? templateOf(part, memory));
      if (isShort(document)) yield document;
      else yield* fitted(part, memory, onFault);
    }
  }
}

/** What is known of metrics that are one object, and of what documents have in common. */
export type DocumentMemory = CombineMemory & {
  /** A name as the first member, and as one that follows another, begins with it. */
  readonly member: (name: string) => string;
  readonly nextMember: (name: string) => string;
  /** The texts of documents by the first of their metrics. */
  readonly templates: OrderedMap<Metric, Template>;
  /** The directives rendered last: most documents are of the same metrics as the one before. */
  last: { readonly metrics: readonly Metric[]; readonly directives: Directives };
  /** How many metrics are known. */
  readonly count: () => number;
};

/** A document of these metrics but for values and time: the texts before each value, and those around the time. */
type Template = {
  readonly metrics: readonly Metric[];
  readonly texts: readonly string[];
  readonly directives: Directives;
};

/** Of how many metrics, and what comes behind the time in a document of them. */
type Directives = { readonly text: string; readonly metrics: number };

export function documentMemory(numbers = labelNumbers()): DocumentMemory {
  const places = metricPlaces(numbers);
  const templates = new OrderedMap<Metric, Template>();
  return {
    places,
    shared: new Map(),
    member: memoised((name) => flatText(`${jsonString(name)}:`)),
    nextMember: memoised((name) => flatText(`,${jsonString(name)}:`)),
    templates,
    last: { metrics: [], directives: { text: '', metrics: 0 } },
    count: () => Math.max(places.count(), templates.size),
  };
}

/** Metrics that one document can hold together, in the order of the first of each. */
function alike(cells: readonly MetricCell[], { places }: DocumentMemory): readonly (readonly MetricCell[])[] {
  const groups: MetricCell[][] = [];
  const documents = cells.map(({ metric }) => places.placeOf(metric).document);
  const indexes = new TimedIndexes(places.documents());
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at] as MetricCell;
    const index = indexes.get(cell.timestampMs, documents[at] as number, groups.length);
    const group = groups[index];
    if (group === undefined) groups.push([cell]);
    else group.push(cell);
  }
  return groups;
}

type Room = {
  readonly part: MetricCell[];
  readonly names: Set<string>;
  readonly dimensions: Set<string>;
  /** Those that gave the dimensions. */
  readonly dimensionSets: Set<Metric['dimensionSets']>;
};

/** In order, each part without a name twice, and without a metric that has the name of another's dimension. */
function split(group: readonly MetricCell[]): (readonly MetricCell[])[] {
  const parts: MetricCell[][] = [];
  const open: Room[] = [];
  for (const cell of group) {
    let room = open.find((each) => takes(each, cell));
    if (room === undefined) {
      room = { part: [], names: new Set(), dimensions: new Set(), dimensionSets: new Set() };
      parts.push(room.part);
      open.push(room);
    }
    const { name, dimensionSets } = cell.metric;
    room.part.push(cell);
    room.names.add(name);
    if (!room.dimensionSets.has(dimensionSets))
      for (const names of dimensionSets) for (const dimension of names) room.dimensions.add(dimension);
    room.dimensionSets.add(dimensionSets);
    if (room.part.length >= MAX_METRICS_PER_DIRECTIVE) open.splice(open.indexOf(room), 1);
  }
  return parts;
}

function takes({ names, dimensions }: Room, { metric: { name, dimensionSets } }: MetricCell): boolean {
  if (names.has(name) || dimensions.has(name)) return false;
  return dimensionSets.every((set) => set.every((dimension) => !names.has(dimension)));
}

/**
 * A part that is too long for a line as documents that fit one: halved, then without labels that are no dimension, then
 * with the dimension sets halved.
 */
function* fitted(part: readonly MetricCell[], memory: DocumentMemory, onFault: OnFault): Iterable<EmfDocument> {
  const [first] = part as readonly [MetricCell];
  const { metric } = first;
  const { dimensionSets } = metric;
  const halves: (readonly MetricCell[])[] = [];
  if (part.length > 1) {
    const middle = part.length >> 1;
    halves.push(part.slice(0, middle), part.slice(middle));
  } else {
    const dimensions = new Set(dimensionSets.flat());
    const labels = new Map([...metric.labels].filter(([label]) => dimensions.has(label)));
    const bare = renderDocument(part, template(part, labels, memory));
    const middle = dimensionSets.length >> 1;
    const emissions = emissionsOf(first);
    if (dimensionSets.length > 0 && isShort(bare)) yield bare;
    else if (dimensionSets.length > 1)
      for (const half of [dimensionSets.slice(0, middle), dimensionSets.slice(middle)])
        halves.push([{ ...first, emissions, metric: { ...metric, dimensionSets: half } }]);
    else for (const emission of emissions) onFault('line_too_long', emission);
  }
  for (const half of halves) {
    const document = renderDocument(half, template(half, first.metric.labels, memory));
    if (isShort(document)) yield document;
    else yield* fitted(half, memory, onFault);
  }
}

function isShort({ line }: EmfDocument): boolean {
  return line.length * MAX_BYTES_PER_UNIT < MAX_LINE_BYTES || Buffer.byteLength(line) < MAX_LINE_BYTES;
}

/** Of UTF-8, for a unit of UTF-16. */
const MAX_BYTES_PER_UNIT = 3;

/** `_aws` comes last, and nothing else may be called so. */
function renderDocument(part: readonly MetricCell[], { texts, directives }: Template): EmfDocument {
  const [{ metric, timestampMs }] = part as readonly [MetricCell];
  const { logGroupName, logStreamName } = metric;
  let line = '';
  for (let at = 0; at < part.length; at += 1) line += texts[at] + renderValue((part[at] as MetricCell).value);
  // A document without metrics is a plain log event.
  line += directives.metrics === 0 ? '}' : `,"${ENVELOPE}":{"Timestamp":${timestampMs}${directives.text}`;
  return { line, timestampMs, logGroupName, logStreamName, metrics: directives.metrics };
}

function renderValue(value: MetricCell['value']): string {
  return typeof value === 'number' && Number.isFinite(value) ? `${value}` : JSON.stringify(value);
}

function knownTemplate(part: readonly MetricCell[], { templates }: DocumentMemory): Template | undefined {
  const known = templates.get((part[0] as MetricCell).metric);
  return known !== undefined && areOf(part, known.metrics) ? known : undefined;
}

function templateOf(part: readonly MetricCell[], memory: DocumentMemory): Template {
  const known = knownTemplate(part, memory);
  if (known !== undefined) return known;
  const { metric } = part[0] as MetricCell;
  const made = template(part, metric.labels, memory);
  memory.templates.set(metric, made);
  return made;
}

function areOf(part: readonly MetricCell[], metrics: readonly Metric[]): boolean {
  if (part.length !== metrics.length) return false;
  for (let at = 0; at < part.length; at += 1) if (part[at]?.metric !== metrics[at]) return false;
  return true;
}

function template(part: readonly MetricCell[], labels: Labels, memory: DocumentMemory): Template {
  const metrics = part.map(({ metric }) => metric);
  const directives = directivesOf(metrics, memory);
  const members = labelMembers(metrics, labels, directives.metrics, memory);
  const texts = metrics.map(({ name }, at) =>
    at === 0 ? flatText(`{${members}${memory.member(name)}`) : memory.nextMember(name),
  );
  return { metrics, texts, directives };
}

/** The labels as members, with a comma behind each, but those whose names are taken: a metric wins over a label. */
function labelMembers(part: readonly Metric[], labels: Labels, metrics: number, { member }: DocumentMemory): string {
  const isTaken = (name: string) =>
    name === ENVELOPE || (metrics === 0 && name === OLD_ENVELOPE) || part.some((metric) => metric.name === name);
  const ofEntity = part[0]?.entity === true ? entityOf(labels) : [];
  const isOfEntity = ofEntity.length > 0 && !ofEntity.some(([name]) => isTaken(name));
  let members = '';
  for (const [name, value] of isOfEntity ? new Map([...ofEntity, ...labels]) : labels)
    if (!isTaken(name)) members += `${member(name)}${jsonString(value)},`;
  return members;
}

function directivesOf(part: readonly Metric[], memory: DocumentMemory): Directives {
  const { last } = memory;
  if (part.length === last.metrics.length && part.every((metric, at) => areDefinedAlike(metric, last.metrics[at])))
    return last.directives;
  const directives = renderDirectives(part);
  memory.last = { metrics: part, directives };
  return directives;
}

function areDefinedAlike(a: Metric, b: Metric | undefined): boolean {
  return (
    b !== undefined &&
    a.dimensionSets === b.dimensionSets &&
    a.name === b.name &&
    a.namespace === b.namespace &&
    a.unit === b.unit &&
    a.storageResolution === b.storageResolution
  );
}

/** One directive for all metrics of equal dimension sets. */
function renderDirectives(part: readonly Metric[]): Directives {
  const definitions = new Map<string, string>();
  let metrics = 0;
  for (const metric of part) {
    if (metric.dimensionSets.length === 0) continue;
    metrics += 1;
    const dimensions = JSON.stringify(metric.dimensionSets);
    const before = definitions.get(dimensions);
    const definition = metricDefinition(metric);
    definitions.set(dimensions, before === undefined ? definition : `${before},${definition}`);
  }
  const namespace = jsonString(part[0]?.namespace ?? '');
  const directives: string[] = [];
  for (const [dimensions, text] of definitions)
    directives.push(`{"Namespace":${namespace},"Dimensions":${dimensions},"Metrics":[${text}]}`);
  return { text: flatText(`,"CloudWatchMetrics":[${directives.join()}]}}`), metrics };
}

function metricDefinition({ name, unit, storageResolution }: Metric): string {
  const ofUnit = unit === undefined ? '' : `,"Unit":${jsonString(unit)}`;
  return `{"Name":${jsonString(name)}${ofUnit}${storageResolution === 1 ? ',"StorageResolution":1' : ''}}`;
}
