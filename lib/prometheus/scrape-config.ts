import * as v from 'valibot';
import type { LocatedDocument } from '../document/document.ts';
import { closed, dictionary, foundOf, list, nullableText, readDocument, text } from '../document/schema.ts';
import { countText } from './count-text.ts';
import {
  type BearerSchemas,
  bearerSettings,
  type CredentialSchemas,
  credentialSettings,
  ownBearerSettings,
  ownCredentialSettings,
} from './credentials.ts';
import { parseDuration } from './duration.ts';
import { duration, jobSettings, limits } from './job-settings.ts';
import { relabelConfigFault } from './relabel.ts';
import { relabelConfigOf } from './relabel-schema.ts';
import { parseSize } from './size.ts';
import { UNSUPPORTED_SETTINGS, unsupported } from './unsupported-keys.ts';

/**
 * Schemas of a Prometheus configuration whose scalars were read as texts (`scalars: 'text'`): a plain `010` is the
 * regex "010" and the number 8, as Go's YAML reads it into a string and into a number.
 */

const labelMap = v.nullable(
  v.pipe(
    dictionary(nullableText),
    v.check((labels) => !Object.hasOwn(labels, ''), 'expected a label name, found ""'),
  ),
);

/** An entry of static_configs, or of a file_sd document. */
export const targetGroupSchema = closed({
  targets: v.optional(v.nullable(list(nullableText)), []),
  labels: v.optional(labelMap, {}),
});

const factor = v.pipe(
  nullableText,
  v.regex(
    /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+|)(?:[eE][+-]?[0-9]+)?$/,
    (issue) => `expected a number, found ${foundOf(issue.input)}`,
  ),
);

/** Settings of native histograms and of a file of failures, which nobody here has. They are checked and left alone. */
const idleJobSettings = {
  native_histogram_bucket_limit: v.optional(countText),
  native_histogram_min_bucket_factor: v.optional(factor),
  scrape_failure_log_file: v.optional(nullableText),
};

/** Source: prometheus discovery/file, patFileSDName. */
const filePattern = v.pipe(
  text,
  v.regex(
    /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/,
    (issue) => `expected a .json, .yml or .yaml file, with * in its name alone, found ${foundOf(issue.input)}`,
  ),
);

const fileDiscovery = closed({
  files: v.pipe(list(filePattern), v.minLength(1, 'expected at least one file')),
  refresh_interval: v.optional(duration),
});

const scrapeConfig = (credentials: CredentialSchemas & BearerSchemas) => {
  const supported = {
    job_name: v.pipe(text, v.nonEmpty('expected a job_name that is not empty')),
    metrics_path: v.optional(nullableText),
    ...jobSettings,
    ...credentials,
    static_configs: v.optional(v.nullable(list(targetGroupSchema))),
    file_sd_configs: v.optional(v.nullable(list(fileDiscovery))),
    ...idleJobSettings,
  };
  return closed({ ...supported, ...UNSUPPORTED_SETTINGS }, supported);
};

const globalSection = closed({
  ...limits,
  scrape_interval: v.optional(duration),
  scrape_timeout: v.optional(duration),
  evaluation_interval: v.optional(duration),
  rule_query_offset: v.optional(duration),
  query_log_file: v.optional(nullableText),
  scrape_failure_log_file: v.optional(nullableText),
  external_labels: v.optional(labelMap),
});

/** Sections that concern other parts of a Prometheus server are read by nobody here and left alone. */
const ignored = v.optional(v.unknown());

const configSchema = (credentials: CredentialSchemas & BearerSchemas) =>
  closed({
    global: v.optional(v.nullable(globalSection)),
    scrape_configs: v.optional(v.nullable(list(scrapeConfig(credentials)))),
    scrape_config_files: unsupported('scrape_config_files'),
    rule_files: ignored,
    alerting: ignored,
    remote_write: ignored,
    remote_read: ignored,
    storage: ignored,
    tracing: ignored,
    otlp: ignored,
    runtime: ignored,
  });

type WrittenConfig = v.InferOutput<ReturnType<typeof configSchema>>;

type WrittenJob = v.InferOutput<ReturnType<typeof scrapeConfig>>;

/** One scrape configuration with everything inherited from `global` filled in: plain data, safe to store as JSON. */
export type ScrapeConfig = Omit<WrittenJob, 'bearer_token' | 'bearer_token_file'>;

