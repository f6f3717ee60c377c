import {
  type AgentConfig,
  DEFAULT_METRIC_NAMESPACE,
  defaultLogGroupName,
  type MetricDeclaration,
} from '../cloudwatch/agent-config.ts';
import { DEFAULT_SD_RESULT_FILE } from '../ecs/discovery-settings.ts';
import type { Family } from './family.ts';
import type { DiscoveryLists } from './render-discovery.ts';
import type { CustomRule } from './x-prometheus-schema.ts';

/**
 * The agent configuration of a family. With a cluster, the names an agent would take from the task it runs in are
 * written out, as nothing runs beside the tasks here; without (ECS Compose-X) they are left to the agent.
 */
export function renderAgent(family: Family, lists: DiscoveryLists, cluster: string | undefined): AgentConfig {
  const names = cluster === undefined ? {} : { cluster_name: cluster, log_group_name: defaultLogGroupName(cluster) };
  const logs = {
    force_flush_interval: 15,
    metrics_collected: {
      prometheus: {
        ...names,
        prometheus_config_path: 'env:PROMETHEUS_CONFIG_CONTENT',
        ecs_service_discovery: {
          sd_frequency: '1m',
          sd_result_file: DEFAULT_SD_RESULT_FILE,
          docker_label: {},
          ...lists,
        },
        emf_processor: {
          metric_declaration_dedup: true,
          ...(cluster === undefined ? {} : { metric_namespace: DEFAULT_METRIC_NAMESPACE }),
          metric_declaration: cluster === undefined ? declarationsOf(family) : distinct(declarationsOf(family)),
        },
      },
    },
  };
  return { ...(family.debug ? { agent: { debug: true } } : {}), logs };
}

/** Rule packs first, then custom rules. */
function declarationsOf({ exporters, customRules }: Family): MetricDeclaration[] {
  const predefined = exporters.flatMap(({ pack, source_labels, label_matcher }) =>
    pack.metric_declaration.map(({ source_labels: defaultLabels, label_matcher: defaultMatcher, ...rest }) => ({
      source_labels: [...(source_labels ?? defaultLabels)],
      label_matcher: label_matcher ?? defaultMatcher,
      ...rest,
    })),
  );
  return [...predefined, ...customRules.flatMap(processorsOf)];
}

/** What two services both ask for is declared once. */
function distinct(declarations: readonly MetricDeclaration[]): MetricDeclaration[] {
  return [...new Map(declarations.map((declaration) => [JSON.stringify(declaration), declaration])).values()];
}

/** A processor without a matcher takes every target that has its source labels. */
function processorsOf({ EmfProcessors }: CustomRule): MetricDeclaration[] {
  return EmfProcessors.map(({ source_labels, label_matcher = '.*', ...rest }) => ({
    source_labels,
    label_matcher,
    ...rest,
  }));
}
