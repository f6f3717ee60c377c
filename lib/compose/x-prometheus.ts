import * as v from 'valibot';
import type { Path } from '../document/document.ts';
import { formatPath, type Place, type Problem } from '../document/problem.ts';
import { foundOf } from '../document/schema.ts';
import { parseDuration } from '../prometheus/duration.ts';
import type { LocatedReader, LocatedSection } from './located-reader.ts';
import { entryOf, type LocatedMapping, type LocatedValue } from './located-value.ts';
import {
  type ContainersInsights,
  containersInsightsSchema,
  FLAG_KEYS,
  isMapping,
  REQUIRED_KEYS,
} from './x-prometheus-schema.ts';

/** The validated `ContainersInsights` of one service, and where its parts are written. */
export type Section = {
  readonly service: string;
  readonly insights: ContainersInsights;
  /** A problem at a path inside the section, such as ['CustomRules', 0, 'ExporterPort']. */
  readonly problemAt: (severity: Problem['severity'], path: Path, text: string) => Problem;
};

/** Intervals that a document has when none is written: those of ECS Compose-X. */
export const DEFAULT_INTERVAL = '1m';
export const DEFAULT_TIMEOUT = '10s';

/** The extensions that may hold the section; the second is not seen by ECS Compose-X, which adds no side car then. */
const EXTENSIONS = ['x-prometheus', 'x-prom-emf'] as const;

const NOT_RENDERED_YET: Readonly<Partial<Record<keyof ContainersInsights, string>>> = {
  AutoAddNginxPrometheusExporter: 'add the exporter as a service of the same task family',
  CollectEmf: 'write EMF on stdout, or keep a CloudWatch agent for it',
  CollectForNginxPlus: 'write its rules under CustomRules',
  EnableTasksDiscovery: 'tasks are discovered by task definition already',
};

/**
 * Reads `ContainersInsights` of a service, adding every error and warning of it to `problems`.
 * Nothing: the service has no such section, an empty one, or one with errors.
 */
export function readSection(
  service: string,
  definition: LocatedMapping,
  reader: LocatedReader,
  problems: Problem[],
): Section | undefined {
  const found = EXTENSIONS.flatMap((extension) => {
    const insights = insightsOf(definition, ['services', service, extension], problems);
    return insights === undefined ? [] : [{ extension, insights }];
  });
  const [first, second] = found;
  if (first === undefined) return undefined;
  const path: Path = ['services', service, first.extension, 'ContainersInsights'];
  if (second !== undefined) {
    const text = `expected one section, found ContainersInsights under ${EXTENSIONS.join(' and ')} too; keep one of them`;
    problems.push(problemOf('error', second.insights.place, ['services', service, second.extension], text));
    return undefined;
  }
  const section = reader.document(first.insights, path, FLAG_KEYS);
  const report = (severity: Problem['severity'], inner: Path, text: string, place = section.place(inner)) =>
    problems.push(problemOf(severity, place, [...path, ...inner], text));
  const insights = validate(section, report);
  if (insights === undefined) return undefined;
  checkMeaning(insights, report);
  const problemAt: Section['problemAt'] = (severity, inner, text) =>
    problemOf(severity, section.place(inner), [...path, ...inner], text);
  return { service, insights, problemAt };
}

type Report = (severity: Problem['severity'], path: Path, text: string, place?: Place) => void;

function problemOf(severity: Problem['severity'], place: Place, path: Path, text: string): Problem {
  return { severity, place, path: formatPath(path), text };
}

/** The value under `ContainersInsights` of one extension, which may hold nothing else. */
function insightsOf(definition: LocatedMapping, path: Path, problems: Problem[]): LocatedValue | undefined {
  const extension = entryOf(definition, String(path.at(-1)));
  if (extension === undefined || isEmpty(extension, path, problems)) return undefined;
  if (!hasEntries(extension, path, 'a mapping with ContainersInsights', problems)) return undefined;
  for (const [key, { key: place }] of extension.entries) {
    if (key === 'ContainersInsights') continue;
    problems.push(
      problemOf('error', place, [...path, key], `unknown key ${JSON.stringify(key)}; known keys: ContainersInsights`),
    );
  }
  const insights = entryOf(extension, 'ContainersInsights');
  const inner = [...path, 'ContainersInsights'];
  if (insights === undefined || isEmpty(insights, inner, problems)) return undefined;
  return hasEntries(insights, inner, 'a mapping', problems) ? insights : undefined;
}

function isEmpty(value: LocatedValue, path: Path, problems: Problem[]): boolean {
  const empty = value.kind === 'scalar' ? value.value === null : value.kind === 'mapping' && value.entries.size === 0;
  if (empty) problems.push(problemOf('warning', value.place, path, 'an empty section configures nothing; remove it'));
  return empty;
}

function hasEntries(value: LocatedValue, path: Path, expected: string, problems: Problem[]): value is LocatedMapping {
  if (value.kind === 'mapping') return true;
  const found = foundOf(value.kind === 'scalar' ? value.value : []);
  problems.push(problemOf('error', value.place, path, `expected ${expected}, found ${found}`));
  return false;
}

function validate(section: LocatedSection, report: Report): ContainersInsights | undefined {
  refuseParameterReferences(section.value, [], report);
  const result = v.safeParse(containersInsightsSchema, withoutEmpty(section.value, [], report));
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const isUnknownKey = issue.expected === 'never';
    report('error', path, issue.message, isUnknownKey ? section.keyPlace(path) : section.place(path));
  }
  return undefined;
}

/** The value without keys that have none, each with a warning; what a rule cannot do without stays and is refused. */
function withoutEmpty(value: unknown, path: Path, report: Report): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 && ['CustomRules', 'EmfProcessors'].includes(String(path.at(-1)))) {
      report('warning', path, 'an empty list configures nothing; add a rule, or remove the key');
    }
    return value.map((item, index) => withoutEmpty(item, [...path, index], report));
  }
  if (!isMapping(value)) return value;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (item !== null || REQUIRED_KEYS.has(key)) kept[key] = withoutEmpty(item, [...path, key], report);
    else report('warning', [...path, key], emptyMessage(key));
  }
  return kept;
}

function emptyMessage(key: string): string {
  const remedy = key.startsWith('Collect') ? 'write true for the defaults' : 'give it a value';
  return `an empty value configures nothing; ${remedy}, or remove the key`;
}

/** SSM takes two opening braces for a reference to another parameter and refuses the document. */
function refuseParameterReferences(value: unknown, path: Path, report: Report): void {
  if (typeof value === 'string' && value.includes('{{')) {
    const text = `expected no "{{", found ${foundOf(value)}; SSM parameters cannot hold it, in a regular expression write {[{]`;
    report('error', path, text);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    refuseParameterReferences(item, [...path, Array.isArray(value) ? Number(key) : key], report);
  }
}

/** What is well formed and still wrong, or suspicious. */
function checkMeaning(insights: ContainersInsights, report: Report): void {
  for (const [key, remedy] of Object.entries(NOT_RENDERED_YET)) {
    const value = insights[key as keyof ContainersInsights];
    if (value !== undefined && value !== false) report('warning', [key], `${key} is not rendered yet; ${remedy}`);
  }
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
