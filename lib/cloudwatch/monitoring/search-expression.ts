/** Which metrics a search finds. */
export type Search = {
  readonly namespace: string;
  /** Names of all dimensions the metrics have; without, metrics of any dimensions. */
  readonly dimensions: readonly string[] | undefined;
  /** Without, metrics of any name. */
  readonly metric?: string;
  /** Values of dimensions that are known. */
  readonly values: ReadonlyMap<string, string>;
};

const MAX_QUERY_LENGTH = 1024;

/**
 * A SEARCH expression; `period` in seconds. A term that CloudWatch has no way to write (with a single quote), or that
 * makes the query longer than 1024 characters, is left out: the search then finds more, never less.
 * Source: CloudWatch User Guide, search expression syntax.
 */
export function renderSearch(search: Search, stat: string, period: number): string {
  const terms = termsOf(search).filter(isWritable);
  while (terms.length > 1 && terms.join(' ').length > MAX_QUERY_LENGTH) terms.pop();
  return `SEARCH('${terms.join(' ')}', '${stat}', ${period})`;
}

function isWritable(text: string): boolean {
  return !text.includes("'");
}

/** The most telling terms first. */
function termsOf({ namespace, dimensions, metric, values }: Search): string[] {
  const known = [...values].filter(([name]) => dimensions?.includes(name) ?? true);
  const schema = dimensions?.every(isWritable) ? dimensions : undefined;
  return [
    schema === undefined ? `Namespace=${exact(namespace)}` : `{${[namespace, ...schema].map(schemaName).join(',')}}`,
    ...(metric === undefined ? [] : [`MetricName=${exact(metric)}`]),
    ...known.map(([name, value]) => `${name}=${exact(value)}`),
  ];
}

function schemaName(name: string): string {
  return /^[A-Za-z0-9]+$/.test(name) ? name : exact(name);
}

function exact(text: string): string {
  return `"${text.replace(/["\\()]/g, '\\$&')}"`;
}
