import { describe, expect, it } from 'vitest';
import { renderSearch, type Search } from '../../../../lib/cloudwatch/monitoring/search-expression.ts';

describe('renderSearch', () => {
  const values = new Map([['ClusterName', 'prod']]);
  const rows: readonly { name: string; search: Search; expected: string }[] = [
    {
      name: 'leaves plain names in the schema bare and quotes all others',
      search: { namespace: 'Plain', dimensions: ['ClusterName', 'a_b'], metric: 'm', values },
      expected: `{Plain,ClusterName,"a_b"} MetricName="m" ClusterName="prod"`,
    },
    {
      name: 'knows no value of a dimension that the metrics do not have',
      search: { namespace: 'a/b', dimensions: ['x'], values },
      expected: '{"a/b",x}',
    },
    {
      name: 'finds metrics of any dimensions by namespace',
      search: { namespace: 'a/b', dimensions: undefined, metric: 'm', values },
      expected: 'Namespace="a/b" MetricName="m" ClusterName="prod"',
    },
    {
      name: 'escapes quotes, backslashes and brackets',
      search: { namespace: 'n', dimensions: ['ClusterName'], metric: 'a"b\\c(d)', values: new Map() },
      expected: String.raw`{n,ClusterName} MetricName="a\"b\\c\(d\)"`,
    },
    {
      name: 'leaves out a value with a single quote',
      search: { namespace: 'n', dimensions: ['ClusterName'], metric: 'm', values: new Map([['ClusterName', "it's"]]) },
      expected: '{n,ClusterName} MetricName="m"',
    },
    {
      name: 'leaves out a schema with a single quote',
      search: { namespace: 'n', dimensions: ["it's"], metric: 'm', values },
      expected: 'Namespace="n" MetricName="m"',
    },
    {
      name: 'leaves out the last terms of a query over 1024 characters',
      search: { namespace: 'n', dimensions: ['ClusterName'], metric: 'm'.repeat(980), values },
      expected: `{n,ClusterName} MetricName="${'m'.repeat(980)}"`,
    },
  ];
  it.each(rows)('$name', ({ search, expected }) => {
    expect(renderSearch(search, 'Sum', 60)).toBe(`SEARCH('${expected}', 'Sum', 60)`);
  });
});
