import { compileRegex } from '../../prometheus/regex.ts';
import type { MetricDeclaration } from '../agent-config.ts';
import type { MonitoredFamily } from './monitored-family.ts';

/** The dimensions that every target of ECS can have. */
const SERVICE_NAME = 'ServiceName';
const BASE_DIMENSIONS: readonly string[] = ['ClusterName', 'TaskDefinitionFamily', SERVICE_NAME];

/** CloudFormation parameter: the service's name, which only its deployment knows. */
export const SERVICE_NAME_PARAMETER = 'ServiceName';

export type Dimension = { readonly Name: string; readonly Value: string | { readonly Ref: string } };

/** The values of dimensions that are known without asking. */
export function knownDimensions({ cluster, family }: MonitoredFamily): ReadonlyMap<string, string> {
  // The family tells more than the cluster: a search that is too long loses its last terms.
  return new Map([
    ['TaskDefinitionFamily', family],
    ['ClusterName', cluster],
  ]);
}

/** Whose values nobody knows before the metrics are there. */
export function extraDimensions(set: readonly string[]): string[] {
  return set.filter((name) => !BASE_DIMENSIONS.includes(name));
}

/** The dimension sets with which these declarations publish a metric. */
export function dimensionSetsOf(
  declarations: readonly MetricDeclaration[],
  metric: string,
): readonly (readonly string[])[] {
  return declarations
    .filter(({ metric_selectors = [] }) => metric_selectors.some((selector) => compileRegex(selector).search(metric)))
    .flatMap(({ dimensions = [] }) => dimensions);
}

/** The set among these that has exactly the extra dimensions, preferably one whose other values are known. */
export function setWith(
  sets: readonly (readonly string[])[],
  extras: readonly string[],
): readonly string[] | undefined {
  const wanted = JSON.stringify([...extras].sort());
  return bestOf(sets.filter((set) => JSON.stringify(extraDimensions(set).sort()) === wanted));
}

/** The dimensions of one metric of a family, and why it may never be published so. */
export type MetricDimensions = { readonly dimensions: readonly Dimension[]; readonly doubt: string | undefined };

/** The metric's dimensions with the values `given`; base dimensions are filled in as the declarations have them. */
export function resolveDimensions(
  family: MonitoredFamily,
  metric: string,
  given: Readonly<Record<string, string>>,
): MetricDimensions {
  const values = new Map(Object.entries(given));
  const declarations = [...family.exporters.flatMap((exporter) => exporter.declarations), ...family.customDeclarations];
  const sets = dimensionSetsOf(declarations, metric);
  const known = new Map([...knownDimensions(family), ...values]);
  const fits = (set: readonly string[]) =>
    [...values.keys()].every((name) => set.includes(name)) && extraDimensions(set).every((name) => values.has(name));
  const set = bestOf(sets.filter(fits), known);
  const names = set ?? [...new Set([...BASE_DIMENSIONS.filter((name) => known.has(name)), ...values.keys()])];
  return {
    dimensions: names.map((Name) => ({ Name, Value: known.get(Name) ?? { Ref: SERVICE_NAME_PARAMETER } })),
    doubt: set === undefined ? doubtOf(family.family, metric, sets) : undefined,
  };
}

/** Without a service's name where possible, then the most telling one. */
function bestOf(
  sets: readonly (readonly string[])[],
  known: ReadonlyMap<string, string> = new Map(),
): readonly string[] | undefined {
  const asks = (set: readonly string[]) => Number(set.includes(SERVICE_NAME) && !known.has(SERVICE_NAME));
  return [...sets].sort((a, b) => asks(a) - asks(b) || b.length - a.length)[0];
}

function doubtOf(family: string, metric: string, sets: readonly (readonly string[])[]): string {
  if (sets.length === 0) return `no declaration of family ${family} selects ${metric}; add one, or correct the name`;
  const published = [...new Set(sets.map((set) => `[${set.join(', ')}]`))].join(' and ');
  return `family ${family} publishes ${metric} with the dimensions ${published}; write values in Dimensions to match one`;
}

/** CloudFormation's part for the parameters that these dimensions refer to. */
export function dimensionParameters(
  dimensions: readonly Dimension[],
): Readonly<Record<string, Record<string, string>>> {
  if (dimensions.every(({ Value }) => typeof Value === 'string')) return {};
  return { [SERVICE_NAME_PARAMETER]: serviceNameParameter };
}

export const serviceNameParameter = {
  Type: 'String',
  Description: 'Name of the ECS service that runs the family, as in the ServiceName dimension of its metrics',
  AllowedPattern: '[A-Za-z0-9_-]{1,255}',
};
