import { describe, expect, it } from 'vitest';
import { renderClusterQueries, renderFamilyQueries } from '../../../../lib/cloudwatch/monitoring/insights-queries.ts';
import type { TemplatePart } from '../../../../lib/cloudwatch/monitoring/template-part.ts';
import { DROP_TEXTS } from '../../../../lib/explain/report.ts';
import { connectFamily, familyOf } from './monitored-families.ts';
import { realOutput, TASKS, valuesAt } from './real-output.ts';

const cluster = renderClusterQueries(connectFamily);
const family = renderFamilyQueries(connectFamily);

function queriesOf({ Resources }: TemplatePart): ReadonlyMap<string, string> {
  return new Map(
    Object.values(Resources).map(({ Properties: { Name, QueryString } }) => [String(Name), String(QueryString)]),
  );
}

/** Where a query's fields lie in what is written. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  document: [],
  summary: [],
  directive: ['_aws', 'CloudWatchMetrics'],
  metric: ['_aws', 'CloudWatchMetrics', 'Metrics'],
  target: ['down', 'first'],
  family: ['families'],
  fault: ['missingDimensions', 'first'],
};

/** Paths such as `document.ClusterName`, outside of texts. */
function fieldsOf(query: string): readonly string[] {
  const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const roots = Object.keys(ROOTS).join('|');
  return [...new Set(bare.match(new RegExp(`\\b(?:${roots})\\.[A-Za-z_][A-Za-z0-9_.]*`, 'g')))];
}

describe('saved queries', () => {
  const all = [...queriesOf(family), ...queriesOf(cluster)].map(([name, query]) => ({ name, query }));

  it('are six for a family and six for a cluster, in folders, over the log group of the documents', () => {
    const names = [
      'documents by metric',
      'drops by reason',
      'targets down',
      'why is my metric not there',
      'missing dimensions',
    ];
    expect([...queriesOf(family).keys()]).toEqual(
      [...names, 'label sets'].map((name) => `prom-emf/prod/connect/${name}`),
    );
    expect([...queriesOf(cluster).keys()]).toEqual([...names, 'families'].map((name) => `prom-emf/prod/${name}`));
    const groups = Object.values({ ...family.Resources }).flatMap(({ Properties }) => Properties.LogGroupNames);
    expect(new Set(groups)).toEqual(new Set(['/aws/lambda/prom-emf-dev-scrape']));
  });

  it.each(all)('read only fields that are written: $name', async ({ query }) => {
    const { documents, summary } = await realOutput();
    const fields = fieldsOf(query);
    expect(fields.length).toBeGreaterThan(2);
    // What another version of the exporter or another scrape would have; its names come from elsewhere.
    const absent = fields.filter((field) => {
      const [root = '', ...path] = field.split('.');
      return valuesAt([documents, summary], [...(ROOTS[root] ?? ['?']), ...path]).length === 0;
    });
    expect(absent.filter((field) => !field.startsWith('family.dropped.') && !/\.(task|area)$/.test(field))).toEqual([]);
  });

  it('count every reason for which a sample is dropped', () => {
    const query = queriesOf(family).get('prom-emf/prod/connect/drops by reason') ?? '';
    const reasons = fieldsOf(query).filter((field) => field.startsWith('family.dropped.'));
    expect(reasons.sort()).toEqual(
      Object.keys(DROP_TEXTS)
        .map((reason) => `family.dropped.${reason}`)
        .sort(),
    );
  });

  it('group by labels that are a dimension, as others are absent where samples share a document', async () => {
    const { documents } = await realOutput();
    const shared = documents.filter((document) => valuesAt(document, [TASKS]).length > 1);
    expect(valuesAt(shared, ['connector'])).toEqual(['sink']);
    expect(valuesAt(shared, ['instance'])).toEqual([]);
    const query = queriesOf(family).get('prom-emf/prod/connect/label sets') ?? '';
    const dimensions = connectFamily.customDeclarations.concat(
      connectFamily.exporters.flatMap(({ declarations }) => declarations),
    );
    const names = new Set(dimensions.flatMap((declaration) => declaration.dimensions ?? []).flat());
    const grouped = fieldsOf(query.slice(query.indexOf(' by '))).map((field) => field.replace('document.', ''));
    expect(grouped.filter((name) => name !== 'ServiceName' && !names.has(name))).toEqual([]);
  });

  it('tell the documents of a family from others', () => {
    expect(queriesOf(family).get('prom-emf/prod/connect/label sets')).toBe(
      [
        'fields jsonParse(@message) as document',
        'filter ispresent(document._aws.Timestamp) and document.ClusterName = "prod" and document.TaskDefinitionFamily = "connect"',
        'filter @message not like /"Namespace":"PromEmf"/',
        'stats count(*) as documents by document.ServiceName, document.area, document.connector, document.task',
        'sort documents desc',
        'limit 100',
      ].join('\n| '),
    );
  });

  it('escape quotes, and leave out labels that no path can name', () => {
    const customDeclarations = [{ dimensions: [['a-b', 'c']], metric_selectors: ['m'] }];
    const odd = queriesOf(renderFamilyQueries(familyOf('a"b\\', { customDeclarations })));
    const query = [...odd.values()].at(-1);
    expect(query).toContain('document.TaskDefinitionFamily = "a\\"b\\\\"');
    expect(query).toContain('by document.ServiceName, document.c\n');
  });

  it('have names that CloudWatch takes, also of the longest families', () => {
    const long = renderFamilyQueries(familyOf('x'.repeat(255), { cluster: 'y'.repeat(255) }));
    for (const name of queriesOf(long).keys()) expect(name.length).toBeLessThanOrEqual(255);
    expect(queriesOf(long).size).toBe(6);
  });
});
