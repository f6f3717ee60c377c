import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import { ENVELOPE, MAX_LINE_BYTES, MAX_METRICS_PER_DIRECTIVE, OLD_ENVELOPE } from '../../lib/cloudwatch/limits.ts';
import { type Cell, groupsOf, type OnFault } from './combine.ts';
import { type Labels, sorted } from './relabel.ts';

/** Step 7. The documents: one for all metrics of equal labels, time, namespace and log stream, as far as it holds them. */
export function render(cells: readonly Cell[], onFault: OnFault): EmfDocument[] {
  const groups = groupsOf(cells, ({ timestampMs, namespace, entity, logGroupName, logStreamName, labels }) => [
    [timestampMs, namespace, entity, logGroupName, logStreamName],
    sorted(labels),
  ]);
  return groups.flatMap((group) => roomsOf(group).flatMap((room) => fitted(room, onFault)));
}

/** Each metric goes to the first document that has room for it. */
function roomsOf(cells: readonly Cell[]): Cell[][] {
  const rooms: Cell[][] = [];
  for (const cell of cells) {
    const room = rooms.find((each) => hasRoom(each, cell));
    if (room === undefined) rooms.push([cell]);
    else room.push(cell);
  }
  return rooms;
}

/** No name may be there twice, nor be that of another metric's dimension. */
function hasRoom(room: readonly Cell[], { name, dimensionSets }: Cell): boolean {
  if (room.length >= MAX_METRICS_PER_DIRECTIVE) return false;
  const dimensions = dimensionSets.flat();
  return room.every(
    (other) => other.name !== name && !dimensions.includes(other.name) && !other.dimensionSets.flat().includes(name),
  );
}

/**
 * Documents of less than the longest line: halves of one that is too long; one metric without labels that are no
 * dimension; and at last with half of its dimension sets.
 */
function fitted(cells: readonly Cell[], onFault: OnFault): EmfDocument[] {
  const [first] = cells as [Cell];
  const isShort = ({ line }: EmfDocument) => Buffer.byteLength(line) < MAX_LINE_BYTES;
  const whole = documentOf(cells, first.labels);
  if (isShort(whole)) return [whole];
  const half = cells.length >> 1;
  if (cells.length > 1) return [cells.slice(0, half), cells.slice(half)].flatMap((part) => fitted(part, onFault));
  const { dimensionSets, labels } = first;
  const dimensions = dimensionSets.flat();
  const bare = documentOf(cells, new Map([...labels].filter(([name]) => dimensions.includes(name))));
  if (dimensionSets.length > 0 && isShort(bare)) return [bare];
  if (dimensionSets.length > 1) {
    const middle = dimensionSets.length >> 1;
    const halves = [dimensionSets.slice(0, middle), dimensionSets.slice(middle)];
    return halves.flatMap((sets) => fitted([{ ...first, dimensionSets: sets }], onFault));
  }
  for (const metric of first.of) onFault('line_too_long', metric);
  return [];
}

/** Labels, then metrics, then the envelope; a document without metrics is a plain log event. */
function documentOf(cells: readonly Cell[], labels: Labels): EmfDocument {
  const [{ timestampMs, logGroupName, logStreamName, entity }] = cells as [Cell];
  const metrics = cells.filter(({ dimensionSets }) => dimensionSets.length > 0).length;
  const names = cells.map(({ name }) => name);
  const isTaken = (name: string) =>
    name === ENVELOPE || (metrics === 0 && name === OLD_ENVELOPE) || names.includes(name);
  const members = entity ? entityOf(labels) : [];
  const all = members.some(([name]) => isTaken(name)) ? labels : new Map([...members, ...labels]);
  const fields = [...all].filter(([name]) => !isTaken(name));
  const targets = cells.map(({ name, target }) => [name, target] as const);
  const envelope = [[ENVELOPE, { Timestamp: timestampMs, CloudWatchMetrics: directivesOf(cells) }]] as const;
  const line = objectText([...fields, ...targets, ...(metrics > 0 ? envelope : [])]);
  return { line, timestampMs, logGroupName, logStreamName, metrics };
}

/** An object of these members in their order, which JavaScript would not keep for names that are numbers. */
function objectText(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`;
}

/** One for all metrics of equal dimension sets. */
function directivesOf(cells: readonly Cell[]) {
  const metrics = cells.filter(({ dimensionSets }) => dimensionSets.length > 0);
  return groupsOf(metrics, ({ dimensionSets }) => dimensionSets).map((group) => ({
    Namespace: group[0]?.namespace,
    Dimensions: group[0]?.dimensionSets,
    Metrics: group.map(({ name, unit, storageResolution }) => ({
      Name: name,
      Unit: unit,
      StorageResolution: storageResolution === 1 ? 1 : undefined,
    })),
  }));
}

/** The ECS service that a document is of, as far as its labels tell it. */
function entityOf(labels: Labels): [string, string][] {
  const service = labels.get('ServiceName') ?? labels.get('TaskDefinitionFamily');
  const cluster = labels.get('TaskClusterName') ?? labels.get('ClusterName');
  if (service === undefined || cluster === undefined) return [];
  const members: [string, string | undefined][] = [
    ['Service', service],
    ['Environment', `ecs:${cluster}`],
    ['ECS.Cluster', cluster],
    ['ECS.Service', labels.get('ServiceName')],
    ['ECS.Task', labels.get('TaskId')],
  ];
  return members.filter((member): member is [string, string] => member[1] !== undefined);
}