/** A checked Prometheus configuration. */
export type PrometheusConfig = { readonly scrape_configs: readonly ScrapeConfig[] };

const DEFAULT_INTERVAL = '1m';
const DEFAULT_TIMEOUT = '10s';

/**
 * Reads a Prometheus configuration; `document` must have been parsed with `scalars: 'text'`. Secrets are references.
 * @throws {ConfigError} with every problem at its place.
 */
export function parsePrometheusConfig(document: LocatedDocument): PrometheusConfig {
  return readDocument(storableSchema, document);
}

/**
 * The same for a configuration that is stored nowhere: secrets may be files or written out. The latter come back in
 * `secrets`, by the name that stands in their place. @throws {ConfigError}
 */
export function parseOwnPrometheusConfig(document: LocatedDocument): {
  readonly config: PrometheusConfig;
  readonly secrets: ReadonlyMap<string, string>;
} {
  const secrets = new Map<string, string>();
  const credentials = { ...ownCredentialSettings(secrets), ...ownBearerSettings(secrets) };
  return { config: readDocument(checkedSchema(credentials), document), secrets };
}

type WrittenGlobal = NonNullable<NonNullable<WrittenConfig>['global']>;

const checkedSchema = (credentials: CredentialSchemas & BearerSchemas) =>
  v.pipe(
    v.nullable(configSchema(credentials)),
    v.rawTransform<WrittenConfig | null, PrometheusConfig>(({ dataset, addIssue }) => {
      const written = dataset.value ?? {};
      const timeoutFault = globalTimeoutFault(written.global ?? {});
      if (timeoutFault !== undefined)
        addIssue({
          message: timeoutFault,
          path: placeOf([written, 'global'], [written.global ?? {}, 'scrape_timeout']),
        });
      const names = new Set<string>();
      const scrape_configs = (written.scrape_configs ?? []).map((job, index) => {
        const config = inherit(withAuthorization(job), written.global ?? {});
        const faults = [...credentialFaults(job), ...faultsOf(config)];
        if (names.has(job.job_name))
          faults.push(['job_name', `job_name ${JSON.stringify(job.job_name)} stands twice; rename one`]);
        names.add(job.job_name);
        const jobs = written.scrape_configs ?? [];
        for (const [key, message] of faults)
          addIssue({ message, path: placeOf([written, 'scrape_configs'], [jobs, index], [job, key]) });
        return config;
      });
      return { scrape_configs };
    }),
  );

const storableSchema = checkedSchema({ ...credentialSettings, ...bearerSettings });

type Fault = readonly [key: string, message: string];

function globalTimeoutFault({ scrape_timeout, scrape_interval }: WrittenGlobal): string | undefined {
  const interval = given(scrape_interval) ?? DEFAULT_INTERVAL;
  const timeout = given(scrape_timeout);
  if (timeout === undefined || parseDuration(timeout) <= parseDuration(interval)) return undefined;
  return `scrape_timeout ${timeout} is above scrape_interval ${interval}`;
}

/** Source: prometheus/common config/http_config.go, HTTPClientConfig.Validate. */
function credentialFaults({ basic_auth, authorization, bearer_token, bearer_token_file }: WrittenJob): Fault[] {
  const faults: Fault[] = [];
  const isBearer = bearer_token !== undefined || bearer_token_file !== undefined;
  if (basic_auth !== undefined && authorization !== undefined)
    faults.push(['authorization', 'expected basic_auth or authorization, found both; keep one of them']);
  if (bearer_token !== undefined && bearer_token_file !== undefined)
    faults.push(['bearer_token_file', 'expected bearer_token or bearer_token_file, found both; keep one of them']);
  if (isBearer && (basic_auth !== undefined || authorization !== undefined))
    faults.push([
      bearer_token === undefined ? 'bearer_token_file' : 'bearer_token',
      'expected a bearer token, basic_auth or authorization, found two of them; keep one',
    ]);
  return faults;
}

/** The older way to write an authorization of type Bearer. */
function withAuthorization({ bearer_token, bearer_token_file, ...job }: WrittenJob): ScrapeConfig {
  const credentials_file = bearer_token ?? bearer_token_file;
  return credentials_file === undefined ? job : { ...job, authorization: { credentials_file } };
}

