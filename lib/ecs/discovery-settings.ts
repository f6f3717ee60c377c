/** Whose side a question of discovery is decided on. */
export type DiscoveryProfile = 'prom-emf' | 'cloudwatch-agent';

/** `ecs_service_discovery` of a CloudWatch agent configuration, as far as discovery reads it. */
export type DiscoverySettings = {
  readonly sd_frequency?: string | undefined;
  readonly sd_target_cluster?: string | undefined;
  readonly sd_cluster_region?: string | undefined;
  readonly sd_result_file?: string | undefined;
  readonly docker_label?: DockerLabelSettings | undefined;
  readonly task_definition_list?: readonly TaskDefinitionEntry[] | undefined;
  readonly service_name_list_for_tasks?: readonly ServiceEntry[] | undefined;
};

/** Which docker labels of a container name its port, metrics path and job. */
export type DockerLabelSettings = {
  readonly sd_port_label?: string | undefined;
  readonly sd_metrics_path_label?: string | undefined;
  readonly sd_job_name_label?: string | undefined;
};

/** What the entries of both lists say about the containers of a task they matched. */
export type ListEntry = {
  readonly sd_job_name?: string | undefined;
  /** Container ports, separated by `;`. */
  readonly sd_metrics_ports: string;
  readonly sd_metrics_path?: string | undefined;
  readonly sd_container_name_pattern?: string | undefined;
};

export type TaskDefinitionEntry = ListEntry & { readonly sd_task_definition_arn_pattern: string };
export type ServiceEntry = ListEntry & { readonly sd_service_name_pattern: string };

/** Which tags of a task, its service or its instance name the port, metrics path and job of an exporter. */
export type TagSettings = {
  readonly sd_port_tag?: string | undefined;
  readonly sd_metrics_path_tag?: string | undefined;
  readonly sd_job_name_tag?: string | undefined;
};

/** A Cloud Map service whose instances are targets. */
export type CloudMapEntry = {
  readonly namespace: string;
  readonly service: string;
  /** Separated by `;`; without it the port that each instance is registered with. */
  readonly sd_metrics_ports?: string | undefined;
  readonly sd_metrics_path?: string | undefined;
  readonly sd_job_name?: string | undefined;
};

/** Sources of targets that no agent has: `discovery` of the options document. */
export type FurtherSources = {
  readonly tags?: TagSettings | undefined;
  readonly cloud_map?: readonly CloudMapEntry[] | undefined;
};

/** Where the agent writes its targets unless `sd_result_file` says otherwise. */
export const DEFAULT_SD_RESULT_FILE = '/tmp/cwagent_ecs_auto_sd.yaml';

/** The docker label that names the port of a container's exporter unless `sd_port_label` says otherwise. */
export const DEFAULT_SD_PORT_LABEL = 'ECS_PROMETHEUS_EXPORTER_PORT';

/** What the agent's configuration translator fills in. Source: observed with release 1.300060.0. */
const DEFAULTS = { sd_frequency: '1m', sd_result_file: DEFAULT_SD_RESULT_FILE } as const;
const DOCKER_LABEL_DEFAULTS = {
  sd_port_label: DEFAULT_SD_PORT_LABEL,
  sd_metrics_path_label: 'ECS_PROMETHEUS_METRICS_PATH',
  sd_job_name_label: 'job',
} as const;

/** The settings with the agent's defaults. `docker_label: {}` is on with its defaults; without the key it is off. */
export function withDefaults(settings: DiscoverySettings) {
  return {
    ...settings,
    sd_frequency: settings.sd_frequency ?? DEFAULTS.sd_frequency,
    sd_result_file: settings.sd_result_file ?? DEFAULTS.sd_result_file,
    docker_label: settings.docker_label && dockerLabelWithDefaults(settings.docker_label),
  };
}

/** The tags' names with their defaults, which are those of the docker labels. */
export function tagsWithDefaults(settings: TagSettings) {
  return {
    sd_port_tag: settings.sd_port_tag ?? DOCKER_LABEL_DEFAULTS.sd_port_label,
    sd_metrics_path_tag: settings.sd_metrics_path_tag ?? DOCKER_LABEL_DEFAULTS.sd_metrics_path_label,
    sd_job_name_tag: settings.sd_job_name_tag ?? DOCKER_LABEL_DEFAULTS.sd_job_name_label,
  };
}

function dockerLabelWithDefaults(settings: DockerLabelSettings) {
  return {
    sd_port_label: settings.sd_port_label ?? DOCKER_LABEL_DEFAULTS.sd_port_label,
    sd_metrics_path_label: settings.sd_metrics_path_label ?? DOCKER_LABEL_DEFAULTS.sd_metrics_path_label,
    sd_job_name_label: settings.sd_job_name_label ?? DOCKER_LABEL_DEFAULTS.sd_job_name_label,
  };
}

/**
 * Refuses settings with which the agent would not start to discover; the patterns are checked where they are compiled.
 * @throws {Error} naming the setting, what was expected and what was found.
 */
export function checkSettings(settings: DiscoverySettings, further: FurtherSources = {}): void {
  const lists = [settings.task_definition_list, settings.service_name_list_for_tasks];
  const isFurther = further.tags !== undefined || (further.cloud_map ?? []).length > 0;
  if (!isFurther && settings.docker_label === undefined && lists.every((list) => (list ?? []).length === 0)) {
    throw new Error(
      'ecs_service_discovery: expected docker_label, task_definition_list or service_name_list_for_tasks, found none of them; add one',
    );
  }
  const frequency = settings.sd_frequency;
  if (frequency !== undefined && !isPositiveGoDuration(frequency)) {
    throw new Error(
      `ecs_service_discovery.sd_frequency: expected a duration such as 1m or 30s, found ${JSON.stringify(frequency)}`,
    );
  }
}

/** Go's time.ParseDuration knows no days, and takes fractions: `1.5h`. */
function isPositiveGoDuration(text: string): boolean {
  return /^\+?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text) && /[1-9]/.test(text);
}
