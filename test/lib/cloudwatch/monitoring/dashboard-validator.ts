/**
 * What is wrong with a dashboard body, by the rules CloudWatch publishes.
 * Source: CloudWatch API Reference, Dashboard Body Structure and Syntax; User Guide, search expression syntax and
 * service quotas.
 */
export function dashboardFaults(body: unknown): readonly string[] {
  if (!isMapping(body) || !Array.isArray(body.widgets)) return ['a dashboard has a list of widgets'];
  const widgets: readonly unknown[] = body.widgets;
  const faults = widgets.flatMap((widget, index) => widgetFaults(widget).map((fault) => `widgets[${index}]: ${fault}`));
  if (widgets.length > 500) faults.push(`a dashboard has at most 500 widgets, found ${widgets.length}`);
  const metrics = widgets.flatMap(metricsOf).length;
  if (metrics > 2500) faults.push(`a dashboard has at most 2500 metrics, found ${metrics}`);
  return [...faults, ...overlaps(widgets)];
}

const COMMON = ['type', 'x', 'y', 'width', 'height', 'properties'];
const METRIC_PROPERTIES = [
  ...['accountId', 'annotations', 'liveData', 'legend', 'metrics', 'period', 'region', 'sparkline', 'stacked', 'stat'],
  ...['table', 'timezone', 'title', 'view', 'yAxis'],
];
const VIEWS = ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'];
const RENDERING = ['accountId', 'color', 'expression', 'id', 'label', 'period', 'region', 'stat', 'visible', 'yAxis'];
const STATISTIC = /^(SampleCount|Average|Sum|Minimum|Maximum|p(100|[0-9]{1,2})(\.[0-9]+)?)$/;

function widgetFaults(widget: unknown): string[] {
  if (!isMapping(widget) || !isMapping(widget.properties)) return ['a widget has properties'];
  const { type, properties } = widget;
  const faults = [...unknownKeys(widget, COMMON), ...placeFaults(widget)];
  if (type === 'text') return [...faults, ...textFaults(properties)];
  if (type === 'metric') return [...faults, ...metricWidgetFaults(properties)];
  return [...faults, `unexpected type ${String(type)}`];
}

function placeFaults({ x, y, width, height }: Mapping): string[] {
  const within = (value: unknown, low: number, high: number) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
  const faults: string[] = [];
  if (!within(x, 0, 23) || !within(y, 0, Number.MAX_SAFE_INTEGER)) faults.push(`no place on the grid: ${x}, ${y}`);
  if (!within(width, 1, 24) || !within(height, 1, 1000)) faults.push(`no size on the grid: ${width}, ${height}`);
  if (Number(x) + Number(width) > 24) faults.push(`beyond 24 columns: ${x} + ${width}`);
  return faults;
}

function textFaults(properties: Mapping): string[] {
  const faults = unknownKeys(properties, ['markdown', 'background']);
  return typeof properties.markdown === 'string' ? faults : [...faults, 'a text widget has markdown'];
}

function metricWidgetFaults(properties: Mapping): string[] {
  const { metrics, period, region, title, view } = properties;
  const faults = unknownKeys(properties, METRIC_PROPERTIES);
  if (typeof region !== 'string' || !/^[a-z]{2,}(-[a-z]+)+-[0-9]$/.test(region)) faults.push(`no region: ${region}`);
  if (view !== undefined && !VIEWS.includes(String(view))) faults.push(`no view: ${view}`);
  if (title !== undefined && typeof title !== 'string') faults.push('a title is text');
  if (period !== undefined && (!Number.isInteger(period) || Number(period) % 60 !== 0)) faults.push(`period ${period}`);
  if (!Array.isArray(metrics) || metrics.length === 0) return [...faults, 'a metric widget has metrics'];
  if (metrics.length > 500) faults.push(`a widget has at most 500 metrics, found ${metrics.length}`);
  if (metrics.filter(isSearch).length > 100) faults.push('a graph has at most 100 searches');
  return [...faults, ...metrics.flatMap(metricFaults)];
}

function isSearch(metric: unknown): boolean {
  return Array.isArray(metric) && isMapping(metric[0]);
}

function metricFaults(metric: unknown): string[] {
  if (!Array.isArray(metric) || metric.length === 0) return ['a metric is a list'];
  const [first, ...others] = metric as readonly unknown[];
  if (isMapping(first)) {
    const faults = unknownKeys(first, RENDERING);
    return others.length === 0 ? [...faults, ...searchFaults(first.expression)] : [...faults, 'an expression is alone'];
  }
  const names = metric.filter((part) => typeof part === 'string');
  const rest = metric.slice(names.length);
  const faults = rest.flatMap((options) => (isMapping(options) ? renderingFaults(options) : ['options are a mapping']));
  if (rest.length > 1) faults.push('a metric has one mapping of options');
  if (names.length < 2 || names.length % 2 !== 0) faults.push(`a metric has a name and pairs: ${names.join(' ')}`);
  if (names.length > 2 + 2 * 30) faults.push('a metric has at most 30 dimensions');
  return faults;
}

function renderingFaults(options: Mapping): string[] {
  const { stat } = options;
  const known = unknownKeys(options, RENDERING);
  return stat === undefined || STATISTIC.test(String(stat)) ? known : [...known, `no statistic: ${stat}`];
}

/** A quoted text; quotes, backslashes and brackets are escaped. */
const EXACT = String.raw`"(?:[^"\\()']|\\["\\()])*"`;
const SCHEMA = String.raw`\{(?:[A-Za-z0-9]+|${EXACT})(?:,(?:[A-Za-z0-9]+|${EXACT}))*\}`;
const TERM = `[A-Za-z]+=${EXACT}`;
const QUERY = new RegExp(`^SEARCH\\('((?:${SCHEMA}|${TERM})?(?: ?${TERM})*)', '([^']+)', ([0-9]+)\\)$`);

function searchFaults(expression: unknown): string[] {
  const [, query, stat = '', period] = QUERY.exec(String(expression)) ?? [];
  if (query === undefined) return [`no search: ${expression}`];
  const faults: string[] = [];
  if (query.length === 0) faults.push('a search has a schema or a term');
  if (query.length > 1024) faults.push(`a search has at most 1024 characters, found ${query.length}`);
  if (!STATISTIC.test(stat)) faults.push(`no statistic: ${stat}`);
  if (Number(period) % 60 !== 0) faults.push(`period ${period}`);
  return faults;
}

function overlaps(widgets: readonly unknown[]): string[] {
  const taken = new Set<string>();
  return widgets.filter(isMapping).flatMap(({ x, y, width, height }, index) => {
    const cells = Array.from({ length: Number(width) * Number(height) }, (_, cell) => {
      const column = Number(x) + (cell % Number(width));
      return `${column} ${Number(y) + Math.floor(cell / Number(width))}`;
    });
    const clash = cells.some((cell) => taken.has(cell));
    for (const cell of cells) taken.add(cell);
    return clash ? [`widgets[${index}]: overlaps another`] : [];
  });
}

function metricsOf(widget: unknown): unknown[] {
  if (!isMapping(widget) || !isMapping(widget.properties)) return [];
  return Array.isArray(widget.properties.metrics) ? widget.properties.metrics : [];
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKeys(mapping: Mapping, known: readonly string[]): string[] {
  return Object.keys(mapping).flatMap((key) => (known.includes(key) ? [] : [`unknown key ${key}`]));
}
