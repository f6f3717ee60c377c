import * as v from 'valibot';
import type { Path } from '../../document/document.ts';
import { formatPath, type Place, type Problem } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import type { LocatedReader } from '../file/located-reader.ts';
import { entryOf, type LocatedMapping, type LocatedValue } from '../file/located-value.ts';

/** A validated section of a compose file, and where its parts are written. */
export type Section<Value> = {
  /** The service it belongs to; empty for a top-level section. */
  readonly service: string;
  readonly value: Value;
  /** A problem at a path inside the section, such as ['CustomRules', 0, 'ExporterPort']. */
  readonly problemAt: (severity: Problem['severity'], path: Path, text: string) => Problem;
};

/** Adds a problem at a path inside a section. */
export type Report = (severity: Problem['severity'], path: Path, text: string, place?: Place) => void;

/** How the value of a section is read. */
export type SectionKind<Schema extends v.GenericSchema> = {
  readonly schema: Schema;
  /** Whether an interpolated `true` or `false` at a path is a boolean. */
  readonly isFlag: (path: Path) => boolean;
  /** Keys that cannot be left out: an empty value is an error there, elsewhere a warning. */
  readonly required: ReadonlySet<string>;
  /** What is well formed and still wrong, or suspicious. */
  readonly check?: (value: v.InferOutput<Schema>, report: Report) => void;
};

/** The section under the last key of `path` in its owner, which may be absent or empty: then there is none. */
export function sectionAt(owner: LocatedMapping, path: Path, expected: string, problems: Problem[]) {
  const value = entryOf(owner, String(path.at(-1)));
  if (value === undefined || isEmpty(value, path, problems)) return undefined;
  return hasEntries(value, path, expected, problems) ? value : undefined;
}

/**
 * Reads a section, adding every error and warning of it to `problems`. Nothing: it has errors.
 * `path`: from the root of the compose file.
 */
export function readSection<const Schema extends v.GenericSchema>(
  written: LocatedValue,
  path: Path,
  kind: SectionKind<Schema>,
  context: { readonly service: string; readonly reader: LocatedReader; readonly problems: Problem[] },
): Section<v.InferOutput<Schema>> | undefined {
  const section = context.reader.document(written, path, kind.isFlag);
  let isRefused = false;
  const report: Report = (severity, inner, text, place = section.place(inner)) => {
    isRefused ||= severity === 'error';
    context.problems.push(problemOf(severity, place, [...path, ...inner], text));
  };
  refuseParameterReferences(section.value, [], report);
  const result = v.safeParse(kind.schema, withoutEmpty(section.value, [], kind.required, report));
  // An empty value of a key that nobody knows is more than an empty value.
  const misspelt = (v.safeParse(kind.schema, section.value).issues ?? []).filter(
    (issue) => issue.expected === 'never' && issue.path?.at(-1)?.value === null,
  );
  if (!result.success || misspelt.length > 0) {
    for (const issue of [...(result.issues ?? []), ...misspelt]) {
      const inner = (issue.path ?? []).map((item) => item.key as string | number);
      const isUnknownKey = issue.expected === 'never';
      report('error', inner, issue.message, isUnknownKey ? section.keyPlace(inner) : section.place(inner));
    }
    return undefined;
  }
  kind.check?.(result.output, report);
  if (isRefused) return undefined;
  const problemAt: Section<unknown>['problemAt'] = (severity, inner, text) =>
    problemOf(severity, section.place(inner), [...path, ...inner], text);
  return { service: context.service, value: result.output, problemAt };
}

export function problemOf(severity: Problem['severity'], place: Place, path: Path, text: string): Problem {
  return { severity, place, path: formatPath(path), text };
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

/** Lists without which nothing is collected. */
const RULE_LISTS: ReadonlySet<string> = new Set(['CustomRules', 'EmfProcessors']);

/** The value without keys that have none, each with a warning; what a rule cannot do without stays and is refused. */
function withoutEmpty(value: unknown, path: Path, required: ReadonlySet<string>, report: Report): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 && RULE_LISTS.has(String(path.at(-1)))) {
      report('warning', path, 'an empty list configures nothing; add a rule, or remove the key');
    }
    return value.map((item, index) => withoutEmpty(item, [...path, index], required, report));
  }
  if (!isMapping(value)) return value;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (item !== null || required.has(key)) kept[key] = withoutEmpty(item, [...path, key], required, report);
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

export function isMapping(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
