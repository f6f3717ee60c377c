import type { Path } from '../document/document.ts';
import type { Problem } from '../document/problem.ts';
import type { ComposeService, PortRange } from './compose-service.ts';
import type { RulePack } from './rule-pack.ts';
import type { Section } from './x-prometheus.ts';

/** Warnings about a section that is right in itself and will find nothing, or not what its author expects. */
export function lintSection(
  section: Section,
  service: ComposeService,
  family: readonly ComposeService[],
  rulePacks: readonly RulePack[],
): Problem[] {
  return [...lintContainerName(service), ...lintPorts(section, family, rulePacks)];
}

/** ECS Compose-X sets the docker label `container_name` itself. */
function lintContainerName({ name, containerName, containerNameLabel: label }: ComposeService): Problem[] {
  if (label === undefined || label.value === containerName) return [];
  const text = `the label container_name ${JSON.stringify(label.value)} is overridden by the container name ${JSON.stringify(containerName)}; match that one`;
  return [{ severity: 'warning', place: label.place, path: `services.${name}.labels.container_name`, text }];
}

/** Discovery reads the port of a container from its port mappings. */
function lintPorts(section: Section, family: readonly ComposeService[], rulePacks: readonly RulePack[]): Problem[] {
  const mapped = family.flatMap((service) => service.mappedPorts);
  const exposed = family.flatMap((service) => service.exposedPorts);
  return portsOf(section, rulePacks).flatMap(({ port, path }) => {
    if (holds(mapped, port)) return [];
    const state = holds(exposed, port) ? 'is exposed but has no port mapping' : 'has no port mapping';
    const text = `the exporter port ${port} ${state}, which discovery needs; add "- target: ${port}" to ports`;
    return [section.problemAt('warning', path, text)];
  });
}

function holds(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(([first, last]) => first <= port && port <= last);
}

/** The port of the exporter container that AutoAddNginxPrometheusExporter stands for, which maps it itself. */
const ADDED_NGINX_PORT = 9113;

function portsOf({ insights }: Section, rulePacks: readonly RulePack[]): { port: number; path: Path }[] {
  const predefined = [
    ['CollectForJavaJmx', 'javajmx'],
    ['CollectForNginx', 'nginx'],
  ] as const;
  const exporters = predefined.flatMap(([key, packName]) => {
    const value = insights[key];
    const written = typeof value === 'object' ? value.ExporterPort : undefined;
    const port = written ?? rulePacks.find(({ name }) => name === packName)?.discovery.port;
    if (value === undefined || value === false || port === undefined) return [];
    const isAdded = key === 'CollectForNginx' && insights.AutoAddNginxPrometheusExporter && port === ADDED_NGINX_PORT;
    return isAdded ? [] : [{ port, path: written === undefined ? [key] : [key, 'ExporterPort'] }];
  });
  const rules = (insights.CustomRules ?? []).map((rule, index) => ({
    port: rule.ExporterPort,
    path: ['CustomRules', index, 'ExporterPort'],
  }));
  const first = new Map([...exporters, ...rules].reverse().map((found) => [found.port, found]));
  return [...first.values()].reverse();
}
