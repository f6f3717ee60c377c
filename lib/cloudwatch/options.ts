import * as v from 'valibot';
import { closed, firstVersion, flag, foundOf, list, oneOf, parsedText, text } from '../document/schema.ts';
import { parseDuration } from '../prometheus/duration.ts';
import { compileRegex } from '../prometheus/regex.ts';

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

/** Labels that a metric gives up: all but those of `by`, or those of `without`, as in PromQL. */
const aggregation = v.pipe(
  closed({
    /** Searched in the metric's name (RE2). */
    match: parsedText(compileRegex),
    by: v.optional(list(text)),
    without: v.optional(list(text)),
    as: oneOf(['sum', 'distribution'] as const),
  }),
  v.check(
    ({ by, without }) => (by === undefined) !== (without === undefined),
    'expected either by (the labels that are kept) or without (those that are given up)',
  ),
);

export type Aggregation = v.InferOutput<typeof aggregation>;

const ports = v.pipe(
  text,
  v.regex(
    /^\s*[1-9][0-9]{0,4}\s*(;\s*[1-9][0-9]{0,4}\s*)*$/,
    (issue) => `expected ports separated by ";", found ${foundOf(issue.input)}`,
  ),
);

/** Sources of targets that no agent has: docs/discovery.md. */
const discovery = closed({
  tags: v.optional(
    closed({
      sd_port_tag: v.optional(text),
      sd_metrics_path_tag: v.optional(text),
      sd_job_name_tag: v.optional(text),
    }),
  ),
  cloud_map: v.optional(
    list(
      closed({
        namespace: text,
        service: text,
        sd_metrics_ports: v.optional(ports),
        sd_metrics_path: v.optional(text),
        sd_job_name: v.optional(text),
      }),
    ),
  ),
});

const storageResolution = v.picklist(
  ['auto', 1, 60] as const,
  (issue) => `expected "auto", 1 or 60, found ${foundOf(issue.input)}`,
);

const choices = {
  histograms: v.optional(oneOf(['values', 'statistics', 'arrays', 'drop'] as const)),
  untyped: v.optional(oneOf(['gauge', 'drop'] as const)),
  unselected: v.optional(oneOf(['drop', 'log'] as const)),
  storage_resolution: v.optional(storageResolution),
  aggregate: v.optional(list(aggregation)),
  state_max_age: v.optional(parsedText(parseDuration)),
  report_series: v.optional(flag),
  entity: v.optional(flag),
  discovery: v.optional(discovery),
  /** Whether discovery leaves the family out. */
  paused: v.optional(flag),
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
