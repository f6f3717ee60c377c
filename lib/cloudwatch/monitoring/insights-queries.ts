import type { DropReason } from '../drop-reason.ts';
import type { MonitoredFamily } from './monitored-family.ts';
import { extraDimensions } from './published-metric.ts';
import { boundedName, logicalId, type Resource, type TemplatePart } from './template-part.ts';

/** Whose documents a query reads: those of a cluster, or of one family in it. */
type Scope = { readonly cluster: string; readonly family?: string; readonly logGroupName: string };

/** The columns of drops; a summary counts only the reasons that occurred. */
const DROP_REASONS = [
  'missing_dimension',
  'no_dimension_set',
  'first_sample',
  'negative_counter',
  'not_a_number',
  'out_of_range',
  'timestamp_out_of_window',
  'written_already',
  'duplicate',
  'repeated',
  'histogram',
  'histogram_bucket',
  'malformed_histogram',
  'no_observations',
  'too_many_observations',
  'untyped',
  'unsupported_type',
  'reserved_name',
  'metric_name',
  'dimension_value',
  'name_clash',
  'line_too_long',
] as const satisfies readonly DropReason[];

/** Saved queries over the documents and summaries of one family. */
export function renderFamilyQueries(family: MonitoredFamily): TemplatePart {
  const scope = { cluster: family.cluster, family: family.family, logGroupName: family.logGroupName };
  return renderQueries(scope, { ...sharedQueries(scope), 'label sets': labelSetsQuery(scope, family) });
}

/** Saved queries over everything that is written for a cluster. */
export function renderClusterQueries({ cluster, logGroupName }: Omit<Scope, 'family'>): TemplatePart {
  const scope = { cluster, logGroupName };
  return renderQueries(scope, { ...sharedQueries(scope), families: familiesQuery(scope) });
}

function renderQueries(scope: Scope, queries: Readonly<Record<string, readonly string[]>>): TemplatePart {
  const folder = ['prom-emf', scope.cluster, ...(scope.family === undefined ? [] : [scope.family])].join('/');
  const resources = Object.entries(queries).map(([name, commands]): [string, Resource] => {
    const Properties = {
      Name: `${boundedName(folder, 200)}/${name}`,
      LogGroupNames: [scope.logGroupName],
      QueryString: commands.join('\n| '),
    };
    return [logicalId('Query', name), { Type: 'AWS::Logs::QueryDefinition', Properties }];
  });
  return { Resources: Object.fromEntries(resources) };
}

function sharedQueries(scope: Scope) {
  return {
    // A document has up to a hundred samples of a metric, or a distribution: no query can count them.
    'documents by metric': [
      ...documentsOf(scope),
      'unnest document._aws.CloudWatchMetrics into directive',
      'unnest directive.Metrics into metric',
      'stats count(*) as documents by metric.Name',
      'sort documents desc',
    ],
    'drops by reason': [
      ...targetsOf(scope),
      `stats ${DROP_REASONS.map((reason) => `sum(target.dropped.${reason}) as ${reason}`).join(', ')} by target.family, target.job`,
    ],
    'targets down': [
      ...targetsOf(scope),
      'filter target.up = 0',
      'stats count(*) as scrapes, latest(@timestamp) as seen, latest(target.error) as error by target.family, target.job, target.url',
      'sort scrapes desc',
    ],
  } as const;
}

/**
 * Which values of its dimensions make how many documents, and so metrics. Labels that are no dimension tell nothing:
 * a document has them only where all of its samples do.
 */
function labelSetsQuery(scope: Scope, { exporters, customDeclarations }: MonitoredFamily): readonly string[] {
  const declarations = [...exporters.flatMap((exporter) => exporter.declarations), ...customDeclarations];
  const extras = declarations.flatMap(({ dimensions = [] }) => dimensions.flatMap(extraDimensions));
  // A name that is no legacy label name has no spelling in a path.
  const labels = [...new Set(['ServiceName', ...extras])].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const paths = labels.map((name) => `document.${name}`).join(', ');
  return [...documentsOf(scope), `stats count(*) as documents by ${paths}`, 'sort documents desc', 'limit 100'];
}

function familiesQuery(scope: Scope): readonly string[] {
  const sums = 'count(*) as documents, sum(strlen(@message)) as bytes';
  return [...documentsOf(scope), `stats ${sums} by document.TaskDefinitionFamily`, 'sort bytes desc'];
}

/** EMF documents. */
function documentsOf({ cluster, family }: Scope): readonly string[] {
  const ofFamily = family === undefined ? '' : ` and document.TaskDefinitionFamily = ${JSON.stringify(family)}`;
  return [
    'fields jsonParse(@message) as document',
    `filter ispresent(document._aws.Timestamp) and document.ClusterName = ${JSON.stringify(cluster)}${ofFamily}`,
  ];
}

/** What the summaries of scrape say of each target. They do not name the cluster. */
function targetsOf({ family }: Scope): readonly string[] {
  return [
    'fields jsonParse(@message) as summary',
    'filter ispresent(summary.outcome)',
    'unnest summary.targets into target',
    ...(family === undefined ? [] : [`filter target.family = ${JSON.stringify(family)}`]),
  ];
}
