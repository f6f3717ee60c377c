import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import { endpointsOf } from '../documents/render-discovery.ts';
import type { Section } from '../extensions/section.ts';
import type { ScrapeSettings, TopLevel } from '../extensions/x-prom-emf-schema.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, listed } from './lint-context.ts';

/** Entries of ScrapeConfigs that hold for no exporter, or lose to one after them. */
export function lintScrapeConfigs(families: readonly Family[], context: LintContext): Problem[] {
  if (context.compat !== undefined) return [];
  const ofFamilies = families.flatMap((family) => [
    ...family.own.flatMap((section) => lintSection(section, [family], context)),
    ...lintReplaced(family.own),
  ]);
  const { topLevel } = context;
  const shared =
    topLevel === undefined ? [] : [...lintSection(topLevel, families, context), ...lintReplaced([topLevel])];
  return [...ofFamilies, ...shared];
}

/** `families`: those that the section holds for. */
function lintSection(
  { value: { ScrapeConfigs = [] }, problemAt }: Section<TopLevel>,
  families: readonly Family[],
  { cluster }: LintContext,
): Problem[] {
  if (ScrapeConfigs.length === 0) return [];
  const scraped = families.filter(({ scraping }) => scraping?.ScrapingConfigurationFile === undefined);
  if (scraped.length === 0) {
    const text = 'has no effect beside ScrapingConfigurationFile; write it in that file';
    return families.length === 0 ? [] : [problemAt('warning', ['ScrapeConfigs'], text)];
  }
  const endpoints = scraped.flatMap((family) => endpointsOf(family, cluster));
  return ScrapeConfigs.flatMap(({ ExporterPort, ExporterPath }, index) => {
    const warn = (key: string, known: readonly (string | number)[], found: string | number) =>
      known.includes(found) ? [] : [problemAt('warning', ['ScrapeConfigs', index, key], noExporter(key, known, found))];
    if (ExporterPort === undefined) return [];
    const wrongPort = warn(
      'ExporterPort',
      endpoints.map(({ port }) => port),
      ExporterPort,
    );
    if (wrongPort.length > 0 || ExporterPath === undefined) return wrongPort;
    const paths = endpoints.filter(({ port }) => port === ExporterPort).map(({ path }) => path);
    return warn('ExporterPath', paths, ExporterPath);
  });
}

function noExporter(key: string, known: readonly (string | number)[], found: string | number): string {
  const expected = known.length === 0 ? 'none is found by its port' : listed(known.map(String), 'or');
  return `expected the ${key} of an exporter (${expected}), found ${found}, which changes nothing; correct it, or remove the entry`;
}

type Entry = {
  readonly settings: ScrapeSettings;
  readonly section: Section<TopLevel>;
  readonly path: Path;
};

/** Settings that a later entry for the same exporter, or for all of them, replaces. */
function lintReplaced(sections: readonly Section<TopLevel>[]): Problem[] {
  const entries = sections.flatMap((section) =>
    (section.value.ScrapeConfigs ?? []).map(
      (settings, index): Entry => ({ settings, section, path: ['ScrapeConfigs', index] }),
    ),
  );
  return entries.flatMap((entry, index) =>
    replacedBy(
      entry,
      entries.slice(0, index).map(({ settings }) => settings),
    ),
  );
}

function replacedBy({ settings, section, path }: Entry, earlier: readonly ScrapeSettings[]): Problem[] {
  const { ExporterPort, ExporterPath, ...chosen } = settings;
  const covered = earlier.filter(
    (other) =>
      ExporterPort === undefined ||
      (ExporterPort === other.ExporterPort && (ExporterPath === undefined || ExporterPath === other.ExporterPath)),
  );
  return (Object.keys(chosen) as (keyof typeof chosen)[]).flatMap((key) => {
    const replaced = covered.filter(
      (other) => other[key] !== undefined && JSON.stringify(other[key]) !== JSON.stringify(chosen[key]),
    );
    if (replaced.length === 0) return [];
    const scopes = listed(
      replaced.map((other) => (other.ExporterPort ? `port ${other.ExporterPort}` : 'all exporters')),
    );
    const text = `replaces what earlier entries say for ${scopes}; keep one, or write what holds for all exporters first`;
    return [section.problemAt('warning', [...path, key], text)];
  });
}
