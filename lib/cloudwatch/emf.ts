import { flatText } from '../prometheus/flat-text.ts';
import { groupBy } from '../prometheus/group-by.ts';
import { jsonString } from '../prometheus/json-string.ts';
import { type LabelNumbers, labelNumbers } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import { combineEmissions, type MetricCell, type OnFault } from './combine.ts';
import type { Emission } from './emission.ts';
import { emissionSettings, type SettingsOf } from './emission-settings.ts';
import { entityOf } from './entity.ts';
import { ENVELOPE, MAX_LINE_BYTES, MAX_METRICS_PER_DIRECTIVE, OLD_ENVELOPE } from './limits.ts';
import { memoised } from './memo.ts';

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
export function renderDocuments(
  emissions: readonly Emission[],
  onFault: OnFault,
  memory: DocumentMemory = documentMemory(),
): EmfDocument[] {
  const documents: EmfDocument[] = [];
  const cells = combineEmissions(emissions, onFault, memory.settingsOf);
  for (const group of alike(cells, memory.numbers))
    for (const part of split(group)) addFitted(documents, part, memory, onFault);
  return documents;
}

/** What documents have in common, worked out once. */
export type DocumentMemory = {
  readonly numbers: LabelNumbers;
  readonly settingsOf: SettingsOf;
  /** A name as a member begins with it. */
  readonly member: (name: string) => string;
  /** All labels as members, with a comma behind each. */
  readonly members: Map<Labels, string>;
  /** The directives rendered last: most documents are of the same metrics as the one before. */
  last: { readonly part: readonly MetricCell[]; readonly directives: Directives };
};

type Directives = { readonly text: string; readonly metrics: number };

export function documentMemory(numbers = labelNumbers()): DocumentMemory {
  return {
    numbers,
    settingsOf: emissionSettings(),
    member: memoised((name) => flatText(`${jsonString(name)}:`)),
    members: new Map(),
    last: { part: [], directives: { text: '', metrics: 0 } },
  };
}

/** Metrics that one document can hold together, in the order of the first of each. */
function alike(cells: readonly MetricCell[], { numberOf }: LabelNumbers): Iterable<readonly MetricCell[]> {
  const settingsOf = documentSettings();
  return groupBy(cells, (cell) => settingsOf(sharedBy(cell)) * MOST_LABEL_SETS + numberOf(cell.labels)).values();
}

/** No process numbers as many. */
const MOST_LABEL_SETS = 2 ** 32;

