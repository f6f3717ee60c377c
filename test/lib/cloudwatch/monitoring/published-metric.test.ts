import { describe, expect, it } from 'vitest';
import type { MetricDeclaration } from '../../../../lib/cloudwatch/agent-config.ts';
import { resolveDimensions, setWith } from '../../../../lib/cloudwatch/monitoring/published-metric.ts';
import { familyOf } from './monitored-families.ts';

const base = ['ClusterName', 'TaskDefinitionFamily'];
const declare = (...dimensions: readonly string[][]): MetricDeclaration => ({
  source_labels: ['job'],
  dimensions: [...dimensions],
  metric_selectors: ['^m$'],
});
const resolve = (declarations: readonly MetricDeclaration[], given: Readonly<Record<string, string>>) => {
  const family = familyOf('app', { customDeclarations: declarations });
  const { dimensions, doubt } = resolveDimensions(family, 'm', given);
  const values = dimensions.map(({ Name, Value }) => `${Name}=${typeof Value === 'string' ? Value : `{${Value.Ref}}`}`);
  return { values, doubt };
};

describe('resolveDimensions', () => {
  const known = ['ClusterName=prod', 'TaskDefinitionFamily=app'];
  const rows: readonly {
    name: string;
    declarations: readonly MetricDeclaration[];
    given?: Readonly<Record<string, string>>;
    values: readonly string[];
    doubt?: string;
  }[] = [
    { name: 'fills in what is known', declarations: [declare(base)], values: known },
    {
      name: 'takes the set that has what is given',
      declarations: [declare(base, [...base, 'area']), declare([...base, 'pool'])],
      given: { pool: 'eden' },
      values: [...known, 'pool=eden'],
    },
    {
      name: 'asks for the service where no set is without it',
      declarations: [declare([...base, 'ServiceName'])],
      values: [...known, 'ServiceName={ServiceName}'],
    },
    {
      name: 'asks for nothing where a smaller set is known',
      declarations: [declare([...base, 'ServiceName'], ['ClusterName'])],
      values: ['ClusterName=prod'],
    },
    {
      name: 'takes a service that is given',
      declarations: [declare(base, [...base, 'ServiceName'])],
      given: { ServiceName: 'web' },
      values: [...known, 'ServiceName=web'],
    },
    {
      name: 'lets what is given replace what is known',
      declarations: [declare(base)],
      given: { ClusterName: 'other' },
      values: ['ClusterName=other', 'TaskDefinitionFamily=app'],
    },
    { name: 'takes a set without dimensions', declarations: [declare([])], values: [] },
    {
      name: 'doubts a value too few',
      declarations: [declare([...base, 'area']), declare([...base, 'area'])],
      values: known,
      doubt:
        'family app publishes m with the dimensions [ClusterName, TaskDefinitionFamily, area]; write values in Dimensions to match one',
    },
    {
      name: 'doubts a metric that nothing selects',
      declarations: [{ ...declare(base), metric_selectors: ['^other$'] }],
      given: { area: 'heap' },
      values: [...known, 'area=heap'],
      doubt: 'no declaration of family app selects m; add one, or correct the name',
    },
  ];
  it.each(rows)('$name', ({ declarations, given = {}, values, doubt }) => {
    expect(resolve(declarations, given)).toEqual({ values, doubt });
  });
});

describe('setWith', () => {
  it('takes the set that has these extra dimensions and no others, without the service if it can', () => {
    const sets = [
      [...base, 'ServiceName', 'b', 'a'],
      [...base, 'a'],
      [...base, 'a', 'b'],
    ];
    expect(setWith(sets, ['b', 'a'])).toEqual([...base, 'a', 'b']);
    expect(setWith(sets, ['a'])).toEqual([...base, 'a']);
    expect(setWith(sets, [])).toBeUndefined();
  });
});
