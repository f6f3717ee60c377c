import type { EcsServiceDiscovery } from '../../cloudwatch/agent-config.ts';
import type { Family } from '../family/family.ts';

/** The two lists of `ecs_service_discovery` that find a family's exporters. */
export type DiscoveryLists = Required<
  Pick<EcsServiceDiscovery, 'task_definition_list' | 'service_name_list_for_tasks'>
>;

/** Where exporters of a family listen, and the job of the targets there. */
export type Endpoint = { readonly port: number; readonly path: string; readonly job: string };

/**
 * Our lists: one entry in both for each port and path, so that whatever finds a target gives it the same job, and a
 * docker label never hides it (an agent takes service, docker label, task definition, in that order). An endpoint that
 * serves several rules has all their names in its job: matchers such as `^.*jmx.*$` hold beside custom rules.
 */
export function renderDiscovery(family: Family, cluster: string): DiscoveryLists {
  const entries = endpointsOf(family, cluster).map(({ port, path, job }) => ({
    sd_job_name: job,
    sd_metrics_path: path,
    sd_metrics_ports: String(port),
  }));
  return {
    task_definition_list: (family.discoversTasks ? entries : []).map((entry) => ({
      ...entry,
      sd_task_definition_arn_pattern: taskDefinitionPattern(family.name),
    })),
    service_name_list_for_tasks: entries.map((entry) => ({
      ...entry,
      sd_service_name_pattern: servicePattern(family),
    })),
  };
}

/** Each port and path that exporters of the family listen at, in the order they are written. */
export function endpointsOf({ name, exporters, customRules }: Family, cluster: string): readonly Endpoint[] {
  const endpoints = new Map<string, { port: number; path: string; suffixes: Set<string> }>();
  const suffixesAt = (port: number, path: string): Set<string> => {
    const key = `${port} ${path}`;
    const endpoint = endpoints.get(key) ?? { port, path, suffixes: new Set<string>() };
    endpoints.set(key, endpoint);
    return endpoint.suffixes;
  };
  for (const { pack, port, path } of exporters) {
    if (pack.discovery.lists.length > 0) suffixesAt(port, path).add(pack.discovery.job_name_suffix);
  }
  for (const [index, { ExporterPort, ExporterPath = '/metrics' }] of customRules.entries()) {
    const suffixes = suffixesAt(ExporterPort, ExporterPath);
    const isNamed = [...suffixes].some((suffix) => suffix.startsWith(`${name}-custom-sd-`));
    if (!isNamed) suffixes.add(`${name}-custom-sd-${index}`);
  }
  return [...endpoints.values()].map(({ port, path, suffixes }) => ({
    port,
    path,
    job: [cluster, ...suffixes].join('-'),
  }));
}

/** Any revision of this family and of no other. */
export function taskDefinitionPattern(family: string): string {
  return `.*:task-definition/${escapeRegex(family)}:[0-9]+$`;
}

/**
 * Services that run this family: the one of its name, and those that CloudFormation names after a nested stack of the
 * family, `<root stack>-<logical name>-<12 or 13 capitals and digits>-...`, as ECS Compose-X deploys them. A service
 * of any other name is found by its task definition.
 */
export function servicePattern({ name, logicalName }: Pick<Family, 'name' | 'logicalName'>): string {
  return `^(${escapeRegex(name)}|(.+-)?${logicalName}-[0-9A-Z]{12,13}-.*)$`;
}

export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Names that CloudFormation fills in when ECS Compose-X deploys; an absent one stays a `${...}` reference. */
export type Stack = { readonly id: string | undefined; readonly name: string | undefined };

/** The lists as ECS Compose-X writes them: unanchored patterns, one entry a rule, lists by exporter. */
export function renderComposeXDiscovery(family: Family, stack: Stack): DiscoveryLists {
  const prefix = stackPrefix(stack);
  const arnPattern = { sd_task_definition_arn_pattern: `.*:task-definition/.*${family.name}` };
  const namePattern = { sd_service_name_pattern: `^.*${stackName(family, stack)}.*$` };
  const entryOf = (suffix: string, port: number, path: string) => ({
    sd_job_name: `${prefix}-${suffix}`,
    sd_metrics_path: path,
    sd_metrics_ports: String(port),
  });
  const found = (list: 'task_definition_list' | 'service_name_list_for_tasks') =>
    family.exporters
      .filter(({ pack }) => pack.discovery.lists.includes(list))
      .map(({ pack, port, path }) => entryOf(pack.discovery.job_name_suffix, port, path));
  const custom = (kind: 'task-def' | 'service-def') =>
    family.customRules.map(({ ExporterPort, ExporterPath = '/metrics' }, index) =>
      entryOf(`${kind}-${family.logicalName}-custom-sd-${index}`, ExporterPort, ExporterPath),
    );
  return {
    task_definition_list: [...found('task_definition_list'), ...custom('task-def')].map((entry) => ({
      ...entry,
      ...arnPattern,
    })),
    service_name_list_for_tasks: [...found('service_name_list_for_tasks'), ...custom('service-def')].map((entry) => ({
      ...entry,
      ...namePattern,
    })),
  };
}

/** The first group of the stack id's UUID. */
export function stackPrefix(stack: Stack): string {
  return stack.id ?? '${STACK_SHORT_ID}';
}

/** The family's nested stack; `{family}` in a given name stands for the family's logical name. */
function stackName({ logicalName }: Family, stack: Stack): string {
  return stack.name?.replaceAll(/[{<]family[}>]/g, logicalName) ?? '${AWS::StackName}';
}
