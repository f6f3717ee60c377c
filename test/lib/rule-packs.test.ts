import { expect, it } from 'vitest';
import { summarizeRulePacks } from '../../lib/rule-packs.ts';
import { rulePacks } from './compose/extensions/rule-packs.ts';

it('says where an exporter is found, what it costs and how it is switched on', () => {
  const summaries = summarizeRulePacks(rulePacks.filter(({ name }) => ['javajmx', 'redis'].includes(name)));
  expect(summaries).toEqual([
    {
      name: 'javajmx',
      title: 'Java and Tomcat, through jmx_prometheus_javaagent',
      port: 9404,
      path: '/metrics',
      declarations: 6,
      typical_metric_count: 31,
      switches: ['ContainersInsights.CollectForJavaJmx', 'x-prom-emf.Exporters.javajmx'],
    },
    {
      name: 'redis',
      title: 'Redis, through redis_exporter',
      port: 9121,
      path: '/metrics',
      declarations: 4,
      typical_metric_count: 35,
      switches: ['x-prom-emf.Exporters.redis'],
    },
  ]);
});
