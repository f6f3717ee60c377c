import type { LocatedDocument, Path } from '../../document/document.ts';
import { formatPath, type Problem } from '../../document/problem.ts';
import { compileRegex } from '../../prometheus/regex.ts';
import type { RulePack } from './rule-pack.ts';

/** A metric that a part of the pack names, and the dimensions it wants beside the family's. */
type Mention = { readonly path: Path; readonly metric: string; readonly dimensions?: readonly string[] | undefined };

type Fault = { readonly path: Path; readonly text: string };

/** Dimensions whose values are those of the family itself. */
const FAMILY_DIMENSIONS: readonly string[] = ['ClusterName', 'TaskDefinitionFamily', 'ServiceName'];

/**
 * A problem for each metric that a widget, alarm or unit names and no declaration publishes in that way, and for each
 * name of an alarm that comes twice.
 */
export function checkRulePack(pack: RulePack, document: LocatedDocument): Problem[] {
  return [...unpublishedMetrics(pack), ...repeatedAlarms(pack)].map(({ path, text }) => ({
    severity: 'error',
    place: document.place(path),
    path: formatPath(path),
    text,
  }));
}

function unpublishedMetrics(pack: RulePack): Fault[] {
  const declarations = [...pack.metric_declaration, ...(pack.added_metric_declaration ?? [])];
  const selectable = declarations.map(({ metric_selectors, dimensions }) => ({
    selectors: metric_selectors.map(compileRegex),
    extras: dimensions.map((names) => names.filter((name) => !FAMILY_DIMENSIONS.includes(name))),
  }));
  return mentionsOf(pack).flatMap((mention) => {
    const selecting = selectable.filter(({ selectors }) => selectors.some(({ search }) => search(mention.metric)));
    const extras = selecting.flatMap((declaration) => declaration.extras);
    const text = selecting.length === 0 ? unselectedText(mention) : undeclaredText(mention, extras);
    return text === undefined ? [] : [{ path: mention.path, text }];
  });
}

/** A widget or an alarm without `dimensions` wants the metric of the whole family. */
function mentionsOf({ metric_unit = {}, widgets = [], alarms = [], optional = [] }: RulePack): Mention[] {
  return [
    ...Object.keys(metric_unit).map((metric) => ({ path: ['metric_unit', metric], metric })),
    ...widgets.flatMap(({ metrics }, widget) =>
      metrics.map(({ metric, dimensions = [] }, index) => ({
        path: ['widgets', widget, 'metrics', index],
        metric,
        dimensions,
      })),
    ),
    ...alarms.map(({ metric, dimensions = [] }, index) => ({ path: ['alarms', index], metric, dimensions })),
    ...optional.map(({ metric }, index) => ({ path: ['optional', index], metric })),
  ];
}

function unselectedText({ metric }: Mention): string {
  return `expected a metric that a declaration of the pack selects, found ${JSON.stringify(metric)}; add a selector`;
}

function undeclaredText({ metric, dimensions }: Mention, extras: readonly (readonly string[])[]): string | undefined {
  if (dimensions === undefined || extras.some((names) => isSameSet(names, dimensions))) return undefined;
  const sets = extras.map((names) => `[${names.join(', ')}]`).join(' or ');
  return `expected the dimensions ${sets} with which the pack declares ${JSON.stringify(metric)}, found [${dimensions.join(', ')}]`;
}

function isSameSet(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && names.every((name) => others.includes(name));
}

function repeatedAlarms({ alarms = [] }: RulePack): Fault[] {
  const names = alarms.map(({ name }) => name);
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    const text = `expected a name of its own, found ${JSON.stringify(name)} again; rename one`;
    return [{ path: ['alarms', index, 'name'], text }];
  });
}
