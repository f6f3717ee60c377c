import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import { DEFAULT_SD_PORT_LABEL } from '../../ecs/discovery-settings.ts';
import type { Section } from '../extensions/section.ts';
import type { Family } from '../family/family.ts';
import { holdsPort } from '../file/compose-port.ts';
import type { ComposeService } from '../file/compose-service.ts';
import { nginxExporterOf } from '../task/nginx-exporter.ts';
import { insightsOf, type LintContext, wantedExporters } from './lint-context.ts';

type WrittenPort = { readonly port: number; readonly section: Section<unknown>; readonly path: Path };

/** Exporter ports that no port mapping of the family has: discovery reads a container's port from its mappings. */
export function lintPorts(family: Family, context: LintContext): Problem[] {
  const added = nginxExporterOf(family, context.compat)?.port;
  const written = portsOf(family, context).flatMap(({ port, section, path }) => {
    const text = port === added ? undefined : unmapped(family.services, port);
    return text === undefined ? [] : [section.problemAt('warning', path, text)];
  });
  return [...written, ...(family.scrapes ? family.services.flatMap(lintPortLabel) : [])];
}

/** What the docker label says holds for its own container. */
function lintPortLabel(service: ComposeService): Problem[] {
  const label = service.dockerLabels.get(DEFAULT_SD_PORT_LABEL);
  if (label === undefined || label.value.includes('${')) return [];
  const text = /^[0-9]+$/.test(label.value)
    ? unmapped([service], Number(label.value))
    : `expected the port of an exporter, found ${JSON.stringify(label.value)}; write its number, or remove the label`;
  if (text === undefined) return [];
  return [
    { severity: 'warning', place: label.place, path: `services.${service.name}.labels.${DEFAULT_SD_PORT_LABEL}`, text },
  ];
}

function unmapped(services: readonly ComposeService[], port: number): string | undefined {
  const fault = faultOf(services, port);
  if (fault === undefined) return undefined;
  return `the exporter port ${port} ${fault}, which discovery needs; add "- target: ${port}" to ports`;
}

function faultOf(services: readonly ComposeService[], port: number): string | undefined {
  if (services.some(({ mappedPorts }) => holdsPort(mappedPorts, port))) return undefined;
  const isMapped = services.some(({ ports }) => ports.some(({ first, last }) => holdsPort([[first, last]], port)));
  if (isMapped) return 'has a port mapping for UDP and none for TCP';
  if (services.some(({ exposedPorts }) => holdsPort(exposedPorts, port))) return 'is exposed but has no port mapping';
  return 'has no port mapping';
}

/** Each port once, where it is first written. */
function portsOf(family: Family, context: LintContext): WrittenPort[] {
  const exporters = wantedExporters(family, context).flatMap(({ exporter, settings, section, path }) => {
    // Without a list the exporter is found by its docker labels, which say the port.
    if (exporter === undefined || exporter.pack.discovery.lists.length === 0) return [];
    return [{ port: exporter.port, section, path: settings.ExporterPort ? [...path, 'ExporterPort'] : path }];
  });
  const rules = insightsOf(family, context).flatMap((section) =>
    (section.value.CustomRules ?? []).flatMap((rule, index) =>
      family.customRules.includes(rule)
        ? [{ port: rule.ExporterPort, section, path: ['CustomRules', index, 'ExporterPort'] }]
        : [],
    ),
  );
  const first = new Map([...exporters, ...rules].reverse().map((found) => [found.port, found]));
  return [...first.values()].reverse();
}