/** What is wrong with a configuration as a whole. Source: prometheus config/config.go, ScrapeConfig.Validate. */
function faultsOf(config: ScrapeConfig): Fault[] {
  const faults: Fault[] = [];
  const { scrape_interval = '', scrape_timeout = '', metric_name_validation_scheme: validation = 'utf8' } = config;
  if (parseDuration(scrape_timeout) > parseDuration(scrape_interval))
    faults.push(['scrape_timeout', `scrape_timeout ${scrape_timeout} is above scrape_interval ${scrape_interval}`]);
  if (validation === 'legacy' && config.metric_name_escaping_scheme === 'allow-utf-8')
    faults.push([
      'metric_name_escaping_scheme',
      'allow-utf-8 asks for names that metric_name_validation_scheme legacy refuses; use underscores, dots or values',
    ]);
  for (const section of ['relabel_configs', 'metric_relabel_configs'] as const)
    for (const step of config[section] ?? []) {
      const text = relabelConfigFault(relabelConfigOf(step), validation);
      if (text !== undefined) faults.push([section, text]);
    }
  const addresses = (config.static_configs ?? []).flatMap(({ targets }) => targets ?? []);
  const url = addresses.find((address) => address.includes('/'));
  if (url !== undefined && (config.relabel_configs ?? []).length === 0)
    faults.push(['static_configs', `expected host:port, found ${foundOf(url)}; use scheme and metrics_path`]);
  return faults;
}

/** A duration unless it is 0, which asks for the default. */
function given(written: string | undefined): string | undefined {
  return written === undefined || parseDuration(written) === 0 ? undefined : written;
}

const INHERITED_LIMITS = [
  'sample_limit',
  'target_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'keep_dropped_targets',
] as const;

/**
 * `global` fills what a scrape configuration leaves out, and a limit of 0 leaves it out; an inherited timeout is cut
 * to the job's interval. Source: prometheus config/config.go, ScrapeConfig.Validate.
 */
function inherit(job: ScrapeConfig, global: WrittenGlobal): ScrapeConfig {
  const { evaluation_interval, rule_query_offset, query_log_file, external_labels, ...shared } = global;
  const globalInterval = given(global.scrape_interval) ?? DEFAULT_INTERVAL;
  const scrape_interval = given(job.scrape_interval) ?? globalInterval;
  const scrape_timeout =
    given(job.scrape_timeout) ??
    shortest(given(global.scrape_timeout) ?? DEFAULT_TIMEOUT, globalInterval, scrape_interval);
  const limits = INHERITED_LIMITS.flatMap((key) => {
    const limit = job[key] || global[key];
    return limit === undefined ? [] : [[key, limit] as const];
  });
  const size = [job.body_size_limit, global.body_size_limit].find(
    (limit) => limit !== undefined && parseSize(limit) > 0,
  );
  const validation = job.metric_name_validation_scheme ?? global.metric_name_validation_scheme;
  const escaping = job.metric_name_escaping_scheme ?? inheritedEscaping(job, global);
  const own = Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined && value !== null));
  return {
    ...shared,
    ...(own as ScrapeConfig),
    scrape_interval,
    scrape_timeout,
    ...Object.fromEntries(limits),
    ...(size !== undefined && { body_size_limit: size }),
    ...(validation !== undefined && { metric_name_validation_scheme: validation }),
    ...(escaping !== undefined && { metric_name_escaping_scheme: escaping }),
  };
}

/** A job with a validation scheme of its own takes the escaping that goes with it, not global's. */
function inheritedEscaping(job: ScrapeConfig, global: WrittenGlobal) {
  const isOwn = job.metric_name_validation_scheme !== undefined;
  if (!isOwn && global.metric_name_escaping_scheme !== undefined) return global.metric_name_escaping_scheme;
  const validation = job.metric_name_validation_scheme ?? global.metric_name_validation_scheme;
  if (validation === 'legacy') return 'underscores';
  return isOwn ? 'allow-utf-8' : undefined;
}

function shortest(...durations: readonly string[]): string {
  return durations.reduce((a, b) => (parseDuration(b) < parseDuration(a) ? b : a));
}

/** The issue path along these objects and keys, for the reporting of its place. */
function placeOf(...steps: readonly [origin: object, key: string | number][]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const items = steps.map(([input, key]) => ({ type: 'unknown', origin: 'value', input, key, value: undefined }));
  return items as unknown as [v.IssuePathItem, ...v.IssuePathItem[]];
}
