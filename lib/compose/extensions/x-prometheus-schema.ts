import * as v from 'valibot';
import { closed, foundOf, parsedText } from '../../document/schema.ts';
import { parseDuration } from '../../prometheus/duration.ts';
import { declarationEntries, pattern, sourceLabels, text } from './declaration-schema.ts';
import { isMapping } from './section.ts';

/** A port number; also as text, which is what interpolation leaves of `${PORT:-9404}`. */
export const port = v.pipe(
  v.custom<number | string>(isPort, (issue) => `expected a port from 1 to 65535, found ${foundOf(issue.input)}`),
  v.transform(Number),
);

function isPort(input: unknown): boolean {
  if (typeof input === 'string' && !/^[0-9]{1,5}$/.test(input)) return false;
  const number = typeof input === 'string' || typeof input === 'number' ? Number(input) : 0;
  return Number.isInteger(number) && number >= 1 && number <= 65_535;
}

export const path = v.pipe(text, parsedText(checkPath));

function checkPath(value: string): void {
  const found = foundOf(value);
  if (!value.startsWith('/')) throw new Error(`expected a path that begins with /, found ${found}; write "/${value}"`);
  if (/[?#]/.test(value)) throw new Error(`expected a path without a query, found ${found}; a query belongs in params`);
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new Error(`expected a path of printable ASCII, found ${found}; percent-encode it`);
}

const duration = v.pipe(
  v.string((issue) => `expected a duration such as 15s, found ${foundOf(issue.input)}${secondsRemedy(issue.input)}`),
  parsedText((value) => {
    if (parseDuration(value) === 0) throw new Error(`expected a duration above 0, found ${foundOf(value)}`);
  }),
);

function secondsRemedy(input: unknown): string {
  return typeof input === 'number' ? `; write ${input}s for seconds` : '';
}

const flag = v.boolean(
  (issue) =>
    `expected true or false, found ${foundOf(issue.input)}${typeof issue.input === 'string' ? '; write true or false without quotes' : ''}`,
);

/** `true`, `false`, or a mapping of settings; an empty mapping asks for the defaults. */
export function switchOr<const Settings extends v.GenericSchema>(settings: Settings) {
  const neither = v.custom<boolean>(
    () => false,
    (issue) => `expected true, false or a mapping, found ${foundOf(issue.input)}`,
  );
  return v.lazy((input): v.GenericSchema<unknown, boolean | v.InferOutput<Settings>> => {
    if (typeof input === 'boolean') return flag;
    return isMapping(input) ? (settings as v.GenericSchema<unknown, v.InferOutput<Settings>>) : neither;
  });
}

const selection = { source_labels: v.optional(sourceLabels), label_matcher: v.optional(pattern) };
export const exporter = closed({ ExporterPort: v.optional(port), ExporterPath: v.optional(path), ...selection });

const emfProcessor = closed({ ...declarationEntries, label_matcher: v.optional(pattern) });

const customRule = closed({
  ExporterPort: port,
  ExporterPath: v.optional(path),
  EmfProcessors: v.array(emfProcessor, (issue) => `expected a list, found ${foundOf(issue.input)}`),
});

const scrapingSettings = closed({
  Interval: v.optional(duration),
  Timeout: v.optional(duration),
  ScrapingConfigurationFile: v.optional(text),
});
const notMapping = v.custom<never>(
  () => false,
  (issue) => `expected a mapping, found ${foundOf(issue.input)}`,
);
/** A list would pass for a mapping without keys. */
const scraping = v.lazy((input): typeof scrapingSettings | typeof notMapping =>
  Array.isArray(input) ? notMapping : scrapingSettings,
);

/**
 * `ContainersInsights` as ECS Compose-X documents it, closed.
 * Source: https://docs.compose-x.io/syntax/compose_x/ecs.details/prometheus.html
 */
const containersInsights = {
  CollectForAppMesh: v.optional(switchOr(closed(selection))),
  CollectForJavaJmx: v.optional(switchOr(exporter)),
  CollectForNginx: v.optional(switchOr(exporter)),
  CollectForNginxPlus: v.optional(switchOr(exporter)),
  CollectEmf: v.optional(flag),
  AutoAddNginxPrometheusExporter: v.optional(flag),
  EnableCWAgentDebug: v.optional(flag),
  EnableTasksDiscovery: v.optional(flag),
  ScrapingConfiguration: v.optional(scraping),
  CustomRules: v.optional(v.array(customRule, (issue) => `expected a list, found ${foundOf(issue.input)}`)),
};

export const containersInsightsSchema = closed(containersInsights);

export type ContainersInsights = v.InferOutput<typeof containersInsightsSchema>;
export type ExporterSettings = v.InferOutput<typeof exporter>;
export type CustomRule = v.InferOutput<typeof customRule>;

/** Keys whose interpolated `true` and `false` are booleans. */
export const FLAG_KEYS: ReadonlySet<string> = new Set(
  Object.keys(containersInsights).filter((key) => !['ScrapingConfiguration', 'CustomRules'].includes(key)),
);

/** Keys that a custom rule cannot do without: an empty value is an error there, elsewhere a warning. */
export const REQUIRED_KEYS: ReadonlySet<string> = new Set([
  'ExporterPort',
  'EmfProcessors',
  'source_labels',
  'dimensions',
  'metric_selectors',
]);
