import * as v from 'valibot';
import { closed, firstVersion, foundOf, oneOf, text } from '../document/schema.ts';

/** Whose side a question of emission or discovery is decided on: docs/differences-from-the-agent.md. */
export type Profile = 'prom-emf' | 'cloudwatch-agent';

const profile = oneOf(['prom-emf', 'cloudwatch-agent'] as const);
/** Source: PutMetricData, Namespace. */
const namespaceSuffix = v.pipe(
  text,
  v.regex(
    /^[A-Za-z0-9./_#: -]*$/,
    (issue) => `expected letters, digits and . - _ / # : of a namespace, found ${foundOf(issue.input)}`,
  ),
);
const choices = {
  untyped: v.optional(oneOf(['gauge', 'drop'] as const)),
  unselected: v.optional(oneOf(['drop', 'log'] as const)),
};

/** The options document: ours, closed, versioned. */
export const optionsSchema = closed({
  version: v.optional(firstVersion, 1),
  /** Who reads the family's documents; what is an agent's is not scraped by prom-emf too. */
  engine: v.optional(oneOf(['lambda', 'agent'] as const)),
  profile: v.optional(profile, 'prom-emf'),
  ...choices,
  namespace_suffix: v.optional(namespaceSuffix, ''),
});

export type Options = v.InferOutput<typeof optionsSchema>;

/** Options as a compose file holds them: what is not written is left to the document's defaults. */
export const chosenOptionsSchema = closed({
  profile: v.optional(profile),
  ...choices,
  namespace_suffix: v.optional(namespaceSuffix),
});

export type ChosenOptions = v.InferOutput<typeof chosenOptionsSchema>;
