import * as v from 'valibot';
import { UNITS } from '../../cloudwatch/limits.ts';
import { suggestedAlarmSchema, widgetSchema } from '../../cloudwatch/monitoring/rule-widgets.ts';
import { type LocatedDocument, parseDocument } from '../../document/document.ts';
import { ConfigError, startOf } from '../../document/problem.ts';
import {
  closed,
  dictionary,
  firstVersion,
  list,
  oneOf,
  readDocument,
  text,
  wholeNumber,
} from '../../document/schema.ts';
import { declarationEntries, pattern } from './declaration-schema.ts';
import { checkRulePack } from './rule-pack-check.ts';

/** The agent's two lists that find a target without a docker label. */
export const DISCOVERY_LISTS = ['task_definition_list', 'service_name_list_for_tasks'] as const;
export type DiscoveryList = (typeof DISCOVERY_LISTS)[number];

const declarations = list(closed({ ...declarationEntries, label_matcher: pattern }));

const packName = v.pipe(
  text,
  v.regex(
    /^[a-z][a-z0-9-]{0,63}$/,
    (issue) => `expected lower case letters, digits and hyphens that start with a letter, found ${issue.received}`,
  ),
);

const rulePackSchema = closed({
  version: firstVersion,
  name: packName,
  title: text,
  /** Where the declarations are published, or the metrics documented. */
  source: list(text),
  discovery: closed({
    port: wholeNumber(1, 65_535),
    path: text,
    /** Which lists find the exporter; none of them: its docker labels do. */
    lists: list(oneOf(DISCOVERY_LISTS)),
    job_name_suffix: text,
    /** What the exporter's container is usually called, where a declaration relies on it. */
    container_name: v.optional(text),
  }),
  /** As published; what ECS Compose-X renders too, where it knows the exporter. */
  metric_declaration: declarations,
  /** What we add to that: newer names, further metrics. Not rendered with `--compat compose-x`. */
  added_metric_declaration: v.optional(declarations),
  /** CloudWatch's unit of each metric that has one. */
  metric_unit: v.optional(dictionary(oneOf(UNITS))),
  widgets: v.optional(list(widgetSchema)),
  alarms: v.optional(list(suggestedAlarmSchema)),
  /** Metrics that an exporter gives under other names in other versions. */
  renamed: v.optional(list(closed({ from: text, to: text, note: text }))),
  /** Selected metrics that an exporter gives only sometimes, and when. */
  optional: v.optional(list(closed({ metric: text, when: text }))),
  /** How many CloudWatch metrics one family makes of the body the pack was tried on. */
  typical_metric_count: v.optional(wholeNumber(0)),
});

/** What is known about one exporter: how to find it, and which of its metrics to publish. A file of `rules/`. */
export type RulePack = v.InferOutput<typeof rulePackSchema>;

/**
 * The rule pack in a text of JSON or YAML.
 * @throws {ConfigError} with every problem at its place.
 */
export function parseRulePackText(text: string, file: string): RulePack {
  return readRulePack(parseDocument(text, file));
}

/**
 * The rule pack in a parsed document.
 * @throws {ConfigError} with every problem; without lines, as the document arrives parsed.
 */
export function parseRulePack(document: unknown, file = 'rule pack'): RulePack {
  return readRulePack({ file, value: document, place: () => startOf(file) });
}

function readRulePack(document: LocatedDocument): RulePack {
  const pack = readDocument(rulePackSchema, document);
  const problems = checkRulePack(pack, document);
  if (problems.length > 0) throw new ConfigError(problems);
  return pack;
}
