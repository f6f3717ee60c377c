import { describe, expect, it } from 'vitest';
import { compileEmissionRules, familyOf, kindOf } from '../../../lib/cloudwatch/emission-rules.ts';
import type { Options, Profile } from '../../../lib/cloudwatch/options.ts';
import type { MetricType } from '../../../lib/prometheus/exposition.ts';

const OPTIONS: Options = { version: 1, profile: 'prom-emf', namespace_suffix: '' };
const agentWith = (prometheus: object) => ({ logs: { metrics_collected: { prometheus } } });

describe('compileEmissionRules', () => {
  const rows: readonly { name: string; prometheus: object; options?: Partial<Options>; expected: object }[] = [
    {
      name: "the agent's names by default",
      prometheus: {},
      expected: {
        namespace: 'ECS/ContainerInsights/Prometheus',
        clusterName: 'here',
        logGroupName: '/aws/ecs/containerinsights/here/prometheus',
        untyped: 'gauge',
        unselected: 'drop',
      },
    },
    {
      name: 'the names of the document',
      prometheus: { cluster_name: 'c', log_group_name: 'g', emf_processor: { metric_namespace: 'N' } },
      options: { namespace_suffix: '-test' },
      expected: { namespace: 'N-test', clusterName: 'c', logGroupName: 'g' },
    },
    {
      name: "the agent's emission under its profile",
      prometheus: {},
      options: { profile: 'cloudwatch-agent' },
      expected: { untyped: 'drop', unselected: 'log' },
    },
    {
      name: 'the options over the profile',
      prometheus: {},
      options: { profile: 'cloudwatch-agent', untyped: 'gauge', unselected: 'drop' },
      expected: { untyped: 'gauge', unselected: 'drop' },
    },
  ];
  it.each(rows)('gives $name', ({ prometheus, options, expected }) => {
    expect(compileEmissionRules(agentWith(prometheus), { ...OPTIONS, ...options }, 'here')).toMatchObject(expected);
  });

  const PROCESSOR = {
    metric_unit: { a: 'Bytes' as const },
    metric_declaration: [{ source_labels: ['job'], metric_selectors: ['^a$'], dimensions: [['job']] }],
  };

  it('wants what a declaration could select', () => {
    const { wants, units } = compileEmissionRules(agentWith({ emf_processor: PROCESSOR }), OPTIONS, 'c');
    expect([wants('a'), wants('b'), units.get('a')]).toEqual([true, false, 'Bytes']);
  });

  it('wants all parts of a histogram that a declaration could select, and the count beside a sum', () => {
    const wantedBy = (selector: string) => {
      const [declaration] = PROCESSOR.metric_declaration;
      const processor = { metric_declaration: [{ ...declaration, metric_selectors: [selector] }] };
      const { wants } = compileEmissionRules(agentWith({ emf_processor: processor }), OPTIONS, 'c');
      return ['a', 'a_bucket', 'a_sum', 'a_count', 'a_gsum', 'a_total', 'b_count'].filter(wants);
    };
    expect(wantedBy('^a$')).toEqual(['a', 'a_bucket', 'a_sum', 'a_count', 'a_gsum']);
    expect(wantedBy('^a_sum$')).toEqual(['a_sum', 'a_count']);
    expect(wantedBy('^a_count$')).toEqual(['a_count']);
  });

  it('wants everything where unselected samples are logged', () => {
    const { wants } = compileEmissionRules(
      agentWith({ emf_processor: PROCESSOR }),
      { ...OPTIONS, unselected: 'log' },
      'c',
    );
    expect(wants('b')).toBe(true);
  });

  it('selects nothing where metric extraction is disabled', () => {
    const agent = agentWith({ disable_metric_extraction: true, emf_processor: PROCESSOR });
    expect(compileEmissionRules(agent, OPTIONS, 'c').wants('a')).toBe(false);
  });

  it('leaves dimension sets over 10 names out under the profile of the agent only', () => {
    const names = Array.from({ length: 11 }, (_, index) => `d${index}`);
    const labels = new Map([['job', 'j'], ...names.map((name) => [name, 'x'] as const)]);
    const agent = agentWith({
      emf_processor: { metric_declaration: [{ ...PROCESSOR.metric_declaration[0], dimensions: [names] }] },
    });
    const setsOf = (profile: Profile) =>
      compileEmissionRules(agent, { ...OPTIONS, profile }, 'c').declarations.select('a', labels)?.dimensionSets.length;
    expect([setsOf('prom-emf'), setsOf('cloudwatch-agent')]).toEqual([1, 0]);
  });
});

describe('familyOf and kindOf', () => {
  const types = new Map<string, MetricType>([
    ['c', 'counter'],
    ['ct_total', 'counter'],
    ['g', 'gauge'],
    ['h', 'histogram'],
    ['h_count', 'gauge'],
    ['s', 'summary'],
    ['i', 'info'],
    ['gh', 'gaugehistogram'],
  ]);
  const rows: readonly {
    input: string;
    profile?: Profile;
    expected: readonly [family: string, type: MetricType, kind: string];
  }[] = [
    { input: 'g', expected: ['g', 'gauge', 'gauge'] },
    { input: 'c_total', expected: ['c', 'counter', 'counter'] },
    { input: 'ct_total', expected: ['ct_total', 'counter', 'counter'] },
    { input: 'h_bucket', expected: ['h', 'histogram', 'bucket'] },
    { input: 'h_bucket', profile: 'cloudwatch-agent', expected: ['h', 'histogram', 'histogram'] },
    { input: 'h_sum', expected: ['h', 'histogram', 'sum'] },
    { input: 'h', expected: ['h', 'histogram', 'unsupported'] },
    { input: 's_bucket', expected: ['s', 'summary', 'unsupported'] },
    { input: 'h_count', expected: ['h_count', 'gauge', 'gauge'] },
    { input: 'h_count', profile: 'cloudwatch-agent', expected: ['h', 'histogram', 'histogram'] },
    { input: 's', expected: ['s', 'summary', 'gauge'] },
    { input: 's_sum', expected: ['s', 'summary', 'sum'] },
    { input: 's_count', expected: ['s', 'summary', 'count'] },
    { input: 's_count', profile: 'cloudwatch-agent', expected: ['s', 'summary', 'counter'] },
    { input: 'i_info', expected: ['i', 'info', 'gauge'] },
    { input: 'i_info', profile: 'cloudwatch-agent', expected: ['i', 'info', 'unsupported'] },
    { input: 'gh_gcount', expected: ['gh', 'gaugehistogram', 'count'] },
    { input: 'gh_bucket', expected: ['gh', 'gaugehistogram', 'bucket'] },
    { input: 'u', expected: ['u', 'unknown', 'untyped'] },
    { input: 'u_total', expected: ['u_total', 'unknown', 'untyped'] },
  ];
  it.each(rows)('takes $input for $expected', ({ input, profile = 'prom-emf', expected }) => {
    const { family, type } = familyOf(input, types, profile);
    expect([family, type, kindOf(input, family, type, profile)]).toEqual(expected);
  });
});
