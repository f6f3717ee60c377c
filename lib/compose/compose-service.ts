import type { Place } from '../document/problem.ts';
import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedMapping, type LocatedValue } from './located-value.ts';

/** The deploy label that names a service's task families, separated by commas. Source: ECS Compose-X. */
export const FAMILY_LABEL = 'ecs.task.family';

/** A compose service and the task families its containers are in. */
export type FamilyMember = {
  readonly name: string;
  readonly families: readonly string[];
  readonly familyPlace: Place;
  readonly dependsOn: readonly string[];
};

/** What rendering asks of a service in a family that has exporters. */
export type ComposeService = FamilyMember & {
  /** The name that discovery sees as `container_name`, unless a docker label says otherwise. */
  readonly containerName: string;
  /** The docker label `container_name`, if there is one. */
  readonly containerNameLabel: { readonly value: string; readonly place: Place } | undefined;
  /** Container ports with a port mapping, and those only exposed; TCP. */
  readonly mappedPorts: readonly PortRange[];
  readonly exposedPorts: readonly PortRange[];
};

/** First and last port. */
export type PortRange = readonly [number, number];

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
    dependsOn: keysOf(entryOf(definition, 'depends_on')),
  };
}

/** Reads the rest of a normalised service. A port that cannot be read is left out: it belongs to Docker. */
export function readService(member: FamilyMember, definition: LocatedMapping, reader: LocatedReader): ComposeService {
  const path = ['services', member.name];
  const label = entryOf(entryOf(definition, 'labels'), 'container_name');
  const value = reader.text(label, [...path, 'labels', 'container_name']);
  const ownName = reader.text(entryOf(definition, 'container_name'), [...path, 'container_name']);
  return {
    ...member,
    containerName: ownName ?? member.name,
    containerNameLabel: label === undefined || value === undefined ? undefined : { value, place: label.place },
    mappedPorts: rangesOf(entryOf(definition, 'ports'), [...path, 'ports'], reader),
    exposedPorts: rangesOf(entryOf(definition, 'expose'), [...path, 'expose'], reader),
  };
}

function keysOf(value: LocatedValue | undefined): readonly string[] {
  return value?.kind === 'mapping' ? [...value.entries.keys()] : [];
}

function rangesOf(list: LocatedValue | undefined, path: readonly string[], reader: LocatedReader): PortRange[] {
  if (list?.kind !== 'list') return [];
  return list.items.flatMap((item, index) => {
    const target = reader.text(entryOf(item, 'target'), [...path, index, 'target']);
    const protocol = reader.text(entryOf(item, 'protocol'), [...path, index, 'protocol']) ?? 'tcp';
    const written = target === undefined ? reader.text(item, [...path, index]) : `${target}/${protocol}`;
    return written === undefined ? [] : parseTarget(written);
  });
}

/** The container ports of `[[ip:]published:]target[-last][/protocol]`. */
function parseTarget(text: string): PortRange[] {
  const parts = /(?:^|:)([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/(\w+))?$/.exec(text);
  if (parts === null || (parts[3] ?? 'tcp') !== 'tcp') return [];
  return [[Number(parts[1]), Number(parts[2] ?? parts[1])]];
}
