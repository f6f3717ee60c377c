import { type ComposeText, parseCompose, servicesOf } from './compose-model.ts';
import type { Variables } from './interpolate.ts';
import { createReader } from './located-reader.ts';
import { entryOf, type LocatedMapping, type LocatedValue } from './located-value.ts';

/**
 * The files that a compose file names under `include`, `extends` and ScrapingConfigurationFile, as written with
 * variables replaced: relative to its own folder or to the first file's. What is wrong with the file is reported when
 * it is read with the others.
 */
export function filesNamedBy(text: ComposeText, variables: Variables): readonly string[] {
  const reader = createReader(variables, [], 'unescape');
  const named = parseCompose(text, []).flatMap(({ root }) => [...included(root), ...usedByServices(root)]);
  return [...new Set(named.flatMap((value) => reader.text(value, []) ?? []))];
}

function included(root: LocatedMapping): (LocatedValue | undefined)[] {
  return itemsOf(entryOf(root, 'include')).flatMap((item) =>
    item.kind === 'mapping' ? itemsOf(entryOf(item, 'path')) : [item],
  );
}

/** The items of a list, or the value that stands for a list of one. */
function itemsOf(value: LocatedValue | undefined): readonly LocatedValue[] {
  if (value?.kind === 'list') return value.items;
  return value === undefined ? [] : [value];
}

const SCRAPING_FILE = ['ContainersInsights', 'ScrapingConfiguration', 'ScrapingConfigurationFile'];

function usedByServices(root: LocatedMapping): (LocatedValue | undefined)[] {
  return [...servicesOf(root).values()].flatMap(({ value }) => [
    entryOf(entryOf(value, 'extends'), 'file'),
    ...['x-prometheus', 'x-prom-emf'].map((section) => SCRAPING_FILE.reduce(entryOf, entryOf(value, section))),
  ]);
}
