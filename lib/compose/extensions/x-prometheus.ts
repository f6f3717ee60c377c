import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import { parseDuration } from '../../prometheus/duration.ts';
import type { LocatedReader } from '../file/located-reader.ts';
import { entryOf, type LocatedMapping } from '../file/located-value.ts';
import { problemOf, type Report, readSection, type Section, type SectionKind, sectionAt } from './section.ts';
import { type ContainersInsights, containersInsightsSchema, FLAG_KEYS, REQUIRED_KEYS } from './x-prometheus-schema.ts';

/** Intervals that a document has when none is written: those of ECS Compose-X. */
export const DEFAULT_INTERVAL = '1m';
export const DEFAULT_TIMEOUT = '10s';

/** The extensions that may hold the section; the second is not seen by ECS Compose-X, which adds no side car then. */
const EXTENSIONS = ['x-prometheus', 'x-prom-emf'] as const;

const INSIGHTS: SectionKind<typeof containersInsightsSchema> = {
  schema: containersInsightsSchema,
  isFlag: (path) => FLAG_KEYS.has(String(path.at(-1))),
  required: REQUIRED_KEYS,
  check: checkMeaning,
};

/**
 * Reads `ContainersInsights` of a service, adding every error and warning of it to `problems`.
 * Nothing: the service has no such section, an empty one, or one with errors.
 */
export function readInsights(
  service: string,
  definition: LocatedMapping,
  reader: LocatedReader,
  problems: Problem[],
): Section<ContainersInsights> | undefined {
  refuseOtherKeys(service, definition, problems);
  const found = EXTENSIONS.flatMap((extension) => {
    const path: Path = ['services', service, extension];
    const owner = mappingAt(definition, path, problems);
    const insights = owner && sectionAt(owner, [...path, 'ContainersInsights'], 'a mapping', problems);
    return insights === undefined ? [] : [{ extension, insights }];
  });
  const [first, second] = found;
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const text = `expected one section, found ContainersInsights under ${EXTENSIONS.join(' and ')} too; keep one of them`;
    problems.push(problemOf('error', second.insights.place, ['services', service, second.extension], text));
    return undefined;
  }
  const path: Path = ['services', service, first.extension, 'ContainersInsights'];
  return readSection(first.insights, path, INSIGHTS, { service, reader, problems });
}

/** What x-prom-emf holds besides is read, and reported, by its own reader. */
function mappingAt(definition: LocatedMapping, path: Path, problems: Problem[]): LocatedMapping | undefined {
  if (path.at(-1) === 'x-prometheus') return sectionAt(definition, path, 'a mapping with ContainersInsights', problems);
  const value = entryOf(definition, 'x-prom-emf');
  return value?.kind === 'mapping' ? value : undefined;
}

/** x-prometheus holds ContainersInsights and nothing else. */
function refuseOtherKeys(service: string, definition: LocatedMapping, problems: Problem[]): void {
  const extension = entryOf(definition, 'x-prometheus');
  if (extension?.kind !== 'mapping') return;
  for (const [key, { key: place }] of extension.entries) {
    if (key === 'ContainersInsights') continue;
    const text = `unknown key ${JSON.stringify(key)}; known keys: ContainersInsights`;
    problems.push(problemOf('error', place, ['services', service, 'x-prometheus', key], text));
  }
}

function checkMeaning(insights: ContainersInsights, report: Report): void {
  const { Interval = DEFAULT_INTERVAL, Timeout } = insights.ScrapingConfiguration ?? {};
  if (Timeout !== undefined && parseDuration(Timeout) > parseDuration(Interval)) {
    const text = `expected a timeout of at most the interval ${Interval}, found ${foundOf(Timeout)}; raise Interval too`;
    report('error', ['ScrapingConfiguration', 'Timeout'], text);
  }
  for (const [i, rule] of (insights.CustomRules ?? []).entries()) {
    for (const [j, processor] of rule.EmfProcessors.entries()) {
      if (processor.label_matcher !== undefined) continue;
      const text = 'label_matcher is missing: ".*" is taken, which every target matches; write the pattern you mean';
      report('warning', ['CustomRules', i, 'EmfProcessors', j], text);
    }
  }
}
