import { messageOf } from '../document/problem.ts';
import { compileRegex } from '../prometheus/regex.ts';
import {
  checkSettings,
  type DiscoveryProfile,
  type DiscoverySettings,
  type DockerLabelSettings,
  type FurtherSources,
  type ListEntry,
  type TagSettings,
  tagsWithDefaults,
} from './discovery-settings.ts';
import { type TagSets, tagValue } from './tags.ts';
import type { ContainerDefinition, Task, TaskDefinition } from './task.ts';

/** A port of a container that a setting selected; whether the task has it at an address is not decided yet. */
export type Candidate = {
  readonly selection: 'service' | 'docker_label' | 'tag' | 'task_definition';
  /** The configuration path of the setting, such as `task_definition_list[0]`. */
  readonly setting: string;
  readonly container: ContainerDefinition;
  /** The container port, and as it was written; undefined if that is no port. */
  readonly port: number | undefined;
  readonly portText: string;
  /** Only if configured; an empty docker label is the empty text. */
  readonly path: string | undefined;
  readonly job: string | undefined;
};

/** The selections of `ecs_service_discovery`, their patterns compiled. */
export type Selection = {
  /** Whether an entry of `service_name_list_for_tasks` wants the service. */
  readonly matchesService: (serviceName: string) => boolean;
  /** Per container in order: first by service, then by docker label, tag and task definition; none: not selected. */
  readonly select: (selected: SelectedTask) => readonly Candidate[];
};

export type SelectedTask = {
  readonly task: Task;
  readonly definition: TaskDefinition;
  readonly serviceName: string | undefined;
  readonly tags: TagSets;
};

/**
 * Compiles the settings once for any number of tasks.
 * @throws {Error} naming the setting: nothing is selected by anything, or a pattern is not RE2.
 */
export function compileSelection(
  settings: DiscoverySettings,
  profile: DiscoveryProfile,
  further: FurtherSources = {},
): Selection {
  checkSettings(settings, further);
  const services = (settings.service_name_list_for_tasks ?? []).map((entry, index) =>
    compileEntry(
      entry,
      'service',
      `service_name_list_for_tasks[${index}]`,
      'sd_service_name_pattern',
      entry.sd_service_name_pattern,
      profile,
    ),
  );
  const taskDefinitions = (settings.task_definition_list ?? []).map((entry, index) =>
    compileEntry(
      entry,
      'task_definition',
      `task_definition_list[${index}]`,
      'sd_task_definition_arn_pattern',
      entry.sd_task_definition_arn_pattern,
      profile,
    ),
  );
  const byDockerLabel = compileDockerLabel(settings.docker_label ?? {}, profile);

  const byTag = further.tags && compileTags(further.tags, profile);

  const select: Selection['select'] = ({ task, definition, serviceName, tags }) => {
    const ofService = services.filter((entry) => serviceName !== undefined && entry.matches(serviceName));
    const ofDefinition = taskDefinitions.filter((entry) => entry.matches(task.taskDefinitionArn));
    return (definition.containerDefinitions ?? []).flatMap((container) => [
      ...ofService.flatMap((entry) => entry.candidates(container)),
      ...byDockerLabel(container),
      ...(byTag?.(container, tags) ?? []),
      ...ofDefinition.flatMap((entry) => entry.candidates(container)),
    ]);
  };
  return { matchesService: (name) => services.some((entry) => entry.matches(name)), select };
}

type Entry = {
  readonly matches: (subject: string) => boolean;
  readonly candidates: (container: ContainerDefinition) => readonly Candidate[];
};

function compileEntry(
  entry: ListEntry,
  selection: Candidate['selection'],
  setting: string,
  patternKey: string,
  pattern: string,
  profile: DiscoveryProfile,
): Entry {
  const matches = searchOf(pattern, `${setting}.${patternKey}`);
  const containerPattern = entry.sd_container_name_pattern ?? '';
  const matchesContainer = searchOf(containerPattern, `${setting}.sd_container_name_pattern`);
  const ports = entry.sd_metrics_ports.split(';').map((part) => part.trim());
  const candidates = (container: ContainerDefinition): readonly Candidate[] => {
    if (!matchesContainer(container.name ?? '')) return [];
    return ports.map((portText) => ({
      selection,
      setting,
      container,
      port: portOf(portText, profile),
      portText,
      path: entry.sd_metrics_path === '' ? undefined : entry.sd_metrics_path,
      job: entry.sd_job_name,
    }));
  };
  return { matches, candidates };
}

/** The pattern's unanchored search; the empty pattern is found in every text. */
function searchOf(pattern: string, path: string): (text: string) => boolean {
  try {
    return compileRegex(pattern).search;
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`ecs_service_discovery.${path}: ${reason}`, { cause: error });
  }
}

function compileDockerLabel(settings: DockerLabelSettings, profile: DiscoveryProfile) {
  return (container: ContainerDefinition): readonly Candidate[] => {
    const portText = dockerLabel(container, settings.sd_port_label);
    if (portText === undefined) return [];
    return [
      {
        selection: 'docker_label',
        setting: 'docker_label',
        container,
        port: portOf(portText, profile),
        portText,
        path: dockerLabel(container, settings.sd_metrics_path_label),
        job: dockerLabel(container, settings.sd_job_name_label),
      },
    ];
  };
}

/** The containers of a task: its port mappings decide which of them has the port. */
function compileTags(settings: TagSettings, profile: DiscoveryProfile) {
  const { sd_port_tag, sd_metrics_path_tag, sd_job_name_tag } = tagsWithDefaults(settings);
  return (container: ContainerDefinition, tags: TagSets): readonly Candidate[] => {
    const portText = tagValue(tags, sd_port_tag);
    if (portText === undefined) return [];
    const path = tagValue(tags, sd_metrics_path_tag);
    const job = tagValue(tags, sd_job_name_tag);
    const port = portOf(portText, profile);
    return [{ selection: 'tag', setting: `tag ${sd_port_tag}`, container, port, portText, path, job }];
  };
}

/** The value of a container's docker label; a name that is not configured names no label. */
function dockerLabel({ dockerLabels = {} }: ContainerDefinition, name = ''): string | undefined {
  // Own keys alone: a label may be called constructor.
  return name !== '' && Object.hasOwn(dockerLabels, name) ? dockerLabels[name] : undefined;
}

/** A port as Go's strconv.Atoi reads it. The agent takes any number; a port ends at 65535. */
function portOf(text: string, profile: DiscoveryProfile): number | undefined {
  const port = /^[+-]?[0-9]{1,18}$/.test(text) ? Number(text) : Number.NaN;
  return port >= 1 && (port <= 65_535 || profile === 'cloudwatch-agent') ? port : undefined;
}
