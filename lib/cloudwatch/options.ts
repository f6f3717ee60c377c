import * as v from 'valibot';
import { closed, oneOf, text } from '../document/schema.ts';

/** Whose side a question of emission or discovery is decided on: docs/differences-from-the-agent.md. */
export type Profile = 'prom-emf' | 'cloudwatch-agent';

/** The options document: ours, closed, versioned. */
export const optionsSchema = closed({
  version: v.optional(
    v.literal(1, (issue) => `expected version 1, found ${issue.received}`),
    1,
  ),
  profile: v.optional(oneOf(['prom-emf', 'cloudwatch-agent'] as const), 'prom-emf'),
  untyped: v.optional(oneOf(['gauge', 'drop'] as const)),
  unselected: v.optional(oneOf(['drop', 'log'] as const)),
  namespace_suffix: v.optional(text, ''),
});

export type Options = v.InferOutput<typeof optionsSchema>;
