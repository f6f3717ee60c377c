import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderAthena } from '../../../../lib/cloudwatch/monitoring/athena.ts';
import { LATENCY, realOutput, TASKS, valuesAt } from './real-output.ts';

const { Resources } = renderAthena({ cluster: 'prod-EU_1' });
const table = Resources.ArchiveTable?.Properties.TableInput as {
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly StorageDescriptor: { readonly Columns: readonly unknown[] };
};
const queries = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Athena::NamedQuery');

describe('renderAthena', () => {
  it('finds a day of the archive by its folder', () => {
    expect(table.Parameters['storage.location.template']).toEqual({
      'Fn::Sub': 's3://${ArchiveBucketName}/${ArchivePrefix}/day=${!day}/',
    });
    expect(table.Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.day.type': 'date',
      'projection.day.format': 'yyyy-MM-dd',
    });
    expect(table.StorageDescriptor.Columns).toEqual([
      { Name: 'document', Type: 'string', Comment: 'An EMF document as JSON' },
    ]);
  });

  it('names the database in lower case, and every part only where there is an archive', () => {
    expect(queries.map(({ Properties }) => Properties.Database)).toEqual(['prom_emf_prod_eu_1', 'prom_emf_prod_eu_1']);
    expect(Object.values(Resources).map(({ Condition }) => Condition)).toEqual(Array(4).fill('KeepsArchive'));
  });

  it.each(queries)('reads only fields that are written: $Properties.Name', async ({ Properties }) => {
    const { documents } = await realOutput();
    const query = String(Properties.QueryString);
    const paths = [...query.matchAll(/json_extract(?:_scalar)?\((\w+), '\$(?:\.([\w.]+)|\["([^"]+)"\])'\)/g)];
    const roots: Readonly<Record<string, readonly string[]>> = {
      document: [],
      directive: ['_aws', 'CloudWatchMetrics'],
      metric: ['_aws', 'CloudWatchMetrics', 'Metrics'],
    };
    expect(paths.length).toBe((query.match(/json_extract/g) ?? []).length);
    for (const [, root = '', path, label = ''] of paths) {
      const keys = [...(roots[root] ?? ['?']), ...(path?.split('.') ?? [label])];
      expect(valuesAt(documents, keys), keys.join('.')).not.toEqual([]);
    }
  });

  it('reads a metric of one sample and of several, which are a list', async () => {
    const { documents } = await realOutput();
    expect(documents.map((each) => (each as Readonly<Record<string, unknown>>)[TASKS])).toEqual([[2, 1], 3]);
    const query = String(Resources.TaskCountsQuery?.Properties.QueryString);
    const scalar = `json_extract_scalar(document, '$["${TASKS}"]')`;
    const list = `json_extract(document, '$["${TASKS}"]')`;
    expect(query).toContain(
      `max(coalesce(TRY_CAST(${scalar} AS double), array_max(TRY_CAST(${list} AS array(double))))) AS tasks`,
    );
    // json_extract_scalar of a list is NULL.
    expect(query).toContain(`AND ${list} IS NOT NULL`);
  });

  it('finds in a histogram the keys that the documentation reads', async () => {
    const { documents } = await realOutput();
    const documentation = readFileSync(new URL('../../../../docs/cloudwatch.md', import.meta.url), 'utf8');
    const keys = [...documentation.matchAll(/'\$\["(\w+)"\]\.(\w+)'/g)].map(([, name, key]) => [name, key]);
    expect(keys).toEqual([
      [LATENCY, 'Sum'],
      [LATENCY, 'Count'],
    ]);
    expect(keys.map(([name = '', key = '']) => valuesAt(documents, [name, key]))).toEqual([[2], [8]]);
  });

  it('escapes a quote in a name', () => {
    const hostile = renderAthena({ cluster: "it's" }).Resources.TopMetricsQuery;
    expect(hostile?.Properties.QueryString).toContain("= 'it''s'");
  });
});
