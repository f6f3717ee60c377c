import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import type { Section } from '../extensions/section.ts';
import type { ContainersInsights } from '../extensions/x-prometheus-schema.ts';
import type { Family } from '../family/family.ts';
import { isIgnored } from '../family/family-exporters.ts';
import { nginxExporterOf } from '../task/nginx-exporter.ts';
import { insightsOf, type LintContext, wantedExporters } from './lint-context.ts';

/** What `--compat` leaves out as ECS Compose-X does. */
export function lintCompat(family: Family, context: LintContext): Problem[] {
  if (context.compat === undefined) return [];
  return [
    ...lintExporters(family, context),
    ...lintLost(family, context),
    ...insightsOf(family, context).flatMap(lintIgnored),
    ...lintAddedExporter(family, context),
  ];
}

/** Sections that render nothing at all with `--compat`. */
export function lintUnrendered(families: readonly Family[], { sections, topLevel, compat }: LintContext): Problem[] {
  if (compat === undefined) return [];
  const rendered = new Set(families.flatMap(({ services }) => services.map(({ name }) => name)));
  const unknown = 'has no effect with --compat: ECS Compose-X knows no x-prom-emf; render without --compat';
  const off =
    'renders nothing with --compat: ECS Compose-X takes {} for false and ignores keys that it documents; render without --compat';
  return [
    ...(topLevel === undefined ? [] : [topLevel.problemAt('warning', [], unknown)]),
    ...[...sections].flatMap(([service, { insights, own }]) => [
      ...(own === undefined ? [] : [own.problemAt('warning', [], unknown)]),
      ...(insights === undefined || rendered.has(service) ? [] : [insights.problemAt('warning', [], off)]),
    ]),
  ];
}

function lintExporters(family: Family, context: LintContext): Problem[] {
  const wanted = wantedExporters(family, context);
  return wanted.flatMap(({ exporter, section, path }) => {
    if (exporter !== undefined) return [];
    const winner = wanted.findLast((other) => other.exporter !== undefined && other.path[0] === path[0]);
    if (winner !== undefined) return [lost(section, path, winner.section.service)];
    const text = isIgnored(String(path[0]), context.compat)
      ? 'is documented by ECS Compose-X and ignored; render without --compat to collect it'
      : 'is off in ECS Compose-X, which takes {} for false; write true';
    return [section.problemAt('warning', path, text)];
  });
}

/** The rules and the scraping configuration of one service replace those of another as a whole. */
function lintLost(family: Family, context: LintContext): Problem[] {
  const sections = insightsOf(family, context);
  return (['CustomRules', 'ScrapingConfiguration'] as const).flatMap((key) => {
    const giving = sections.filter(({ value }) => Object.keys(value[key] ?? {}).length > 0);
    const winner = giving.at(-1);
    return giving.slice(0, -1).map((section) => lost(section, [key], winner?.service ?? ''));
  });
}

function lost(section: Section<unknown>, path: Path, winner: string): Problem {
  const text = `is lost: ECS Compose-X takes that of service ${winner} for the whole family; write both there, or render without --compat`;
  return section.problemAt('warning', path, text);
}

function lintIgnored({ value, problemAt }: Section<ContainersInsights>): Problem[] {
  return (['CollectEmf', 'EnableTasksDiscovery'] as const)
    .filter((key) => value[key] === true)
    .map((key) => {
      const remedy = key === 'CollectEmf' ? 'use x-monitoring.CWAgentCollectEmf' : 'tasks are always discovered';
      return problemAt('warning', [key], `is documented by ECS Compose-X and ignored; ${remedy}`);
    });
}

/** The exporter that ECS Compose-X adds has its defaults, whatever is expected of it. */
function lintAddedExporter(family: Family, context: LintContext): Problem[] {
  const added = nginxExporterOf(family, context.compat);
  if (added === undefined) return [];
  return wantedExporters(family, context).flatMap(({ exporter, section, path }) => {
    if (exporter?.pack.name !== 'nginx' || exporter.port === added.port) return [];
    const text = `expected ${added.port}, where the exporter that ECS Compose-X adds listens whatever is written, found ${exporter.port}; write ${added.port}`;
    return [section.problemAt('warning', [...path, 'ExporterPort'], text)];
  });
}
