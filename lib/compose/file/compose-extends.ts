import type { Problem } from '../../document/problem.ts';
import { type Merging, mergeValues, settled } from './compose-merge.ts';
import {
  type ComposeDocument,
  type ComposeText,
  type Model,
  modelOf,
  servicesOf,
  withServices,
} from './compose-model.ts';
import { findNamed, folderOf } from './compose-path.ts';
import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedEntry, type LocatedMapping, type LocatedValue } from './located-value.ts';

/** What loading a project needs at every step. */
export type Loading = {
  /** All files that `extends` and `include` may name. */
  readonly texts: readonly ComposeText[];
  readonly documentsOf: (text: ComposeText) => readonly ComposeDocument[];
  readonly reader: LocatedReader;
  readonly merging: Merging;
  /** What `extends` found in other files so far. */
  readonly scopes: Map<string, Scope>;
  /** What `include` found so far, by the files and their folder. */
  readonly included: Map<string, LocatedMapping | undefined>;
};

/** Longer chains are not written by hand. */
const MAX_CHAIN = 100;

/** Services that can extend each other by name, and those that are done. */
type Scope = Pick<Model, 'file' | 'folder'> & {
  readonly services: ReadonlyMap<string, LocatedEntry>;
  readonly extended: Map<string, LocatedMapping>;
};
type Step = { readonly name: string; readonly scope: Scope };

/** The model with each service laid on the one it extends, in the same document or in another file. */
export function applyExtends(model: Model, loading: Loading): LocatedMapping {
  const scope = scopeOf(model);
  return withServices(model.root, (service, name) => extendService({ name, scope }, loading, []) ?? service);
}

function scopeOf({ file, folder, root }: Model): Scope {
  return { file, folder, services: servicesOf(root), extended: new Map() };
}

/** `trail`: the services on the way here. */
function extendService(step: Step, loading: Loading, trail: readonly Step[]): LocatedMapping | undefined {
  const { name, scope } = step;
  const before = scope.extended.get(name);
  if (before !== undefined) return before;
  const service = scope.services.get(name)?.value;
  if (service?.kind !== 'mapping') return undefined;
  const base = extendedBy(step, service, loading, [...trail, step]);
  const own = { ...service, entries: new Map([...service.entries].filter(([key]) => key !== 'extends')) };
  const merged = base === undefined ? own : mergeValues(settled(base), own, ['services', name], loading.merging);
  if (merged.kind !== 'mapping') return undefined;
  scope.extended.set(name, merged);
  return merged;
}

/** The service that a service extends, if it does; what is wrong with that is a problem. */
function extendedBy(step: Step, service: LocatedMapping, loading: Loading, trail: readonly Step[]) {
  const { name, scope } = step;
  const { reader } = loading;
  const written = entryOf(service, 'extends');
  if (written === undefined) return undefined;
  const path = ['services', name, 'extends'];
  const wanted = reader.text(written, path) ?? reader.text(entryOf(written, 'service'), [...path, 'service']);
  const file = reader.text(entryOf(written, 'file'), [...path, 'file']);
  const found = file === undefined ? scope : fileScope(file, scope, loading);
  const report = (severity: Problem['severity'], text: string) => reader.report(severity, written.place, path, text);
  if (found === undefined) return report('warning', `what ${file} holds is not seen: give that file too`);
  const base = found.services.get(wanted ?? '')?.value;
  if (wanted === undefined || base === undefined || base.tag === 'reset') {
    const known = [...found.services.keys()].filter((other) => other !== name || found !== scope).join(', ');
    const text = `expected the name of a service in ${found.file}${known && ` (${known})`}, found ${JSON.stringify(wanted ?? null)}; correct it, or remove extends`;
    return report('error', text);
  }
  if (trail.some((other) => other.name === wanted && other.scope.file === found.file))
    return report('error', 'expected no circle, found a service that extends itself; remove one extends');
  if (trail.length >= MAX_CHAIN)
    return report(
      'error',
      `expected a chain of at most ${MAX_CHAIN} services, found more; extend the last service directly`,
    );
  return extendService({ name: wanted, scope: found }, loading, trail);
}

/** The services of another file, all its documents merged; what that file includes is not seen by who extends it. */
function fileScope(written: string, from: Scope, loading: Loading): Scope | undefined {
  const text = findNamed(loading.texts, written, [from.folder, folderOf(from.file)]);
  if (text === undefined) return undefined;
  const before = loading.scopes.get(text.file);
  if (before !== undefined) return before;
  const models = loading.documentsOf(text).map((document) => modelOf(document, loading.reader));
  const [first, ...others] = models;
  const root = others.reduce<LocatedValue | undefined>(
    (merged, model) => merged && mergeValues(merged, model.root, [], loading.merging),
    first?.root,
  );
  const services = root?.kind === 'mapping' ? servicesOf(root) : new Map();
  const scope = { file: text.file, folder: folderOf(text.file), services, extended: new Map() };
  loading.scopes.set(text.file, scope);
  return scope;
}
