import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import { parseDuration } from '../../prometheus/duration.ts';
import type { LocatedReader } from '../file/located-reader.ts';
import type { LocatedEntry, LocatedMapping } from '../file/located-value.ts';
import { type Report, readSection, type Section, type SectionKind, sectionAt } from './section.ts';
import { type PromEmf, promEmfSchema, type TopLevel, topLevelSchema } from './x-prom-emf-schema.ts';

/** Where an x-prom-emf section stands, and what reading it needs. */
type Context = { readonly reader: LocatedReader; readonly problems: Problem[] };

const FLAG_KEYS: ReadonlySet<string> = new Set(['DisableScaleIn', 'ActionsEnabled']);

const SERVICE: SectionKind<typeof promEmfSchema> = {
  schema: promEmfSchema,
  isFlag: (path) => path.at(-2) === 'Exporters' || FLAG_KEYS.has(String(path.at(-1))),
  required: new Set(['target_label', 'replacement', 'regex']),
  check: checkSettings,
};

const TOP_LEVEL: SectionKind<typeof topLevelSchema> = {
  ...SERVICE,
  schema: topLevelSchema,
};

/** Reads `x-prom-emf` of a service. Nothing: there is none, it is empty, or it has errors (added to `problems`). */
export function readPromEmf(
  service: string,
  definition: LocatedMapping,
  { reader, problems }: Context,
): Section<PromEmf> | undefined {
  const path: Path = ['services', service, 'x-prom-emf'];
  const written = sectionAt(definition, path, 'a mapping', problems);
  if (written === undefined) return undefined;
  const entries = new Map(written.entries);
  // That part is read with x-prometheus, whose section it is.
  entries.delete('ContainersInsights');
  return entries.size === 0
    ? undefined
    : readSection({ ...written, entries }, path, SERVICE, { service, reader, problems });
}

/** Reads the top-level `x-prom-emf`, which holds for every family. */
export function readTopLevel(
  extensions: ReadonlyMap<string, LocatedEntry>,
  { reader, problems }: Context,
): Section<TopLevel> | undefined {
  const entry = extensions.get('x-prom-emf');
  if (entry === undefined) return undefined;
  const owner: LocatedMapping = {
    kind: 'mapping',
    place: entry.key,
    tag: 'merge',
    entries: new Map([['x-prom-emf', entry]]),
  };
  const written = sectionAt(owner, ['x-prom-emf'], 'a mapping with Options or ScrapeConfigs', problems);
  return written && readSection(written, ['x-prom-emf'], TOP_LEVEL, { service: '', reader, problems });
}

function checkSettings(value: PromEmf, report: Report): void {
  checkScrapeSettings(value, report);
  for (const key of ['Alarms', 'Scaling'] as const) {
    if (Object.hasOwn(value[key] ?? {}, '')) report('error', [key, ''], 'expected a name, found ""; give it one');
  }
}

function checkScrapeSettings({ ScrapeConfigs = [] }: TopLevel, report: Report): void {
  for (const [index, { scrape_interval, scrape_timeout, ...settings }] of ScrapeConfigs.entries()) {
    const at = (key: string): Path => ['ScrapeConfigs', index, key];
    if (settings.ExporterPath !== undefined && settings.ExporterPort === undefined)
      report('error', at('ExporterPath'), 'expected ExporterPort beside ExporterPath, found none; add the port');
    if (settings.basic_auth !== undefined && settings.authorization !== undefined)
      report('error', at('authorization'), 'expected basic_auth or authorization, found both; keep one of them');
    if (scrape_interval !== undefined && parseDuration(scrape_interval) === 0)
      report('error', at('scrape_interval'), `expected a duration above 0, found ${foundOf(scrape_interval)}`);
    if (scrape_interval === undefined || scrape_timeout === undefined) continue;
    if (parseDuration(scrape_timeout) > parseDuration(scrape_interval))
      report(
        'error',
        at('scrape_timeout'),
        `expected at most the interval ${scrape_interval}, found ${scrape_timeout}`,
      );
  }
}
