import type { MetricDeclaration } from '../agent-config.ts';
import { metricNamesOf } from './metric-names.ts';
import type { MonitoredExporter, MonitoredFamily } from './monitored-family.ts';
import { dimensionSetsOf, extraDimensions, knownDimensions, setWith } from './published-metric.ts';
import type { Statistic, Widget } from './rule-widgets.ts';
import { renderSearch } from './search-expression.ts';

/** A line of a graph, or the lines a search finds. Source: dashboard body structure, format of each metric. */
export type MetricEntry =
  | readonly [...string[], { readonly stat: Statistic }]
  | readonly [{ readonly expression: string }];

/** A graph before it has a place. */
export type Graph = { readonly title: string; readonly metrics: readonly MetricEntry[] };

/** Graphs that belong together, under a heading. */
export type GraphSection = { readonly heading: string; readonly graphs: readonly Graph[] };

/** Seconds: metrics of a minute are kept for 15 days, and CloudWatch takes longer periods for older ones. */
export const PERIOD = 60;

/** Up to 100 searches to a graph. Source: search expression limits. */
const MAX_ENTRIES = 100;

/** The graphs of a family: those its rule packs know, then those of its own rules. */
export function sectionsOf(family: MonitoredFamily): readonly GraphSection[] {
  const custom = customGraphs(family, family.customDeclarations);
  const sections = [
    ...family.exporters.map((exporter) => ({ heading: exporter.title, graphs: exporterGraphs(family, exporter) })),
    { heading: 'Custom rules', graphs: custom },
  ];
  return sections.filter(({ graphs }) => graphs.length > 0);
}

/** A pack without widgets is shown by its declarations. */
function exporterGraphs(family: MonitoredFamily, { widgets, declarations }: MonitoredExporter): readonly Graph[] {
  if (widgets.length === 0) return customGraphs(family, declarations);
  return widgets.flatMap((widget) => split(widgetGraph(family, widget, declarations)));
}

function widgetGraph(family: MonitoredFamily, widget: Widget, declarations: readonly MetricDeclaration[]): Graph {
  const metrics = widget.metrics.map(({ metric, stat, dimensions = [] }) =>
    entryOf(family, { metric, set: setWith(dimensionSetsOf(declarations, metric), dimensions) }, stat),
  );
  return { title: widget.title, metrics };
}

function split({ title, metrics }: Graph): Graph[] {
  const parts = Math.ceil(metrics.length / MAX_ENTRIES);
  return Array.from({ length: parts }, (_, part) => ({
    title,
    metrics: metrics.slice(part * MAX_ENTRIES, (part + 1) * MAX_ENTRIES),
  }));
}

/** One graph for each name and dimension set; where names are not a finite list, one for each dimension set. */
function customGraphs(family: MonitoredFamily, declarations: readonly MetricDeclaration[]): readonly Graph[] {
  const graphs = declarations.flatMap(({ metric_selectors = [], dimensions = [] }) =>
    metric_selectors.flatMap((selector) => dimensions.flatMap((set) => selectorGraphs(family, selector, set))),
  );
  return [...new Map(graphs.map((graph) => [JSON.stringify(graph), graph])).values()];
}

function selectorGraphs(family: MonitoredFamily, selector: string, set: readonly string[]): Graph[] {
  const extras = extraDimensions(set);
  const by = extras.length === 0 ? '' : ` by ${extras.join(', ')}`;
  const names = metricNamesOf(selector);
  if (names === undefined) return [{ title: `All metrics${by}`, metrics: [entryOf(family, { set }, 'Average')] }];
  return names.map((metric) => ({
    title: metric + by,
    metrics: [entryOf(family, { metric, set }, defaultStatistic(metric))],
  }));
}

/** Counters arrive as their increase; other metrics as values. */
function defaultStatistic(metric: string): Statistic {
  return isCounterName(metric) ? 'Sum' : 'Average';
}

/** Whether a metric is named as counters are. Source: Prometheus and OpenMetrics naming conventions. */
export function isCounterName(metric: string): boolean {
  return /_(total|count|sum)$/.test(metric);
}

/** The metric itself where the values of all its dimensions are known, otherwise a search for them. */
function entryOf(
  family: MonitoredFamily,
  { metric, set }: { readonly metric?: string; readonly set: readonly string[] | undefined },
  stat: Statistic,
): MetricEntry {
  const known = knownDimensions(family);
  const values = set?.map((name) => [name, known.get(name)] as const) ?? [];
  const isKnown = (value: readonly [string, string | undefined]): value is [string, string] => value[1] !== undefined;
  if (metric !== undefined && set !== undefined && values.every(isKnown))
    return [family.namespace, metric, ...values.filter(isKnown).flat(), { stat }];
  const { namespace } = family;
  const search = { namespace, dimensions: set, values: known, ...(metric !== undefined && { metric }) };
  return [{ expression: renderSearch(search, stat, PERIOD) }];
}
