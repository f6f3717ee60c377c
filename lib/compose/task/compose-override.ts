import { stringify } from 'yaml';
import type { Family } from '../family/family.ts';
import { holdsPort } from '../file/compose-port.ts';
import { FAMILY_LABEL } from '../file/compose-service.ts';
import { hasAgent, type SidecarSettings } from './container-definition.ts';
import {
  NGINX_EXPORTER_IMAGE,
  NGINX_EXPORTER_LIMITS,
  NGINX_EXPORTER_NAME,
  type NginxExporter,
  nginxExporterOf,
} from './nginx-exporter.ts';
import { exporterPorts, SCRAPER_SECURITY_GROUP } from './security-group-ingress.ts';

/** What a service of the override holds, as ECS Compose-X reads it. */
type Service = Readonly<Record<string, unknown>>;

/**
 * A compose file that gives ECS Compose-X what scraping a family needs: the exporter that is added, port mappings without
 * which nothing is found, ingress from the scraper (agents are let in by `x-network.Ingress.Myself`, which is the
 * user's: Compose-X fails over it in some families). Nothing when nothing is missing, and under `compat`, where
 * Compose-X sees x-prometheus itself. `project`: all families, so that no two add one service.
 */
export function renderComposeOverride(
  family: Family,
  settings: SidecarSettings,
  project: readonly Family[],
): string | undefined {
  if (settings.compat !== undefined) return undefined;
  const exporter = nginxExporterOf(family, settings.compat);
  const missing = missingPorts(family, exporter);
  const services = new Map<string, Service>();
  const add = (name: string, service: Service) => services.set(name, { ...services.get(name), ...service });
  for (const [name, ports] of missing) add(name, { ports: ports.map(portOf) });
  if (exporter !== undefined) add(exporterName(family, project), exporterService(family, exporter));
  const speaker = exporter === undefined ? speakerOf(family) : exporterName(family, project);
  const ports = hasAgent(settings) ? [] : exporterPorts(family);
  if (speaker !== undefined && ports.length > 0) add(speaker, { 'x-network': { Ingress: ingress(ports, settings) } });
  return services.size === 0 ? undefined : stringify({ services: Object.fromEntries(services) });
}

/** Services are unique in a project, containers in a family. */
function exporterName({ name }: Family, project: readonly Family[]): string {
  const isAlone = project.filter(({ addsNginxExporter }) => addsNginxExporter).length <= 1;
  return isAlone ? NGINX_EXPORTER_NAME : `${name}-${NGINX_EXPORTER_NAME}`;
}

function exporterService(family: Family, { port, dockerLabels, environment }: NginxExporter): Service {
  const { cpu, memory } = NGINX_EXPORTER_LIMITS;
  const limits = { cpus: Math.round((cpu / 1024) * 100) / 100, memory: `${memory}M` };
  return {
    image: NGINX_EXPORTER_IMAGE,
    deploy: { labels: { [FAMILY_LABEL]: family.name }, resources: { limits } },
    depends_on: family.services.map(({ name }) => name),
    ports: [portOf(port)],
    environment,
    labels: dockerLabels,
  };
}

/** The container port alone: with a published one, Compose-X lets the scraper in there. */
function portOf(port: number) {
  return { target: port, protocol: 'tcp' };
}

/**
 * The service whose x-network speaks for the family, as Compose-X takes the ports of all its services. It merges no two
 * lists of sources with ports, so a service of several families says it in the override of the first alone.
 */
function speakerOf({ name, services }: Family): string | undefined {
  const own = services.find(({ families }) => families.length === 1);
  return (own ?? services.find(({ families }) => families[0] === name))?.name;
}

function ingress(ports: readonly number[], { scraperSecurityGroup = SCRAPER_SECURITY_GROUP }: SidecarSettings) {
  return { AwsSources: [{ Type: 'SecurityGroup', Id: scraperSecurityGroup, Ports: ports }] };
}

/** Ports to be mapped, by service: those that no service maps and only one can mean. */
function missingPorts(family: Family, exporter: NginxExporter | undefined): ReadonlyMap<string, readonly number[]> {
  const { services } = family;
  const missing = new Map<string, number[]>();
  for (const port of exporterPorts(family)) {
    if (port === exporter?.port || services.some(({ mappedPorts }) => holdsPort(mappedPorts, port))) continue;
    const exposing = services.filter(({ exposedPorts }) => holdsPort(exposedPorts, port));
    const [meant, ...others] = exposing.length > 0 ? exposing : services;
    if (meant !== undefined && others.length === 0) missing.set(meant.name, [...(missing.get(meant.name) ?? []), port]);
  }
  return missing;
}
