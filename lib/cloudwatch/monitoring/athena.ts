import { ARCHIVE_BUCKET_PARAMETER, ARCHIVE_CONDITION, ARCHIVE_PREFIX_PARAMETER, DAY_FOLDER } from './log-archive.ts';
import { boundedName, type Resource, type TemplatePart } from './template-part.ts';

const TABLE = 'emf_documents';
/** The only column: a JSON SerDe would fold the names of labels to lower case, and needs all of them beforehand. */
const DOCUMENT = 'document';

/**
 * An Athena table over the archived EMF documents of a cluster (one JSON document a row, partitions by day without a
 * crawler) and two example queries. Nothing unless the archive has a bucket.
 */
export function renderAthena({ cluster }: { readonly cluster: string }): TemplatePart {
  const database = databaseName(cluster);
  const named = (Name: string, Description: string, QueryString: string): Resource => ({
    Type: 'AWS::Athena::NamedQuery',
    Condition: ARCHIVE_CONDITION,
    DependsOn: ['ArchiveTable'],
    Properties: { Database: database, Name: `${boundedName(cluster, 80)}-${Name}`, Description, QueryString },
  });
  return {
    Resources: {
      ArchiveDatabase: {
        Type: 'AWS::Glue::Database',
        Condition: ARCHIVE_CONDITION,
        Properties: {
          CatalogId: { Ref: 'AWS::AccountId' },
          DatabaseInput: { Name: database, Description: `EMF documents of ECS cluster ${cluster}` },
        },
      },
      ArchiveTable: tableOf(database),
      TaskCountsQuery: named('connector-tasks', 'Tasks of each Kafka Connect connector over time', taskCounts(cluster)),
      TopMetricsQuery: named('top-metrics', 'Metrics by the number of documents that carry them', topMetrics(cluster)),
    },
  };
}

/** Glue takes lower case; ECS clusters have letters, digits, - and _. */
function databaseName(cluster: string): string {
  return boundedName(`prom_emf_${cluster}`, 128)
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_');
}

function tableOf(database: string): Resource {
  // Athena fills in the day; CloudFormation must leave it alone.
  const location = `s3://\${${ARCHIVE_BUCKET_PARAMETER}}/\${${ARCHIVE_PREFIX_PARAMETER}}/`;
  const TableInput = {
    Name: TABLE,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: [{ Name: DAY_FOLDER, Type: 'string' }],
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      [`projection.${DAY_FOLDER}.type`]: 'date',
      [`projection.${DAY_FOLDER}.format`]: 'yyyy-MM-dd',
      [`projection.${DAY_FOLDER}.range`]: '2024-01-01,NOW',
      'storage.location.template': { 'Fn::Sub': `${location}${DAY_FOLDER}=\${!${DAY_FOLDER}}/` },
    },
    StorageDescriptor: {
      Columns: [{ Name: DOCUMENT, Type: 'string', Comment: 'An EMF document as JSON' }],
      Location: { 'Fn::Sub': location },
      InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      SerdeInfo: {
        SerializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
        Parameters: { 'input.regex': '(.*)' },
      },
    },
  };
  const Properties = { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseName: database, TableInput };
  return { Type: 'AWS::Glue::Table', Condition: ARCHIVE_CONDITION, DependsOn: ['ArchiveDatabase'], Properties };
}

const SINCE_YESTERDAY = `${DAY_FOLDER} >= CAST(current_date - interval '1' day AS varchar)`;
const TIME = `from_unixtime(CAST(json_extract_scalar(${DOCUMENT}, '$._aws.Timestamp') AS bigint) / 1000)`;

function label(name: string): string {
  return `json_extract_scalar(${DOCUMENT}, '$["${name}"]')`;
}

/** The greatest value of a metric: of the number it is in a document, or of the numbers of several samples. */
function greatest(metric: string): string {
  return `coalesce(TRY_CAST(${label(metric)} AS double), array_max(TRY_CAST(${json(metric)} AS array(double))))`;
}

function json(name: string): string {
  return `json_extract(${DOCUMENT}, '$["${name}"]')`;
}

function ofCluster(cluster: string): string {
  return `${SINCE_YESTERDAY} AND ${label('ClusterName')} = '${cluster.replaceAll("'", "''")}'`;
}

const TASK_COUNT = 'kafka_connect_connect_worker_metrics_connector_total_task_count';

function taskCounts(cluster: string): string {
  return `SELECT date_trunc('minute', ${TIME}) AS minute,
  ${label('TaskDefinitionFamily')} AS family,
  ${label('connector')} AS connector,
  max(${greatest(TASK_COUNT)}) AS tasks
FROM ${TABLE}
WHERE ${ofCluster(cluster)}
  AND ${json(TASK_COUNT)} IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`;
}

function topMetrics(cluster: string): string {
  return `SELECT ${label('TaskDefinitionFamily')} AS family,
  json_extract_scalar(metric, '$.Name') AS metric,
  count(*) AS documents
FROM ${TABLE}
CROSS JOIN UNNEST(CAST(json_extract(${DOCUMENT}, '$._aws.CloudWatchMetrics') AS array(json))) AS directives (directive)
CROSS JOIN UNNEST(CAST(json_extract(directive, '$.Metrics') AS array(json))) AS metrics (metric)
WHERE ${ofCluster(cluster)}
GROUP BY 1, 2
ORDER BY documents DESC
LIMIT 100`;
}