/** A number for everything but labels that metrics of one document have in common. */
function documentSettings(): (emission: Emission) => number {
  const numbers = new Map<string, number>();
  let last: Emission | undefined;
  let number = 0;
  return (emission) => {
    const { namespace, timestampMs, entity, logGroupName, logStreamName } = emission;
    const isSame =
      last?.timestampMs === timestampMs &&
      last.namespace === namespace &&
      last.entity === entity &&
      last.logGroupName === logGroupName &&
      last.logStreamName === logStreamName;
    last = emission;
    if (isSame) return number;
    const text = JSON.stringify([timestampMs, namespace, entity, logGroupName, logStreamName]);
    number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
}

/** What all emissions of a cell have in common. */
function sharedBy({ emissions }: MetricCell): Emission {
  return emissions[0] as Emission;
}

type Room = {
  readonly part: MetricCell[];
  readonly names: Set<string>;
  readonly dimensions: Set<string>;
  /** Those that gave the dimensions. */
  readonly dimensionSets: Set<MetricCell['dimensionSets']>;
};

/** In order, each part without a name twice, and without a metric that has the name of another's dimension. */
function split(group: readonly MetricCell[]): (readonly MetricCell[])[] {
  if (isOnePart(group)) return [group];
  const parts: MetricCell[][] = [];
  const open: Room[] = [];
  for (const cell of group) {
    let room = open.find((each) => takes(each, cell));
    if (room === undefined) {
      room = { part: [], names: new Set(), dimensions: new Set(), dimensionSets: new Set() };
      parts.push(room.part);
      open.push(room);
    }
    room.part.push(cell);
    room.names.add(sharedBy(cell).name);
    if (!room.dimensionSets.has(cell.dimensionSets))
      for (const names of cell.dimensionSets) for (const name of names) room.dimensions.add(name);
    room.dimensionSets.add(cell.dimensionSets);
    if (room.part.length >= MAX_METRICS_PER_DIRECTIVE) open.splice(open.indexOf(room), 1);
  }
  return parts;
}

/** Most groups are: metrics of other names, with the same dimensions, which hold no name of theirs. */
function isOnePart(group: readonly MetricCell[]): boolean {
  if (group.length > FEW) return false;
  const dimensionSets = group[0]?.dimensionSets;
  for (let at = 0; at < group.length; at += 1) {
    const cell = group[at] as MetricCell;
    if (cell.dimensionSets !== dimensionSets) return false;
    for (let before = 0; before < at; before += 1)
      if (sharedBy(group[before] as MetricCell).name === sharedBy(cell).name) return false;
  }
  return true;
}

/** So many are compared with each other. */
const FEW = 10;

function takes({ names, dimensions }: Room, cell: MetricCell): boolean {
  const { name } = sharedBy(cell);
  if (names.has(name) || dimensions.has(name)) return false;
  return cell.dimensionSets.every((set) => set.every((dimension) => !names.has(dimension)));
}

/**
 * The part as documents that fit a line: halved while it is too long, then without labels that are no dimension, then
 * with the dimension sets halved.
 */
function addFitted(
  documents: EmfDocument[],
  part: readonly MetricCell[],
  memory: DocumentMemory,
  onFault: OnFault,
): void {
  const [first] = part;
  if (first === undefined) return;
  const document = renderDocument(part, first.labels, memory);
  if (isShort(document)) {
    documents.push(document);
    return;
  }
  if (part.length > 1) {
    const middle = part.length >> 1;
    addFitted(documents, part.slice(0, middle), memory, onFault);
    addFitted(documents, part.slice(middle), memory, onFault);
    return;
  }
  const { dimensionSets } = first;
  const dimensions = new Set(dimensionSets.flat());
  const bare = renderDocument(part, new Map([...first.labels].filter(([label]) => dimensions.has(label))), memory);
  if (dimensionSets.length > 0 && isShort(bare)) {
    documents.push(bare);
  } else if (dimensionSets.length > 1) {
    const middle = dimensionSets.length >> 1;
    for (const half of [dimensionSets.slice(0, middle), dimensionSets.slice(middle)])
      addFitted(documents, [{ ...first, dimensionSets: half }], memory, onFault);
  } else for (const emission of first.emissions) onFault('line_too_long', emission);
}

function isShort({ line }: EmfDocument): boolean {
  return line.length * MAX_BYTES_PER_UNIT < MAX_LINE_BYTES || Buffer.byteLength(line) < MAX_LINE_BYTES;
}

/** Of UTF-8, for a unit of UTF-16. */
const MAX_BYTES_PER_UNIT = 3;

/** `_aws` comes last, and nothing else may be called so; a metric wins over a label of its name. */
function renderDocument(part: readonly MetricCell[], labels: Labels, memory: DocumentMemory): EmfDocument {
  const [first] = part as readonly [MetricCell];
  const { timestampMs, entity, logGroupName, logStreamName } = sharedBy(first);
  const { text: directives, metrics } = directivesOf(part, memory);
  // Joined at once: a text that grows piece by piece takes several times its memory.
  const pieces = ['{', labelMembers(part, labels, metrics, entity, memory)];
  for (const cell of part) pieces.push(memory.member(sharedBy(cell).name), renderTarget(cell.target), ',');
  // A document without metrics is a plain log event.
  if (metrics === 0) pieces.pop();
  else pieces.push(`"${ENVELOPE}":{"Timestamp":`, `${timestampMs}`, ',"CloudWatchMetrics":[', directives, ']}');
  pieces.push('}');
  return { line: pieces.join(''), timestampMs, logGroupName, logStreamName, metrics };
}

/** The labels as members, with a comma behind each, but those whose names are taken. */
function labelMembers(
  part: readonly MetricCell[],
  labels: Labels,
  metrics: number,
  entity: boolean,
  memory: DocumentMemory,
): string {
  const isTaken = (name: string) =>
    name === ENVELOPE || (metrics === 0 && name === OLD_ENVELOPE) || part.some((cell) => sharedBy(cell).name === name);
  const ofEntity = entity ? entityOf(labels) : [];
  if (ofEntity.length > 0 && !ofEntity.some(([name]) => isTaken(name)))
    return renderMembers(
      [...new Map([...ofEntity, ...labels])].filter(([name]) => !isTaken(name)),
      memory,
    );
  const areFree =
    !labels.has(ENVELOPE) &&
    (metrics > 0 || !labels.has(OLD_ENVELOPE)) &&
    !part.some((cell) => labels.has(sharedBy(cell).name));
  if (!areFree)
    return renderMembers(
      [...labels].filter(([name]) => !isTaken(name)),
      memory,
    );
  const known = memory.members.get(labels) ?? renderMembers(labels, memory);
  memory.members.set(labels, known);
  return known;
}

function renderMembers(labels: Iterable<readonly [string, string]>, { member }: DocumentMemory): string {
  const pieces: string[] = [];
  for (const [name, value] of labels) pieces.push(member(name), jsonString(value), ',');
  return pieces.join('');
}

function renderTarget(target: MetricCell['target']): string {
  return typeof target === 'number' && Number.isFinite(target) ? `${target}` : JSON.stringify(target);
}

function directivesOf(part: readonly MetricCell[], memory: DocumentMemory): Directives {
  const { last } = memory;
  if (part.length === last.part.length && part.every((cell, at) => areDefinedAlike(cell, last.part[at])))
    return last.directives;
  const directives = renderDirectives(part);
  memory.last = { part, directives };
  return directives;
}

function areDefinedAlike(cell: MetricCell, other: MetricCell | undefined): boolean {
  if (other === undefined || cell.dimensionSets !== other.dimensionSets) return false;
  const [a, b] = [sharedBy(cell), sharedBy(other)];
  return (
    a.name === b.name && a.namespace === b.namespace && a.unit === b.unit && a.storageResolution === b.storageResolution
  );
}

/** One directive for all metrics of equal dimension sets. */
function renderDirectives(part: readonly MetricCell[]): Directives {
  const definitions = new Map<string, string>();
  let metrics = 0;
  for (const cell of part) {
    if (cell.dimensionSets.length === 0) continue;
    metrics += 1;
    const dimensions = JSON.stringify(cell.dimensionSets);
    const before = definitions.get(dimensions);
    const definition = metricDefinition(sharedBy(cell));
    definitions.set(dimensions, before === undefined ? definition : `${before},${definition}`);
  }
  const namespace = jsonString(sharedBy(part[0] as MetricCell).namespace);
  const directives: string[] = [];
  for (const [dimensions, text] of definitions)
    directives.push(`{"Namespace":${namespace},"Dimensions":${dimensions},"Metrics":[${text}]}`);
  return { text: directives.join(), metrics };
}

function metricDefinition({ name, unit, storageResolution }: Emission): string {
  const ofUnit = unit === undefined ? '' : `,"Unit":${jsonString(unit)}`;
  return `{"Name":${jsonString(name)}${ofUnit}${storageResolution === 1 ? ',"StorageResolution":1' : ''}}`;
}
