import { applyExtends, type Loading } from './compose-extends.ts';
import { type Merging, mergeValues, settled } from './compose-merge.ts';
import { type ComposeText, type Model, modelOf } from './compose-model.ts';
import { findNamed, folderOf } from './compose-path.ts';
import { entryOf, type LocatedMapping, type LocatedValue, type MergeTag } from './located-value.ts';

/** Deeper includes are not written by hand. */
const MAX_DEPTH = 100;

/** The documents of the files laid on each other in order, with what they include and extend. `folder`: the project's. */
export function mergeFiles(
  texts: readonly ComposeText[],
  folder: string,
  loading: Loading,
  trail: readonly string[] = [],
): LocatedMapping | undefined {
  let merged: LocatedMapping | undefined;
  for (const document of texts.flatMap(loading.documentsOf)) {
    const model = modelOf(document, loading.reader, folder);
    const root = applyExtends({ ...model, root: applyIncludes(model, loading, [...trail, document.file]) }, loading);
    const laid: LocatedValue = merged === undefined ? root : mergeValues(merged, root, [], loading.merging);
    merged = laid.kind === 'mapping' ? laid : merged;
  }
  return merged;
}

/** The model laid on the services of the files it includes. */
function applyIncludes(model: Model, loading: Loading, trail: readonly string[]): LocatedMapping {
  const written = entryOf(model.root, 'include');
  const entries = new Map([...model.root.entries].filter(([key]) => key !== 'include'));
  const own: LocatedMapping = { ...model.root, entries };
  if (written?.kind === 'scalar' && written.value === null) return own;
  if (written !== undefined && written.kind !== 'list') {
    loading.reader.report(
      'error',
      written.place,
      ['include'],
      'expected a list of files, found something else; write - FILE',
    );
  }
  const items = written?.kind === 'list' ? written.items : [];
  return items.reduce<LocatedMapping>((root, item, index) => {
    const included = includeItem(item, ['include', index], { model, loading, trail });
    return included === undefined ? root : layOn(included, root, loading);
  }, own);
}

type Including = { readonly model: Model; readonly loading: Loading; readonly trail: readonly string[] };

/** One entry of `include`: a path, or `{path, project_directory, env_file}` whose path may be a list of files. */
function includeItem(item: LocatedValue, path: (string | number)[], { model, loading, trail }: Including) {
  const { reader } = loading;
  const report = (severity: 'error' | 'warning', text: string) => reader.report(severity, item.place, path, text);
  const written = item.kind === 'mapping' ? entryOf(item, 'path') : item;
  const paths = (written?.kind === 'list' ? written.items : [written]).flatMap((one) => reader.text(one, path) ?? []);
  if (paths.length === 0)
    return report('error', 'expected the path of a file, or a mapping with path, found neither; write - FILE');
  const texts = paths.map((name) => findNamed(loading.texts, name, [model.folder, folderOf(model.file)]));
  const unseen = paths.filter((_, index) => texts[index] === undefined);
  for (const name of unseen) report('warning', `what ${name} holds is not seen: give that file too`);
  const [first] = texts;
  if (first === undefined || unseen.length > 0) return undefined;
  if (trail.includes(first.file))
    return report('error', 'expected no circle, found a file that includes itself; remove one include');
  if (trail.length > MAX_DEPTH)
    return report(
      'error',
      `expected includes at most ${MAX_DEPTH} deep, found more; include the last files from the first`,
    );
  if (entryOf(item, 'env_file') !== undefined)
    report('warning', 'variables of env_file are not read; set them where this is rendered');
  const folder = reader.text(entryOf(item, 'project_directory'), [...path, 'project_directory']);
  const found = texts.flatMap((text) => text ?? []);
  const own = folder === undefined ? folderOf(first.file) : `${folder.startsWith('/') ? '' : model.folder}${folder}/`;
  return includeFiles(found, own, loading, trail);
}

/** As `mergeFiles`, once for the same files: they may be included in many ways. */
function includeFiles(texts: readonly ComposeText[], folder: string, loading: Loading, trail: readonly string[]) {
  const { included } = loading;
  const key = JSON.stringify([folder, ...texts.map(({ file }) => file)]);
  const root = included.has(key) ? included.get(key) : mergeFiles(texts, folder, loading, trail);
  included.set(key, root);
  return root;
}

/**
 * Own services laid on the included ones, which come first; other sections of an included file stay there. As in
 * compose-go `!override` and `!reset` of a whole service, or of all, are about earlier files and not about included ones.
 */
function layOn(included: LocatedMapping, root: LocatedMapping, { merging }: Loading): LocatedMapping {
  const services = entryOf(settled(included), 'services');
  if (services?.kind !== 'mapping') return root;
  const own = root.entries.get('services');
  const entries = new Map(services.entries);
  for (const [name, entry] of own?.value.kind === 'mapping' ? own.value.entries : []) {
    const base = entries.get(name)?.value;
    const value = base === undefined ? entry.value : layService(base, entry.value, name, merging);
    entries.set(name, { ...entry, value });
  }
  const tag: MergeTag = own?.value.tag === 'override' ? 'override' : 'merge';
  const value = { ...services, tag, entries };
  return { ...root, entries: new Map(root.entries).set('services', { key: own?.key ?? services.place, value }) };
}

function layService(base: LocatedValue, own: LocatedValue, name: string, merging: Merging): LocatedValue {
  if (base === own) return base;
  if (own.tag === 'merge') return mergeValues(base, own, ['services', name], merging);
  const laid = own.tag === 'reset' ? base : mergeValues(base, { ...own, tag: 'merge' }, ['services', name], merging);
  return { ...laid, tag: 'override' };
}
