import { ConfigError, type Problem, startOf } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import type { Loading } from './compose-extends.ts';
import { mergeFiles } from './compose-include.ts';
import { createMerging } from './compose-merging.ts';
import { type ComposeDocument, type ComposeText, parseCompose, servicesOf } from './compose-model.ts';
import { folderOf } from './compose-path.ts';
import { readProfiles } from './compose-service.ts';
import type { Escapes, Variables } from './interpolate.ts';
import { createReader, type LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedEntry, type LocatedMapping } from './located-value.ts';

export type { ComposeText } from './compose-model.ts';
export { isNamed } from './compose-path.ts';

/** Several compose files as one, and what is wrong with them. */
export type Compose = {
  /** The project's name, if a file gives one. */
  readonly project: string | undefined;
  /** Services in the order they were first written, `extends` applied, labels and dependencies as mappings. */
  readonly services: ReadonlyMap<string, LocatedMapping>;
  /** Top-level sections that start with `x-`, merged over the files as any mapping is. */
  readonly extensions: ReadonlyMap<string, LocatedEntry>;
  /** Reads values and replaces variables in them; adds to `problems`. */
  readonly reader: LocatedReader;
};

/** How compose files are read. */
export type ComposeSettings = {
  readonly variables: Variables;
  readonly escapes?: Escapes;
  /** Files that `extends` and `include` may name and that are not part of the project themselves. */
  readonly extendable?: readonly ComposeText[];
  /** Leaves out services that belong to other profiles alone; `*` stands for all. Without it all services are kept. */
  readonly profiles?: readonly string[];
  /** Gets what is wrong. */
  readonly problems: Problem[];
};

/**
 * Parses compose files and merges them in order, as compose-go does; docs/compose.md says what differs. Only `services`
 * and extensions are looked at: what no one asks for is neither interpolated nor checked. A file that cannot be read
 * adds its problems and is left out.
 */
export function parseComposeFiles(files: readonly ComposeText[], settings: ComposeSettings): Compose {
  const { problems, variables, escapes = 'unescape' } = settings;
  const texts = [...files, ...(settings.extendable ?? [])];
  const documentsOf = rememberDocuments(problems);
  const project = readProjectName(files.flatMap(documentsOf), createReader(variables, problems, escapes));
  const named = project === undefined ? variables : { COMPOSE_PROJECT_NAME: project, ...variables };
  const reader = createReader(named, problems, escapes);
  const merging = createMerging(reader);
  const loading = { texts, documentsOf, reader, merging, scopes: new Map(), included: new Map() };
  const root = mergeAll(files, loading, problems);
  const services = checkServices(root, reader);
  if (settings.profiles !== undefined) dropInactive(services, settings.profiles, reader);
  return { project, services, extensions: extensionsOf(root), reader };
}

function rememberDocuments(problems: Problem[]): Loading['documentsOf'] {
  const known = new Map<ComposeText, readonly ComposeDocument[]>();
  return (text) => {
    const documents = known.get(text) ?? parseCompose(text, problems);
    known.set(text, documents);
    return documents;
  };
}

/** The last name that is given, made a name as compose-go does. Source: the Compose Specification, "Name". */
function readProjectName(documents: readonly ComposeDocument[], reader: LocatedReader): string | undefined {
  const names = documents.flatMap(({ root }) => entryOf(root, 'name') ?? []);
  const written = names.findLast((name) => name.kind === 'scalar' && name.value !== null && name.value !== '');
  const name = reader.text(written, ['name']) ?? '';
  const normal = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  return normal === '' ? undefined : normal;
}

function mergeAll(files: readonly ComposeText[], loading: Loading, problems: Problem[]): LocatedMapping {
  const place = startOf(files[0]?.file ?? 'event');
  const empty: LocatedMapping = { kind: 'mapping', place, tag: 'merge', entries: new Map() };
  try {
    return mergeFiles(files, folderOf(place.file), loading) ?? empty;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return empty;
  }
}

function checkServices(root: LocatedMapping, reader: LocatedReader): Map<string, LocatedMapping> {
  const services = new Map<string, LocatedMapping>();
  for (const [name, { key, value }] of servicesOf(root)) {
    if (value.tag === 'reset') continue;
    if (value.kind === 'mapping') services.set(name, value);
    else {
      const found = value.kind === 'list' ? 'a list' : foundOf(value.value);
      reader.report('error', key, ['services', name], `expected the settings of a service, a mapping, found ${found}`);
    }
  }
  return services;
}

function extensionsOf(root: LocatedMapping): Map<string, LocatedEntry> {
  return new Map([...root.entries].filter(([key, { value }]) => key.startsWith('x-') && value.tag !== 'reset'));
}

function dropInactive(services: Map<string, LocatedMapping>, active: readonly string[], reader: LocatedReader): void {
  if (active.includes('*')) return;
  for (const [name, service] of services) {
    const own = readProfiles(service, (item, index) => reader.text(item, ['services', name, 'profiles', index]));
    if (own.length > 0 && !own.some((profile) => active.includes(profile))) services.delete(name);
  }
}
