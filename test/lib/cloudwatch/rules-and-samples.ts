import type { AgentConfig } from '../../../lib/cloudwatch/agent-config.ts';
import { selectMemory } from '../../../lib/cloudwatch/candidate.ts';
import { compileEmissionRules } from '../../../lib/cloudwatch/emission-rules.ts';
import type { Options } from '../../../lib/cloudwatch/options.ts';
import type { Sample, Series } from '../../../lib/prometheus/samples.ts';

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

export type SampleParts = Partial<Sample & Series> & { readonly labelPairs?: Pairs };

export function sampleOf({ labelPairs = { job: 'j' }, ...parts }: SampleParts): Sample {
  const { name = 'm', exposedName = name, value = 1, timestampMs, ownType } = parts;
  const { seriesKey = name, exposedLabels = [], finalLabels = new Map(Object.entries(labelPairs)) } = parts;
  return { series: { name, finalLabels, exposedLabels, seriesKey }, exposedName, value, timestampMs, ownType };
}

/** What a target that is scraped each minute begins with. */
export function freshMemory(rules: ReturnType<typeof rulesWith>) {
  return selectMemory(rules, 60_000);
}
