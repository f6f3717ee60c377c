import type { DropReason } from '../drop-reason.ts';
import { SELF_NAMESPACE } from '../self-metrics.ts';
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
      ...familiesOf(scope),
      `stats ${DROP_REASONS.map((reason) => `sum(family.dropped.${reason}) as ${reason}`).join(', ')} by family.family`,
    ],
    'targets down': [
      ...summariesOf(scope),
      'unnest summary.down.first into target',
      ...ofFamily(scope, 'target'),
      'stats count(*) as scrapes, latest(@timestamp) as seen, latest(target.error) as error by target.family, target.job, target.url',
      'sort scrapes desc',
    ],
    // From a target that is not there to a dimension that no sample has: the first column that falls to zero is why.
    'why is my metric not there': [
      ...familiesOf(scope),
      'stats sum(family.up) as up, sum(family.down) as down, sum(family.scraped) as scraped, sum(family.selected) as selected, sum(family.emitted) as emitted, sum(family.dropped.missing_dimension) as missing_dimension, sum(family.dropped.first_sample) as first_sample by family.family',
      'sort emitted asc',
    ],
    'missing dimensions': [
      ...summariesOf(scope),
      'unnest summary.missingDimensions.first into fault',
      ...ofFamily(scope, 'fault'),
      'stats sum(fault.samples) as samples, latest(fault.missing) as missing, latest(fault.present) as present, latest(fault.metric) as metric by fault.family, fault.declaration',
      'sort samples desc',
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

/** EMF documents of samples: those that prom-emf writes of itself have a namespace of their own. */
function documentsOf({ cluster, family }: Scope): readonly string[] {
  const named = family === undefined ? '' : ` and document.TaskDefinitionFamily = ${JSON.stringify(family)}`;
  return [
    'fields jsonParse(@message) as document',
    `filter ispresent(document._aws.Timestamp) and document.ClusterName = ${JSON.stringify(cluster)}${named}`,
    `filter @message not like /"Namespace":"${SELF_NAMESPACE}"/`,
  ];
}

/** The summaries of scrape. */
function summariesOf({ cluster }: Scope): readonly string[] {
  return [
    'fields jsonParse(@message) as summary',
    `filter ispresent(summary.families) and summary.cluster = ${JSON.stringify(cluster)}`,
  ];
}

/** What the summaries say of each family. */
function familiesOf(scope: Scope): readonly string[] {
  return [...summariesOf(scope), 'unnest summary.families into family', ...ofFamily(scope, 'family')];
}

function ofFamily({ family }: Scope, entry: string): readonly string[] {
  return family === undefined ? [] : [`filter ${entry}.family = ${JSON.stringify(family)}`];
}
