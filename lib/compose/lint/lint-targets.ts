import { DEFAULT_SD_PORT_LABEL, type DiscoveryProfile, withDefaults } from '../../ecs/discovery-settings.ts';
import { type DiscoveredTarget, type DiscoverySettings, discoverTargets } from '../../ecs/service-discovery.ts';
import type { ClusterSnapshot, ContainerDefinition, Service, Task, TaskDefinition } from '../../ecs/task.ts';
import { isLegacyLabelName } from '../../prometheus/labels.ts';
import { compileRegex } from '../../prometheus/regex.ts';
import { type DiscoveryLists, renderComposeXDiscovery, renderDiscovery } from '../documents/render-discovery.ts';
import type { Family } from '../family/family.ts';
import { holdsPort } from '../file/compose-port.ts';
import type { ComposeService } from '../file/compose-service.ts';
import { NGINX_EXPORTER_NAME, nginxExporterOf } from '../task/nginx-exporter.ts';
import type { LintContext } from './lint-context.ts';

/**
 * The targets that the documents of a family will find among its tasks, as far as a compose file tells: by discovery
 * itself, in a task of a service for each container. A port that no container maps is taken to be that of a container
 * nothing is known of.
 */
export function expectedTargets(family: Family, context: LintContext): readonly DiscoveredTarget[] {
  return targetsAmong([family], { docker_label: {}, ...listsOf(family, context) }, context, profileOf(family, context));
}

/** The targets of `others` that the lists of a family find too. */
export function foreignTargets(
  family: Family,
  others: readonly Family[],
  context: LintContext,
): readonly DiscoveredTarget[] {
  const lists = listsOf(family, context);
  const named = others.filter(namedBy(lists));
  return named.length === 0 ? [] : targetsAmong(named, lists, context, profileOf(family, context));
}

/** Whether a pattern of the lists finds a family at all: asked of each pair of families, and mostly not so. */
function namedBy({
  task_definition_list = [],
  service_name_list_for_tasks = [],
}: DiscoveryLists): (family: Family) => boolean {
  const compiled = (patterns: readonly string[]) => [...new Set(patterns)].map(compileRegex);
  const tasks = compiled(task_definition_list.map((entry) => entry.sd_task_definition_arn_pattern));
  const services = compiled(service_name_list_for_tasks.map((entry) => entry.sd_service_name_pattern));
  return (family) =>
    tasks.some(({ search }) => search(taskDefinitionArn(family, 1))) ||
    services.some(({ search }) => search(serviceNameOf(family)));
}

/** Whether prom-emf knows every target of a family and all labels that ECS gives them. */
export function knowsTargets({ exporters, scraping, scrapeSettings }: Family): boolean {
  const isFoundByLabel = exporters.some(({ pack }) => pack.discovery.lists.length === 0);
  const relabels = scrapeSettings.some(
    (each) => each.relabel_configs ?? each.metric_relabel_configs ?? each.honor_labels === true,
  );
  return !isFoundByLabel && !relabels && scraping?.ScrapingConfigurationFile === undefined;
}

/** What a deployment, a task or its host decides. */
const DECIDED_LATER: ReadonlySet<string> = new Set([
  'ServiceName',
  'TaskRevision',
  'TaskGroup',
  'StartedBy',
  'LaunchType',
  'TaskId',
  'InstanceType',
  'VpcId',
  'SubnetId',
  'instance',
]);

const CLUSTER_LABELS: ReadonlySet<string> = new Set(['ClusterName', 'TaskClusterName']);

/** The value that a label of a target's samples will have; nothing where only a deployment or a metric tells. */
export function expectedValue(name: string, { labels }: DiscoveredTarget, { cluster }: LintContext) {
  if (DECIDED_LATER.has(name)) return undefined;
  if (!canBeLabel(name)) return '';
  const value = CLUSTER_LABELS.has(name) ? cluster : labels.get(name);
  // A reference that CloudFormation fills in.
  return value?.includes('${') ? undefined : value;
}

/** Whether a docker label or a metric's label of this name can be a sample's. */
export function canBeLabel(name: string): boolean {
  return isLegacyLabelName(name) && !name.startsWith('__');
}

/** A stack id that stands for the one of the deployment. */
const ANY_STACK_ID = '00000000';

function listsOf(family: Family, { compat, cluster, stackId = ANY_STACK_ID }: LintContext): DiscoveryLists {
  if (compat === undefined) return renderDiscovery(family, cluster);
  return renderComposeXDiscovery(family, { id: stackId, name: stackNameOf(family) });
}

