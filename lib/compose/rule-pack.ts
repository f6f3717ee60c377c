import * as v from 'valibot';
import { closed, list, oneOf, readDocument, text, wholeNumber } from '../document/schema.ts';
import { declarationEntries, pattern } from './declaration-schema.ts';

/** The agent's two lists that find a target without a docker label. */
export const DISCOVERY_LISTS = ['task_definition_list', 'service_name_list_for_tasks'] as const;
export type DiscoveryList = (typeof DISCOVERY_LISTS)[number];

const rulePackSchema = closed({
  version: v.literal(1, (issue) => `expected version 1, found ${issue.received}`),
  name: text,
  title: text,
  /** Where the declarations are published. */
  source: list(text),
  discovery: closed({
    port: wholeNumber(1, 65_535),
    path: text,
    /** Which lists find the exporter; none of them: its docker labels do. */
    lists: list(oneOf(DISCOVERY_LISTS)),
    job_name_suffix: text,
  }),
  metric_declaration: list(closed({ ...declarationEntries, label_matcher: pattern })),
});

/** What is known about one exporter: how to find it, and which of its metrics to publish. A file of `rules/`. */
export type RulePack = v.InferOutput<typeof rulePackSchema>;

/**
 * The rule pack in a parsed JSON document.
 * @throws {ConfigError} with every problem; without lines, as the document arrives parsed.
 */
export function parseRulePack(document: unknown, file = 'rule pack'): RulePack {
  return readDocument(rulePackSchema, { file, value: document, place: () => ({ file, line: 1, column: 1 }) });
}
