import { formatPath, type Place, type Problem } from '../../document/problem.ts';
import type { Family } from '../family/family.ts';
import type { ComposeService } from '../file/compose-service.ts';
import { AGENT_NAME, agentSidecar, besideAgent } from './agent-sidecar.ts';
import {
  type ContainerChange,
  type ContainerDefinition,
  hasAgent,
  isBridged,
  type SidecarSettings,
} from './container-definition.ts';
import { NGINX_EXPORTER_NAME, nginxExporterOf, nginxExporterSidecar } from './nginx-exporter.ts';
import { type IngressRule, ingressRules, SCRAPER_SECURITY_GROUP } from './security-group-ingress.ts';

/**
 * What is to be registered on top of a family's task definition. Containers are merged by name: those it does not have
 * are complete.
 */
export type TaskDefinitionOverlay = {
  readonly family: string;
  readonly containerDefinitions: readonly (ContainerDefinition | ContainerChange)[];
  /** For the security group of the tasks. */
  readonly securityGroupIngress?: readonly IngressRule[];
};

/** The overlay of a family; nothing when its task definition may stay as it is. */
export function renderTaskDefinition(family: Family, settings: SidecarSettings): TaskDefinitionOverlay | undefined {
  const exporter = nginxExporterOf(family, settings.compat);
  const containerDefinitions = [
    ...(exporter === undefined ? [] : [nginxExporterSidecar(family, exporter, settings)]),
    ...(hasAgent(settings) ? [agentSidecar(family, settings)] : []),
    ...(hasAgent(settings) ? family.services.map((service) => besideAgent(service, family, settings)) : []),
  ];
  const { scraperSecurityGroup } = settings;
  if (containerDefinitions.length === 0 && scraperSecurityGroup === undefined) return undefined;
  const overlay = { family: family.name, containerDefinitions };
  if (hasAgent(settings)) return overlay;
  return { ...overlay, securityGroupIngress: ingressRules(family, scraperSecurityGroup ?? SCRAPER_SECURITY_GROUP) };
}

/** What ECS would refuse of the overlay, and what could not work. */
export function checkTaskDefinition(family: Family, settings: SidecarSettings): Problem[] {
  const exporter = nginxExporterOf(family, settings.compat);
  const added = [...(exporter ? [NGINX_EXPORTER_NAME] : []), ...(hasAgent(settings) ? [AGENT_NAME] : [])];
  const taken = family.services.filter(({ name }) => added.includes(name)).map(nameTaken);
  if (exporter === undefined) return taken;
  const mapped =
    settings.compat === undefined ? family.services.flatMap((service) => portTaken(service, exporter.port)) : [];
  const bridged = isBridged(family) ? family.services.slice(0, 1).map(unreachable) : [];
  return [...taken, ...mapped, ...bridged];
}

function nameTaken({ name, familyPlace }: ComposeService): Problem {
  const text = `expected a container name that is free, found ${name}, which is added to this family; rename the service, or leave the container to it`;
  return problem('error', familyPlace, ['services', name], text);
}

function portTaken({ name, ports }: ComposeService, port: number): Problem[] {
  const text = `port ${port} belongs to the added container ${NGINX_EXPORTER_NAME}, and ECS takes a mapping once; remove it here`;
  return ports
    .filter(({ first, last, protocol }) => protocol === 'tcp' && first <= port && port <= last)
    .map(({ place }) => problem('warning', place, ['services', name, 'ports'], text));
}

function unreachable({ name, familyPlace }: ComposeService): Problem {
  const text = `in bridge mode 127.0.0.1 is each container's own; link ${NGINX_EXPORTER_NAME} to NGINX and set its SCRAPE_URI`;
  return problem('warning', familyPlace, ['services', name, 'network_mode'], text);
}

function problem(severity: Problem['severity'], place: Place, path: readonly string[], text: string): Problem {
  return { severity, place, path: formatPath(path), text };
}