/** As ECS Compose-X and CloudFormation name the nested stack of a family; the names of its services start with it. */
function stackNameOf({ logicalName }: Family): string {
  return `root-${logicalName}-1A2B3C4D5E6F7`;
}

function profileOf({ options }: Family, { compat, engine }: LintContext): DiscoveryProfile {
  const isAgent = compat !== undefined || engine === 'agent' || options.profile === 'cloudwatch-agent';
  return isAgent ? 'cloudwatch-agent' : 'prom-emf';
}

function targetsAmong(
  families: readonly Family[],
  settings: DiscoverySettings,
  context: LintContext,
  profile: DiscoveryProfile,
): readonly DiscoveredTarget[] {
  const { task_definition_list = [], service_name_list_for_tasks = [] } = settings;
  const entries = [...task_definition_list, ...service_name_list_for_tasks];
  if (entries.length === 0 && settings.docker_label === undefined) return [];
  const ports = new Set(entries.map((entry) => Number(entry.sd_metrics_ports)));
  const tasks = families.flatMap((family) =>
    containersOf(family, ports, context).map((container, index) => taskOf(family, container, index)),
  );
  const snapshot: ClusterSnapshot = {
    tasks: tasks.map(({ task }) => task),
    taskDefinitions: new Map(tasks.map(({ definition }) => [definition.taskDefinitionArn, definition])),
    services: families.map(serviceOf),
    containerInstances: [],
    instances: [],
    subnets: [],
    cloudMap: [],
  };
  return discoverTargets(withDefaults(settings), snapshot, { clusterName: context.cluster, profile }).targets;
}

/** The containers of a family, with those of the ports that they map. */
function containersOf(family: Family, ports: ReadonlySet<number>, { compat }: LintContext): ContainerDefinition[] {
  const added = nginxExporterOf(family, compat);
  const isMapped = (port: number) => port === added?.port || family.services.some((service) => maps(service, port));
  const unmapped = [
    ...family.exporters.map(({ port }) => port),
    ...family.customRules.map((rule) => rule.ExporterPort),
  ];
  return [
    ...family.services.map((service) => containerOf(service, ports)),
    ...(added === undefined
      ? []
      : [{ name: NGINX_EXPORTER_NAME, dockerLabels: added.dockerLabels, portMappings: [mapping(added.port)] }]),
    { portMappings: unmapped.filter((port) => !isMapped(port)).map(mapping) },
  ];
}

function containerOf(service: ComposeService, ports: ReadonlySet<number>): ContainerDefinition {
  const labels = [...service.dockerLabels].map(([name, { value }]): [string, string] => [name, value]);
  const labelled = Number(service.dockerLabels.get(DEFAULT_SD_PORT_LABEL)?.value);
  return {
    name: service.name,
    // ECS Compose-X sets the label container_name itself.
    dockerLabels: Object.fromEntries([...labels, ['container_name', service.containerName]]),
    portMappings: [...new Set([...ports, labelled])].filter((port) => maps(service, port)).map(mapping),
  };
}

function maps({ ports }: ComposeService, port: number): boolean {
  return ports.some(({ first, last }) => holdsPort([[first, last]], port));
}

function mapping(port: number) {
  return { containerPort: port, hostPort: port };
}

/** A task of one container, so that none hides another. */
function taskOf(family: Family, container: ContainerDefinition, index: number) {
  const definition: TaskDefinition = {
    taskDefinitionArn: taskDefinitionArn(family, index + 1),
    family: family.name,
    networkMode: 'awsvpc',
    containerDefinitions: [container],
  };
  const details = [{ name: 'privateIPv4Address', value: `${family.name} ${index}` }];
  const task: Task = {
    taskArn: arn(`task/cluster/${index}`),
    taskDefinitionArn: definition.taskDefinitionArn,
    group: `service:${serviceNameOf(family)}`,
    startedBy: deploymentOf(family),
    attachments: [{ type: 'ElasticNetworkInterface', details }],
  };
  return { task, definition };
}

function taskDefinitionArn({ name }: Family, revision: number): string {
  return arn(`task-definition/${name}:${revision}`);
}

function serviceOf(family: Family): Service {
  const serviceName = serviceNameOf(family);
  const deployments = [{ id: deploymentOf(family), status: 'PRIMARY' }];
  return { serviceArn: arn(`service/cluster/${serviceName}`), serviceName, deployments };
}

function serviceNameOf(family: Family): string {
  return `${stackNameOf(family)}-EcsServiceDefinition-1A2B`;
}

function deploymentOf({ name }: Family): string {
  return `ecs-svc/${name}`;
}

function arn(resource: string): string {
  return `arn:aws:ecs:us-east-1:000000000000:${resource}`;
}
