import { ConfigError, type Place, type Problem, startOf } from '../../document/problem.ts';
import { folderOf } from './compose-path.ts';
import { normaliseService } from './compose-syntax.ts';
import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedEntry, type LocatedMapping, type LocatedValue } from './located-value.ts';
import { parseLocated } from './located-yaml.ts';

/** A compose file and the name people know it by. */
export type ComposeText = { readonly file: string; readonly text: string };

/** One YAML document of a compose file, as written. */
export type ComposeDocument = { readonly file: string; readonly root: LocatedMapping };

/** What rendering may use of a compose file: `services`, `include` and sections that start with `x-`. */
export type Model = {
  readonly file: string;
  /** The folder that paths in it are relative to. */
  readonly folder: string;
  readonly root: LocatedMapping;
};

/** The documents of a file. One that cannot be read adds its problems and is left out. */
export function parseCompose({ file, text }: ComposeText, problems: Problem[]): ComposeDocument[] {
  try {
    const documents = parseLocated(text, file);
    if (documents.length === 0) problems.push(noMapping(startOf(file), ''));
    return documents.flatMap((root) => checkDocument(file, root, problems));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return [];
  }
}

function checkDocument(file: string, root: LocatedValue, problems: Problem[]): ComposeDocument[] {
  const services = entryOf(root, 'services');
  if (root.kind === 'mapping' && (services === undefined || services.kind === 'mapping' || isEmpty(services))) {
    return [{ file, root }];
  }
  problems.push(noMapping((services ?? root).place, services ? 'services' : ''));
  return [];
}

function isEmpty(value: LocatedValue): boolean {
  return value.kind === 'scalar' && value.value === null;
}

function noMapping(place: Place, path: string): Problem {
  const text = 'expected a compose file: a mapping with services under the key services, found something else';
  return { severity: 'error', place, path, text };
}

/** The part of a document that is used, its services in one syntax. */
export function modelOf({ file, root }: ComposeDocument, reader: LocatedReader, folder = folderOf(file)): Model {
  const used = [...root.entries].filter(([key]) => key === 'services' || key === 'include' || key.startsWith('x-'));
  const model = { ...root, entries: new Map(used) };
  return { file, folder, root: withServices(model, (service) => normaliseService(service, reader)) };
}

/** The services of a model, whatever stands under their names. */
export function servicesOf(root: LocatedMapping): ReadonlyMap<string, LocatedEntry> {
  const services = entryOf(root, 'services');
  return services?.kind === 'mapping' ? services.entries : new Map();
}

/** The model with each service that is a mapping changed. */
export function withServices(
  root: LocatedMapping,
  change: (service: LocatedMapping, name: string) => LocatedMapping,
): LocatedMapping {
  const services = root.entries.get('services');
  if (services?.value.kind !== 'mapping') return root;
  const entries = [...services.value.entries].map(([name, { key, value }]): [string, LocatedEntry] => [
    name,
    { key, value: value.kind === 'mapping' ? change(value, name) : value },
  ]);
  const value = { ...services.value, entries: new Map(entries) };
  return { ...root, entries: new Map(root.entries).set('services', { ...services, value }) };
}
