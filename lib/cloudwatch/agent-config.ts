import * as v from 'valibot';
import { closed, dictionary, flag, list, oneOf, open, parsedText, text } from '../document/schema.ts';
import { compileRegex } from '../prometheus/regex.ts';
import { ENVELOPE, isDimensionText, isNamespace, MAX_DIMENSION_NAME_LENGTH, UNITS } from './limits.ts';

/** An RE2 pattern that compiles. */
const pattern = parsedText(compileRegex);

/** Port numbers 1 to 65535 separated by `;`, as the CloudWatch agent reads them. */
const ports = v.pipe(
  text,
  v.check(
    (value) => portsOf(value) !== undefined,
    (issue) =>
      `expected port numbers from 1 to 65535 separated by ";", such as "9404" or "9404;9405", found ${JSON.stringify(issue.input)}`,
  ),
);

/** The ports of `sd_metrics_ports`, or nothing if the text is not a list of ports. */
export function portsOf(value: string): readonly number[] | undefined {
  if (!/^[1-9][0-9]{0,4}(;\s*[1-9][0-9]{0,4})*$/.test(value)) return undefined;
  const numbers = value.split(';').map(Number);
  return numbers.every((port) => port <= 65_535) ? numbers : undefined;
}

const dockerLabel = open({
  sd_port_label: v.optional(text),
  sd_metrics_path_label: v.optional(text),
  sd_job_name_label: v.optional(text),
});

const taskDefinitionEntry = open({
  sd_job_name: v.optional(text),
  sd_metrics_ports: ports,
  sd_metrics_path: v.optional(text),
  sd_task_definition_arn_pattern: pattern,
  sd_container_name_pattern: v.optional(pattern),
});

const serviceEntry = open({
  sd_job_name: v.optional(text),
  sd_metrics_ports: ports,
  sd_metrics_path: v.optional(text),
  sd_service_name_pattern: pattern,
  sd_container_name_pattern: v.optional(pattern),
});

const serviceDiscovery = closed({
  sd_frequency: v.optional(text),
  sd_target_cluster: v.optional(text),
  sd_cluster_region: v.optional(text),
  sd_result_file: v.optional(text),
  docker_label: v.optional(dockerLabel),
  task_definition_list: v.optional(list(taskDefinitionEntry)),
  service_name_list_for_tasks: v.optional(list(serviceEntry)),
});

/** Source: PutMetricData reference; `_aws` is the envelope of EMF. */
const dimension = v.pipe(
  text,
  v.check(
    (name) =>
      isDimensionText(name) && !name.startsWith(':') && name.length <= MAX_DIMENSION_NAME_LENGTH && name !== ENVELOPE,
    (issue) =>
      `expected a dimension name of printable ASCII that does not start with ":" and is not _aws, found ${JSON.stringify(issue.input)}`,
  ),
);

const namespace = v.pipe(
  text,
  v.check(
    isNamespace,
    (issue) =>
      `expected 1 to 255 characters of printable ASCII that do not start with "AWS/" or ":", found ${JSON.stringify(issue.input)}`,
  ),
);

const dimensionSet = v.pipe(
  list(dimension),
  v.maxLength(30, (issue) => `expected at most 30 dimensions in a set, found ${issue.input.length}`),
);

const metricDeclaration = closed({
  source_labels: v.optional(list(text)),
  label_matcher: v.optional(pattern),
  label_separator: v.optional(text),
  dimensions: v.optional(list(dimensionSet)),
  metric_selectors: v.optional(list(pattern)),
});

const agentConfig = (unit: v.GenericSchema<string>) => {
  const emfProcessor = closed({
    metric_declaration_dedup: v.optional(flag),
    metric_namespace: v.optional(namespace),
    metric_unit: v.optional(dictionary(unit)),
    metric_declaration: v.optional(list(metricDeclaration)),
  });
  const prometheus = closed({
    cluster_name: v.optional(text),
    log_group_name: v.optional(text),
    prometheus_config_path: v.optional(text),
    disable_metric_extraction: v.optional(flag),
    ecs_service_discovery: v.optional(serviceDiscovery),
    emf_processor: v.optional(emfProcessor),
  });
  return open({
    agent: v.optional(open({ debug: v.optional(flag) })),
    logs: open({ metrics_collected: open({ prometheus }) }),
  });
};

/**
 * The part of a CloudWatch agent configuration that concerns Prometheus; other sections are the agent's own affair.
 * Source: the agent's published JSON Schema, closed objects included.
 */
export const agentConfigSchema = agentConfig(oneOf(UNITS));

/** The same as the agent takes it, for its profile: a unit that CloudWatch does not have is none. */
export const agentProfileSchema = agentConfig(text);

export type AgentConfig = v.InferOutput<typeof agentConfigSchema>;
export type EcsServiceDiscovery = v.InferOutput<typeof serviceDiscovery>;
export type MetricDeclaration = v.InferOutput<typeof metricDeclaration>;
export type EmfProcessor = NonNullable<AgentConfig['logs']['metrics_collected']['prometheus']['emf_processor']>;

/** Where the agent publishes in ECS mode unless `metric_namespace` says otherwise. */
export const DEFAULT_METRIC_NAMESPACE = 'ECS/ContainerInsights/Prometheus';

/** Where the agent logs in ECS mode unless `log_group_name` says otherwise. */
export function defaultLogGroupName(cluster: string): string {
  return `/aws/ecs/containerinsights/${cluster}/prometheus`;
}
