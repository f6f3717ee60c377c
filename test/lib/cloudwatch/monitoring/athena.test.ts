import { describe, expect, it } from 'vitest';
import { renderAthena } from '../../../../lib/cloudwatch/monitoring/athena.ts';
import { realOutput, valuesAt } from './real-output.ts';

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

  it('escapes a quote in a name', () => {
    const hostile = renderAthena({ cluster: "it's" }).Resources.TopMetricsQuery;
    expect(hostile?.Properties.QueryString).toContain("= 'it''s'");
  });
});
