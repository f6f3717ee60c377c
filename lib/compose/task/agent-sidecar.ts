import type { Family } from '../family/family.ts';
import type { ComposeService } from '../file/compose-service.ts';
import type { StartCondition } from '../file/start-condition.ts';
import {
  awslogs,
  type ContainerChange,
  type ContainerDefinition,
  type ContainerDependency,
  dependencyOn,
  isBridged,
  portMapping,
  type SidecarSettings,
  type Variable,
} from './container-definition.ts';

export const AGENT_NAME = 'cloudwatch-agent';
const AGENT_IMAGE = 'public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest';
/** The host name of the agent in bridge mode. */
const AGENT_ALIAS = 'cwagent';
/** Where the agent takes EMF. */
const EMF_PORT = 25888;

/**
 * The CloudWatch agent beside the family's containers, with its documents as secrets (a parameter of the same region is
 * named without its ARN). Limits, ports and labels are those of ECS Compose-X. No AWS_DEFAULT_REGION: external
 * instances, which alone need it, are never found by the agent's discovery.
 */
export function agentSidecar(family: Family, settings: SidecarSettings): ContainerDefinition {
  const { agent, prometheus } = settings.documents;
  return {
    name: AGENT_NAME,
    image: family.agentImage ?? AGENT_IMAGE,
    cpu: 102,
    memory: 256,
    essential: false,
    portMappings: [portMapping(EMF_PORT, 'tcp'), portMapping(EMF_PORT, 'udp')],
    secrets: [
      { name: 'CW_CONFIG_CONTENT', valueFrom: agent },
      ...(family.scrapes ? [{ name: 'PROMETHEUS_CONFIG_CONTENT', valueFrom: prometheus }] : []),
    ],
    dockerLabels: { container_name: AGENT_NAME },
    logConfiguration: awslogs(AGENT_NAME, settings),
  };
}

/** What the agent changes in a container of the family, which starts after it and may send it EMF. */
export function besideAgent(
  service: ComposeService,
  family: Family,
  { compat }: Pick<SidecarSettings, 'compat'>,
): ContainerChange {
  const bridged = isBridged(family);
  const own = family.services.filter(({ name }) => service.dependsOn.includes(name));
  const environment = emfVariables(family);
  return {
    name: service.name,
    dependsOn: [
      { containerName: AGENT_NAME, condition: 'START' },
      ...own.map((target) => (compat === undefined ? wantedDependency(service, target) : dependencyOn(target))),
    ],
    ...(bridged && { links: [`${AGENT_NAME}:${AGENT_ALIAS}`] }),
    ...(environment.length > 0 && { environment }),
  };
}

/** Where a container sends EMF, if the agent takes it. */
export function emfVariables(family: Family): readonly Variable[] {
  const endpoint = `tcp://${isBridged(family) ? AGENT_ALIAS : '127.0.0.1'}:${EMF_PORT}`;
  return family.collectsEmf ? [{ name: 'AWS_EMF_AGENT_ENDPOINT', value: endpoint }] : [];
}

/** The conditions of the Compose Specification's `depends_on`. */
const COMPOSE_CONDITIONS: Readonly<Record<string, StartCondition>> = {
  service_started: 'START',
  service_healthy: 'HEALTHY',
  service_completed_successfully: 'SUCCESS',
};

/** As the target says, otherwise as the dependent wants it; ECS Compose-X asks the target alone. */
function wantedDependency(service: ComposeService, target: ComposeService): ContainerDependency {
  const wanted = COMPOSE_CONDITIONS[service.dependsOnConditions.get(target.name) ?? ''] ?? 'START';
  return { containerName: target.name, condition: target.startCondition ?? wanted };
}
