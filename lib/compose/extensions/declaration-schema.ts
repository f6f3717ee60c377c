import * as v from 'valibot';
import { MAX_DIMENSIONS_PER_SET } from '../../cloudwatch/limits.ts';
import { foundOf, parsedText } from '../../document/schema.ts';
import { compileRegex } from '../../prometheus/regex.ts';

/** A string; the message says what to do about the usual mistakes. */
export const text = v.string((issue) => `expected a string, found ${foundOf(issue.input)}${quoteRemedy(issue.input)}`);

/** An RE2 pattern that compiles. */
export const pattern = v.pipe(text, parsedText(compileRegex));

/** A list with something in it. */
export function filledList<const Item extends v.GenericSchema>(item: Item, noun: string) {
  return v.pipe(
    v.array(item, (issue) => `expected a list, found ${foundOf(issue.input)}${listRemedy(issue.input)}`),
    v.minLength(1, `expected at least one ${noun}, found an empty list`),
  );
}

export const sourceLabels = filledList(text, 'label name');

/** An empty set is legal: it declares the metric without dimensions. */
const dimensionSet = v.pipe(
  v.array(text, (issue) => `expected a list of dimensions, found ${foundOf(issue.input)}${setRemedy(issue.input)}`),
  v.maxLength(
    MAX_DIMENSIONS_PER_SET,
    (issue) => `expected at most ${MAX_DIMENSIONS_PER_SET} dimensions in a set, found ${issue.input.length}`,
  ),
);

/** The keys of a metric_declaration that both a custom rule and a rule pack must have. */
export const declarationEntries = {
  source_labels: sourceLabels,
  dimensions: filledList(dimensionSet, 'dimension set'),
  metric_selectors: filledList(pattern, 'metric selector'),
  label_separator: v.optional(text),
};

function listRemedy(input: unknown): string {
  return typeof input === 'string' ? `; write [${input}]` : '';
}

function setRemedy(input: unknown): string {
  return typeof input === 'string'
    ? '; dimensions is a list of lists, such as [[ClusterName, TaskDefinitionFamily]]'
    : '';
}

function quoteRemedy(input: unknown): string {
  return typeof input === 'number' || typeof input === 'boolean' ? `; write "${input}"` : '';
}
