import type { AgentConfig } from '../../../lib/cloudwatch/agent-config.ts';
import { compileEmissionRules } from '../../../lib/cloudwatch/emission-rules.ts';
import type { Options } from '../../../lib/cloudwatch/options.ts';
import type { Sample } from '../../../lib/prometheus/samples.ts';

export type Pairs = Record<string, string>;

export function rulesWith(
  options: Partial<Options> = {},
  dimensions: string[][] = [['ClusterName']],
  cluster = 'c',
  selector = '.*',
) {
  const agent: AgentConfig = {
    logs: {
      metrics_collected: {
        prometheus: {
          emf_processor: {
            metric_unit: { m: 'Bytes' },
            metric_declaration: [
              { source_labels: ['job'], label_matcher: '.+', metric_selectors: [selector], dimensions },
            ],
          },
        },
      },
    },
  };
  return compileEmissionRules(agent, { version: 1, profile: 'prom-emf', namespace_suffix: '', ...options }, cluster);
}

export function sampleOf(sample: Partial<Sample> & { labelPairs?: Pairs }): Sample {
  const { labelPairs = { job: 'j' }, ...rest } = sample;
  const name = rest.name ?? 'm';
  return {
    name,
    exposedName: name,
    seriesKey: name,
    labels: [],
    value: 1,
    timestampMs: undefined,
    finalLabels: new Map(Object.entries(labelPairs)),
    ...rest,
  };
}
