import {
  type AgentConfig,
  DEFAULT_METRIC_NAMESPACE,
  defaultLogGroupName,
  type EmfProcessor,
  type MetricDeclaration,
} from '../../cloudwatch/agent-config.ts';
import { DEFAULT_SD_RESULT_FILE } from '../../ecs/discovery-settings.ts';
import type { CustomRule } from '../extensions/x-prometheus-schema.ts';
import type { Exporter, Family } from '../family/family.ts';
import type { DiscoveryLists } from './render-discovery.ts';

/** An agent configuration; one that only collects EMF has no Prometheus section. */
export type RenderedAgent = {
  readonly agent?: AgentConfig['agent'];
  readonly logs: {
    readonly force_flush_interval: number;
    readonly metrics_collected: {
      readonly emf?: Record<string, never>;
      readonly prometheus?: AgentConfig['logs']['metrics_collected']['prometheus'];
    };
  };
};

/**
 * The agent configuration of a family for a cluster. The names an agent would take from the task it runs in are
 * written out, as nothing runs beside the tasks here.
 */
export function renderAgent(family: Family, lists: DiscoveryLists, cluster: string): RenderedAgent {
  const units = Object.assign({}, ...family.exporters.map(({ pack }) => pack.metric_unit ?? {}));
  return agentDocument(family, lists, {
    names: { cluster_name: cluster, log_group_name: defaultLogGroupName(cluster) },
    processor: {
      metric_namespace: DEFAULT_METRIC_NAMESPACE,
      ...(Object.keys(units).length > 0 && { metric_unit: units }),
      metric_declaration: distinct([...family.exporters.flatMap(declarationsOf), ...customDeclarations(family)]),
    },
  });
}

/** As ECS Compose-X writes it: names are left to the agent, rule packs are as published, nothing is left out. */
export function renderComposeXAgent(family: Family, lists: DiscoveryLists): RenderedAgent {
  const published = family.exporters.flatMap((exporter) => applied(exporter, exporter.pack.metric_declaration));
  return agentDocument(family, lists, {
    names: {},
    processor: {
      metric_declaration: [...published, ...family.customRules.flatMap(({ EmfProcessors }) => EmfProcessors)],
    },
  });
}

type Parts = { readonly names: { cluster_name?: string; log_group_name?: string }; readonly processor: EmfProcessor };

function agentDocument(family: Family, lists: DiscoveryLists, { names, processor }: Parts): RenderedAgent {
  const prometheus = {
    ...names,
    prometheus_config_path: 'env:PROMETHEUS_CONFIG_CONTENT',
    ecs_service_discovery: {
      sd_frequency: '1m',
      sd_result_file: DEFAULT_SD_RESULT_FILE,
      docker_label: {},
      ...lists,
    },
    emf_processor: { metric_declaration_dedup: true, ...processor },
  };
  return {
    ...(family.debug && { agent: { debug: true } }),
    logs: {
      force_flush_interval: 15,
      metrics_collected: { ...(family.collectsEmf && { emf: {} }), ...(family.scrapes && { prometheus }) },
    },
  };
}

/** The declarations of an exporter: the published ones and what its rule pack adds. */
export function declarationsOf(exporter: Exporter): MetricDeclaration[] {
  const { metric_declaration, added_metric_declaration = [] } = exporter.pack;
  return applied(exporter, [...metric_declaration, ...added_metric_declaration]);
}

/**
 * The declarations with what the user says about the targets they are for. A rule pack's first declaration says how
 * they are told; others that look at other labels choose among series, which is left to them.
 */
function applied(
  { pack, source_labels, label_matcher }: Exporter,
  declarations: Exporter['pack']['metric_declaration'],
): MetricDeclaration[] {
  const own = pack.metric_declaration[0]?.source_labels.join() ?? '';
  return declarations.map((declaration) => {
    if (declaration.source_labels.join() !== own) return declaration;
    const { source_labels: labels, label_matcher: matcher, ...rest } = declaration;
    return { source_labels: [...(source_labels ?? labels)], label_matcher: label_matcher ?? matcher, ...rest };
  });
}

/** What two services both ask for is declared once. */
function distinct(declarations: readonly MetricDeclaration[]): MetricDeclaration[] {
  return [...new Map(declarations.map((declaration) => [JSON.stringify(declaration), declaration])).values()];
}

/** The declarations of a family's own rules. A processor without a matcher takes every target with its source labels. */
export function customDeclarations({ customRules }: Pick<Family, 'customRules'>): MetricDeclaration[] {
  return customRules.flatMap(({ EmfProcessors }: CustomRule) =>
    EmfProcessors.map(({ source_labels, label_matcher = '.*', ...rest }) => ({
      source_labels,
      label_matcher,
      ...rest,
    })),
  );
}
