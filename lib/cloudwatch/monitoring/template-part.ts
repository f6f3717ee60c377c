import { createHash } from 'node:crypto';

/** A resource of a CloudFormation template. */
export type Resource = {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
};

type Section<Entry> = Readonly<Record<string, Entry>>;

/** Sections of a CloudFormation template, to be merged with others. Source: CloudFormation, template anatomy. */
export type TemplatePart = {
  readonly Parameters?: Section<Readonly<Record<string, unknown>>>;
  readonly Rules?: Section<unknown>;
  readonly Conditions?: Section<unknown>;
  readonly Resources: Section<Resource>;
  readonly Outputs?: Section<Readonly<Record<string, unknown>>>;
};

export type Template = TemplatePart & {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
};

const SECTIONS = ['Parameters', 'Rules', 'Conditions', 'Resources', 'Outputs'] as const;
const MAX_DESCRIPTION_LENGTH = 1024;

/**
 * One template of these parts; sections without entries are left out. Parts may share equal entries.
 * @throws {Error} naming an id that two parts use for different things.
 */
export function renderTemplate(description: string, parts: readonly TemplatePart[]): Template {
  const merged = SECTIONS.map((section) => [section, mergeSections(parts, section)] as const);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: description.slice(0, MAX_DESCRIPTION_LENGTH),
    Resources: {},
    ...Object.fromEntries(
      merged.filter(([section, entries]) => section === 'Resources' || entries.size > 0).map(plain),
    ),
  };
}

const MAX_RESOURCES = 500;
const MAX_BYTES = 1_000_000;

/** Why CloudFormation would not take a template as it is. Source: CloudFormation quotas. */
export function templateFaults(template: Template): readonly string[] {
  const resources = Object.keys(template.Resources).length;
  const bytes = Buffer.byteLength(JSON.stringify(template));
  return [
    ...(resources > MAX_RESOURCES
      ? [`the template has ${resources} resources, CloudFormation takes ${MAX_RESOURCES}; write fewer alarms`]
      : []),
    ...(bytes > MAX_BYTES
      ? [
          `the template has ${bytes} bytes, CloudFormation takes ${MAX_BYTES}; select fewer metrics, or write selectors without end, which one graph shows`,
        ]
      : []),
  ];
}

function mergeSections(parts: readonly TemplatePart[], section: (typeof SECTIONS)[number]): Map<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const [id, entry] of parts.flatMap((part) => Object.entries(part[section] ?? {}))) {
    if (entries.has(id) && JSON.stringify(entries.get(id)) !== JSON.stringify(entry))
      throw new Error(`two parts of a template both define ${section}.${id}`);
    entries.set(id, entry);
  }
  return entries;
}

function plain([section, entries]: readonly [string, Map<string, unknown>]): [string, unknown] {
  return [section, Object.fromEntries(entries)];
}

/** CloudFormation takes 255 characters of letters and digits; what is left out is told apart by a hash. */
export function logicalId(prefix: string, name: string): string {
  const letters = name.replace(/[^A-Za-z0-9]/g, '');
  return letters === name && name.length <= 200 ? prefix + name : prefix + letters.slice(0, 200) + digest(name);
}

/** The text, or its beginning and a hash of it where it is longer than `limit`. */
export function boundedName(text: string, limit = 255): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 9)}-${digest(text)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
