import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import type { Section } from '../extensions/section.ts';
import type { LintContext } from './lint-context.ts';

/** Empty mappings and lists of settings; what an empty CollectFor key or exporter means is decided elsewhere. */
export function lintEmpty({ sections, topLevel }: LintContext): Problem[] {
  const ofServices = [...sections.values()].flatMap(({ insights, own }) => [
    ...(insights === undefined ? [] : emptyIn(insights, [['ScrapingConfiguration']])),
    ...(own === undefined
      ? []
      : emptyIn(own, [['Options'], ['Exporters'], ['Alarms'], ['Scaling'], ...scrapeConfigs(own)])),
  ]);
  return topLevel === undefined
    ? ofServices
    : [...ofServices, ...emptyIn(topLevel, [['Options'], ...scrapeConfigs(topLevel)])];
}

function scrapeConfigs({
  value: { ScrapeConfigs = [] },
}: Section<{ readonly ScrapeConfigs?: readonly object[] | undefined }>) {
  return [['ScrapeConfigs'], ...ScrapeConfigs.map((_, index) => ['ScrapeConfigs', index])];
}

function emptyIn(section: Section<object>, paths: readonly Path[]): Problem[] {
  return paths
    .filter((path) => isEmpty(valueAt(section.value, path)))
    .map((path) => {
      const text = 'an empty section configures nothing; add a setting, or remove it';
      return section.problemAt('warning', path, text);
    });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Readonly<Record<string, unknown>> | undefined)?.[key], value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
