import type { Path } from '../../document/document.ts';
import type { Place } from '../../document/problem.ts';
import { type Port, type PortRange, readPorts } from './compose-port.ts';
import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedMapping, type LocatedValue } from './located-value.ts';
import { readStartCondition, type StartCondition } from './start-condition.ts';

/** The deploy label that names a service's task families, separated by commas. Source: ECS Compose-X. */
export const FAMILY_LABEL = 'ecs.task.family';

/** A compose service and the task families its containers are in. */
export type FamilyMember = {
  readonly name: string;
  readonly families: readonly string[];
  readonly familyPlace: Place;
  readonly dependsOn: readonly string[];
};

export type { Port, PortRange, Protocol } from './compose-port.ts';

/** The value of a docker label, a text whatever was written, and its place. */
export type DockerLabel = { readonly value: string; readonly place: Place };

/** What rendering asks of a service in a family that has exporters. */
export type ComposeService = FamilyMember & {
  /** The name that discovery sees as `container_name`, unless a docker label says otherwise. */
  readonly containerName: string;
  /** The docker label `container_name`, if there is one. */
  readonly containerNameLabel: DockerLabel | undefined;
  /** All docker labels, in the order they were first written; an empty value or an unset variable is an empty text. */
  readonly dockerLabels: ReadonlyMap<string, DockerLabel>;
  /** All port mappings, whatever their protocol. */
  readonly ports: readonly Port[];
  /** Container ports with a port mapping, and those only exposed; TCP. */
  readonly mappedPorts: readonly PortRange[];
  readonly exposedPorts: readonly PortRange[];
  /** The condition of each dependency; `service_started` when none is written. */
  readonly dependsOnConditions: ReadonlyMap<string, string>;
  /** What containers that depend on it wait for, if it says so itself. */
  readonly startCondition: StartCondition | undefined;
  /** As `image`, with unset variables empty. */
  readonly networkMode: string | undefined;
  readonly image: string | undefined;
  /** The profiles it belongs to; none means all. */
  readonly profiles: readonly string[];
};

/** Reads the families of a normalised service; without the label, its own name. */
export function readMember(name: string, definition: LocatedMapping, reader: LocatedReader): FamilyMember {
  const label = entryOf(entryOf(entryOf(definition, 'deploy'), 'labels'), FAMILY_LABEL);
  const text = reader.text(label, ['services', name, 'deploy', 'labels', FAMILY_LABEL]) ?? '';
  const named = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return {
    name,
    families: named.length === 0 ? [name] : [...new Set(named)],
    familyPlace: label?.place ?? definition.place,
    dependsOn: [...mapEntries(entryOf(definition, 'depends_on'), () => true).keys()],
  };
}

/** Reads the rest of a normalised service. A port that cannot be read is left out: it belongs to Docker. */
export function readService(member: FamilyMember, definition: LocatedMapping, reader: LocatedReader): ComposeService {
  const path = ['services', member.name];
  const text = (keys: readonly string[]) =>
    reader.text(keys.reduce<LocatedValue | undefined>(entryOf, definition), [...path, ...keys]);
  const dockerLabels = mapEntries(entryOf(definition, 'labels'), (value) => ({
    value: peekText(value, reader) ?? '',
    place: value.place,
  }));
  const nameLabel = dockerLabels.get('container_name');
  const ports = readPorts(entryOf(definition, 'ports'), [...path, 'ports'], reader);
  const exposed = readPorts(entryOf(definition, 'expose'), [...path, 'expose'], reader);
  warnLabelFile(entryOf(definition, 'label_file'), [...path, 'label_file'], reader);
  return {
    ...member,
    containerName: text(['container_name']) ?? member.name,
    containerNameLabel: nameLabel && { ...nameLabel, value: text(['labels', 'container_name']) ?? '' },
    dockerLabels,
    ports,
    mappedPorts: tcpRanges(ports),
    exposedPorts: tcpRanges(exposed),
    dependsOnConditions: readConditions(entryOf(definition, 'depends_on'), [...path, 'depends_on'], reader),
    startCondition: readStartCondition(member.name, definition, reader),
    networkMode: peekText(entryOf(definition, 'network_mode'), reader),
    image: peekText(entryOf(definition, 'image'), reader),
    profiles: readProfiles(definition, (item) => peekText(item, reader)),
  };
}

/** The profiles of a service, as `read` reads them. Source: the Compose Specification, "Profiles". */
export function readProfiles(
  definition: LocatedMapping,
  read: (item: LocatedValue, index: number) => string | undefined,
): string[] {
  const written = entryOf(definition, 'profiles');
  const items = written?.kind === 'list' ? written.items : [];
  return [...new Set(items.flatMap((item, index) => read(item, index) ?? []))];
}

function warnLabelFile(written: LocatedValue | undefined, path: Path, reader: LocatedReader): void {
  const text = 'labels of a label_file are not read; write under labels what discovery shall see';
  if (written !== undefined) reader.report('warning', written.place, path, text);
}

/** The text of what no document holds: a variable that is missing there is not worth a problem. */
function peekText(value: LocatedValue | undefined, reader: LocatedReader): string | undefined {
  if (value?.kind !== 'scalar' || value.value === null) return undefined;
  return value.text ?? String(reader.peek(value));
}

function readConditions(dependsOn: LocatedValue | undefined, path: Path, reader: LocatedReader): Map<string, string> {
  return mapEntries(
    dependsOn,
    (value, name) => reader.text(entryOf(value, 'condition'), [...path, name, 'condition']) ?? 'service_started',
  );
}

/** What `read` makes of each value of a mapping that is not reset, under its key. */
function mapEntries<Read>(
  mapping: LocatedValue | undefined,
  read: (value: LocatedValue, key: string) => Read,
): Map<string, Read> {
  if (mapping?.kind !== 'mapping') return new Map();
  const kept = [...mapping.entries].filter(([, { value }]) => value.tag !== 'reset');
  return new Map(kept.map(([key, { value }]) => [key, read(value, key)]));
}

function tcpRanges(ports: readonly Port[]): PortRange[] {
  return ports.filter(({ protocol }) => protocol === 'tcp').map(({ first, last }) => [first, last]);
}
