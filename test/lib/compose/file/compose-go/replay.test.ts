import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseComposeFiles } from '../../../../../lib/compose/file/compose-file.ts';
import { type Port, type PortRange, readMember, readService } from '../../../../../lib/compose/file/compose-service.ts';
import type { LocatedReader } from '../../../../../lib/compose/file/located-reader.ts';
import { entryOf, type LocatedEntry, type LocatedMapping } from '../../../../../lib/compose/file/located-value.ts';
import { formatProblem, type Problem } from '../../../../../lib/document/problem.ts';
import type { GeneratedProject } from './generate.ts';

/** What the oracle writes of a service; what is empty is absent. */
type RecordedService = {
  readonly ports?: readonly { target: number; protocol: string; published?: string; hostIp?: string }[];
  readonly expose?: readonly string[];
};
type Answer = {
  readonly error?: string;
  readonly services?: Readonly<Record<string, RecordedService>>;
};
type Case = GeneratedProject & { readonly name: string; readonly answer: Answer };

const cases = readFileSync(new URL('cases.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line));
const isDeliberate = ({ name }: Case) => name.startsWith('deliberate: ');

/** The project as we read it: its rendering in the oracle's form, and its errors. */
function read({ files, extendable = [], environment, profiles }: Case) {
  const problems: Problem[] = [];
  const settings = { variables: environment, extendable, problems, ...(profiles && { profiles }) };
  const { project, services, extensions, reader } = parseComposeFiles(files, settings);
  const rendered = [...services].map(([name, definition]) => [name, serviceOf(name, definition, reader)]);
  const rendering = compact({ project, extensions: plain(extensions, reader), services: Object.fromEntries(rendered) });
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  return { rendering, errors };
}

function serviceOf(name: string, definition: LocatedMapping, reader: LocatedReader) {
  const service = readService(readMember(name, definition, reader), definition, reader);
  const deployLabels = entryOf(entryOf(definition, 'deploy'), 'labels');
  return compact({
    labels: Object.fromEntries([...service.dockerLabels].map(([label, { value }]) => [label, value])),
    deployLabels: deployLabels?.kind === 'mapping' ? texts(deployLabels, reader) : {},
    ports: distinct(service.ports.flatMap(singlePorts)),
    expose: distinct(service.exposedPorts.map(rangeText)),
    dependsOn: Object.fromEntries(service.dependsOnConditions),
    containerName: service.containerName === name ? '' : service.containerName,
    image: service.image,
    networkMode: service.networkMode,
    profiles: service.profiles,
    extensions: plain(definition.entries, reader),
  });
}

function texts({ entries }: LocatedMapping, reader: LocatedReader) {
  const kept = [...entries].filter(([, { value }]) => value.tag !== 'reset');
  return Object.fromEntries(kept.map(([label, { value }]) => [label, reader.text(value, [label]) ?? '']));
}

function plain(entries: ReadonlyMap<string, LocatedEntry>, reader: LocatedReader) {
  const kept = [...entries].filter(([key, { value }]) => key.startsWith('x-') && value.tag !== 'reset');
  return Object.fromEntries(kept.map(([key, { value }]) => [key, reader.document(value, [key]).value]));
}

/** Each container port of a mapping, as compose-go expands ranges. */
function singlePorts({ first, last, protocol, published, hostIp }: Port) {
  const start = Number(published?.split('-')[0]);
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    target: first + index,
    protocol,
    published: published === undefined || first === last ? published : String(start + index),
    hostIp,
  }));
}

function rangeText([first, last]: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** The recorded answer in the form of ours: a port once, exposed TCP ports alone. */
function recorded({ services = {}, ...answer }: Answer) {
  const normalised = Object.entries(services).map(([name, { ports = [], expose = [], ...service }]) => {
    const exposed = expose.filter((text) => !/\/(?!tcp$)/.test(text)).map((text) => text.replace('/tcp', ''));
    return [name, compact({ ...service, ports: distinct(ports), expose: distinct(exposed) })];
  });
  return compact({ ...answer, services: Object.fromEntries(normalised) });
}

/** Each item once, in an order that does not depend on theirs. */
function distinct(items: readonly unknown[]): unknown[] {
  const texts = [...new Set(items.map((item) => JSON.stringify(item)))].sort();
  return texts.map((text) => JSON.parse(text));
}

/** Without what is empty, as the oracle writes. */
function compact(record: Readonly<Record<string, unknown>>) {
  const isEmpty = (value: unknown) => [undefined, '""', '{}', '[]'].includes(JSON.stringify(value));
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

test.each(cases.filter((recordedCase) => !isDeliberate(recordedCase)))('reads as compose-go does: $name', (project) => {
  const { rendering, errors } = read(project);
  if (project.answer.error === undefined)
    expect({ rendering, errors }).toEqual({ rendering: recorded(project.answer), errors: [] });
  else expect(errors, project.answer.error).not.toEqual([]);
});

test.each(cases.filter(isDeliberate))('differs from compose-go: $name', (project) => {
  const { rendering, errors } = read(project);
  expect(errors).toEqual([]);
  expect(rendering).not.toEqual(recorded(project.answer));
});
