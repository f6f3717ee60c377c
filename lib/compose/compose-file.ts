import { ConfigError, type Problem } from '../document/problem.ts';
import { mergeValues, normaliseService } from './compose-merge.ts';
import type { Escapes, Variables } from './interpolate.ts';
import { createReader, type LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedEntry, type LocatedMapping, type LocatedValue, parseLocated } from './located-value.ts';

/** A compose file and the name people know it by. */
export type ComposeText = { readonly file: string; readonly text: string };

/** Several compose files as one, and what is wrong with them. */
export type Compose = {
  /** Services in the order they were first written, `extends` applied, labels and dependencies as mappings. */
  readonly services: ReadonlyMap<string, LocatedMapping>;
  /** Top-level sections that start with `x-`. */
  readonly extensions: ReadonlyMap<string, LocatedEntry>;
  /** Reads values and replaces variables in them; adds to `problems`. */
  readonly reader: LocatedReader;
};

/**
 * Parses compose files and merges them in order. Only `services` and the names of extensions are looked at: what no
 * one asks for is neither interpolated nor checked. A file that cannot be read adds its problems and is left out.
 * `extendable`: files that `extends` may name and that are not part of the project themselves.
 */
export function parseComposeFiles(
  files: readonly ComposeText[],
  settings: {
    readonly variables: Variables;
    readonly escapes?: Escapes;
    readonly extendable?: readonly ComposeText[];
    readonly problems: Problem[];
  },
): Compose {
  const { problems } = settings;
  const reader = createReader(settings.variables, problems, settings.escapes ?? 'unescape');
  const parsed = files.flatMap((file) => parseProject(file, problems));
  const extendable = (settings.extendable ?? []).flatMap((file) => parseProject(file, problems));
  const context: ExtendsContext = { files: [...parsed, ...extendable], reader, problems };
  const services = new Map<string, LocatedMapping>();
  const extensions = new Map<string, LocatedEntry>();
  for (const project of parsed) {
    for (const [key, entry] of project.extensions) extensions.set(key, entry);
    for (const [name, service] of project.services) {
      const own = extendService({ name, service, project }, context, []);
      const before = services.get(name);
      const merged = before === undefined || own === undefined ? own : mergeValues(before, own);
      if (merged?.kind === 'mapping' && merged.tag !== 'reset') services.set(name, merged);
      else if (service.tag === 'reset') services.delete(name);
    }
  }
  return { services, extensions, reader };
}

/** One YAML document of one file. */
type Project = {
  readonly file: string;
  readonly services: ReadonlyMap<string, LocatedValue>;
  readonly extensions: ReadonlyMap<string, LocatedEntry>;
};

function parseProject({ file, text }: ComposeText, problems: Problem[]): Project[] {
  try {
    const documents = parseLocated(text, file);
    if (documents.length > 0) return documents.flatMap((document) => readProject(file, document, problems));
    const place = { file, line: 1, column: 1 };
    return readProject(file, { kind: 'scalar', value: null, place, tag: 'merge' }, problems);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return [];
  }
}

function readProject(file: string, root: LocatedValue, problems: Problem[]): Project[] {
  const services = entryOf(root, 'services');
  const emptyServices = services?.kind === 'scalar' && services.value === null;
  if (root.kind !== 'mapping' || (services !== undefined && services.kind !== 'mapping' && !emptyServices)) {
    const text = 'expected a compose file: a mapping with services under the key services, found something else';
    problems.push({ severity: 'error', place: (services ?? root).place, path: services ? 'services' : '', text });
    return [];
  }
  const named = services?.kind === 'mapping' ? [...services.entries] : [];
  return [
    {
      file,
      services: new Map(
        named.map(([name, { value }]) => [name, value.kind === 'mapping' ? normaliseService(value) : value]),
      ),
      extensions: new Map([...root.entries].filter(([key]) => key.startsWith('x-'))),
    },
  ];
}

type ExtendsContext = {
  readonly files: readonly Project[];
  readonly reader: LocatedReader;
  readonly problems: Problem[];
};
type Extending = { readonly name: string; readonly service: LocatedValue; readonly project: Project };

/** The service on top of the one it extends; `trail` names the services on the way here. */
function extendService(
  extending: Extending,
  context: ExtendsContext,
  trail: readonly string[],
): LocatedMapping | undefined {
  const { name, service, project } = extending;
  if (service.kind !== 'mapping') return undefined;
  const written = entryOf(service, 'extends');
  if (written === undefined) return service;
  const path = ['services', name, 'extends'];
  const wanted =
    context.reader.text(written, path) ?? context.reader.text(entryOf(written, 'service'), [...path, 'service']);
  const file = context.reader.text(entryOf(written, 'file'), [...path, 'file']);
  const refuse = (text: string, severity: Problem['severity'] = 'error') => {
    context.problems.push({ severity, place: written.place, path: path.join('.'), text });
    return service;
  };
  const source =
    file === undefined ? [project] : context.files.filter((other) => isNamed(other.file, file, project.file));
  if (source.length === 0) return refuse(`what ${file} holds is not seen: give that file too`, 'warning');
  const found = source.find((other) => wanted !== undefined && other.services.has(wanted));
  const base = found?.services.get(wanted ?? '');
  if (found === undefined || base === undefined) {
    return refuse(`expected the name of a service in ${file ?? project.file}, found ${JSON.stringify(wanted ?? null)}`);
  }
  const step = `${found.file} ${wanted}`;
  if (trail.includes(step) || step === `${project.file} ${name}`)
    return refuse('expected no circle, found a service that extends itself');
  const next = { name: wanted ?? '', service: base, project: found };
  const resolved = extendService(next, context, [...trail, `${project.file} ${name}`]);
  const merged = resolved === undefined ? service : mergeValues(resolved, service);
  return merged.kind === 'mapping' ? merged : service;
}

/** Whether `file` is what `written`, found in the file `from`, stands for: as given, or relative to its folder. */
export function isNamed(file: string, written: string, from: string): boolean {
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : '';
  return [written, folder + written].map(plainPath).includes(plainPath(file));
}

/** The path without `.` and `name/..` steps. */
function plainPath(path: string): string {
  const steps: string[] = [];
  for (const step of path.replaceAll('\\', '/').split('/')) {
    const last = steps.at(-1);
    if (step === '..' && last !== undefined && last !== '..' && last !== '') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}
