import * as v from 'valibot';
import type { LocatedDocument } from '../document/document.ts';
import { closed, dictionary, foundOf, list, parsedText, readDocument, text } from '../document/schema.ts';
import { SCRAPE_PROTOCOLS, type ScrapeProtocol } from './content-type.ts';
import { type CredentialSchemas, credentialSettings, ownCredentialSettings } from './credentials.ts';
import { parseDuration } from './duration.ts';
import { compileAnchoredRegex } from './regex.ts';
import { RELABEL_ACTIONS, type RelabelAction, relabelConfigFault } from './relabel.ts';
import { switchText } from './switch-text.ts';

/**
 * Schemas of a Prometheus configuration whose scalars were read as texts (`scalars: 'text'`): a plain `010` is the
 * regex "010" and the number 10, as Go's YAML reads it into a string and into a number.
 */

const nullable = v.pipe(
  v.nullable(text),
  v.transform((value) => value ?? ''),
);

const duration = parsedText(parseDuration);

const limit = v.pipe(
  text,
  v.regex(/^[0-9]{1,15}$/, (issue) => `expected a whole number of at least 0, found ${foundOf(issue.input)}`),
  v.transform(Number),
);

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ...['K', 'M', 'G', 'T', 'P', 'E'].map((unit, i) => [unit, 1024 ** (i + 1)] as const),
]);

/** `10MB` in bytes; units count in steps of 1024. Source: alecthomas/units Base2Bytes, as Prometheus uses it. */
export function parseSize(value: string): number {
  const parts = /^([0-9]+(?:\.[0-9]+)?)([KMGTPE]?)i?B$/.exec(value);
  if (parts === null && value !== '0')
    throw new Error(`expected a size such as 512KB or 10MB, found ${JSON.stringify(value)}`);
  return parts === null ? 0 : Math.floor(Number(parts[1]) * (SIZE_UNITS.get(parts[2] ?? '') ?? 1));
}

const PROTOCOLS = Object.keys(SCRAPE_PROTOCOLS).filter((name) => name !== 'PrometheusProto') as ScrapeProtocol[];

const protocol = v.picklist(PROTOCOLS, (issue) =>
  issue.input === 'PrometheusProto'
    ? 'PrometheusProto is not supported yet; use OpenMetricsText1.0.0 or PrometheusText0.0.4'
    : `expected one of ${PROTOCOLS.join(', ')}, found ${foundOf(issue.input)}`,
);

const action = v.pipe(
  text,
  v.transform((value) => value.toLowerCase()),
  v.picklist(
    RELABEL_ACTIONS,
    (issue) => `expected one of ${RELABEL_ACTIONS.join(', ')}, found ${foundOf(issue.input)}`,
  ),
);

const anchoredPattern = v.pipe(
  nullable,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      compileAnchoredRegex(dataset.value);
    } catch (error) {
      addIssue({ message: (error as Error).message });
    }
  }),
);

const modulus = v.pipe(
  text,
  v.regex(/^[0-9]{1,20}$/, (issue) => `expected a whole number of at least 0, found ${foundOf(issue.input)}`),
);

const relabelFields = closed({
  source_labels: v.optional(v.nullable(list(v.pipe(text, v.nonEmpty('expected a label name, found ""'))))),
  separator: v.optional(nullable),
  regex: v.optional(anchoredPattern),
  modulus: v.optional(modulus),
  target_label: v.optional(nullable),
  replacement: v.optional(nullable),
  action: v.optional(action),
});

/** relabel_configs; the modulus stays a text of digits, since JSON numbers end at 2^53. */
export const relabelConfigsSchema = (validation: 'utf8' | 'legacy') =>
  list(
    v.pipe(
      relabelFields,
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed || dataset.issues !== undefined) return;
        const fault = relabelConfigFault(relabelConfigOf(dataset.value), validation);
        if (fault !== undefined) addIssue({ message: fault });
      }),
    ),
  );

export type WrittenRelabelConfig = v.InferOutput<typeof relabelFields>;

/** The written configuration with its modulus as a number of 64 bits. */
export function relabelConfigOf({ modulus, source_labels, ...rest }: WrittenRelabelConfig) {
  return {
    ...rest,
    action: rest.action as RelabelAction | undefined,
    ...(source_labels === undefined || source_labels === null ? {} : { source_labels }),
    ...(modulus === undefined ? {} : { modulus: BigInt(modulus) }),
  };
}

const labelMap = v.nullable(dictionary(nullable));

/** An entry of static_configs, or of a file_sd document. */
export const targetGroupSchema = closed({
  targets: v.optional(v.nullable(list(text)), []),
  labels: v.optional(labelMap, {}),
});

function unsupported(name: string) {
  return v.optional(
    v.custom<undefined>((input) => input === undefined || input === null, `${name} is not supported yet; remove it`),
  );
}

const httpHeader = closed({
  values: v.optional(list(text)),
  secrets: unsupported('secrets'),
  files: unsupported('files'),
});

/** Headers that Prometheus sets itself, or that hold secrets. Source: prometheus/common, config, reserved headers. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'user-agent',
  'www-authenticate',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-prometheus-remote-read-version',
  'x-prometheus-remote-write-version',
  'x-prometheus-scrape-timeout-seconds',
]);

const httpHeaders = v.pipe(
  dictionary(httpHeader),
  v.rawCheck(({ dataset, addIssue }) => {
    for (const name of Object.keys(dataset.value ?? {})) {
      if (RESERVED_HEADERS.has(name.toLowerCase()))
        addIssue({
          message: `expected a header of your own, found ${foundOf(name)}; use basic_auth or authorization for credentials`,
        });
    }
  }),
);

const limits = {
  sample_limit: v.optional(limit),
  target_limit: v.optional(limit),
  label_limit: v.optional(limit),
  label_name_length_limit: v.optional(limit),
  label_value_length_limit: v.optional(limit),
  keep_dropped_targets: v.optional(limit),
  body_size_limit: v.optional(parsedText(parseSize)),
  scrape_protocols: v.optional(
    v.pipe(
      list(protocol),
      v.minLength(1, 'expected at least one protocol'),
      v.check((protocols) => new Set(protocols).size === protocols.length, 'expected each protocol once'),
    ),
  ),
  fallback_scrape_protocol: v.optional(protocol),
  metric_name_validation_scheme: v.optional(
    v.picklist(['utf8', 'legacy'], (issue) => `expected utf8 or legacy, found ${foundOf(issue.input)}`),
  ),
  metric_name_escaping_scheme: v.optional(
    v.picklist(
      ['allow-utf-8', 'underscores', 'dots', 'values'],
      (issue) => `expected allow-utf-8, underscores, dots or values, found ${foundOf(issue.input)}`,
    ),
  ),
  extra_scrape_metrics: v.optional(switchText),
  scrape_native_histograms: v.optional(switchText),
  convert_classic_histograms_to_nhcb: v.optional(switchText),
  always_scrape_classic_histograms: v.optional(switchText),
};

/** How a job scrapes, whatever its targets: the keys of a scrape configuration without its name, path and discovery. */
export const jobSettings = {
  ...limits,
  scrape_interval: v.optional(duration),
  scrape_timeout: v.optional(duration),
  scheme: v.optional(
    v.picklist(['http', 'https', ''], (issue) => `expected http or https, found ${foundOf(issue.input)}`),
  ),
  params: v.optional(v.nullable(dictionary(list(text)))),
  honor_labels: v.optional(switchText),
  honor_timestamps: v.optional(switchText),
  track_timestamps_staleness: v.optional(switchText),
  follow_redirects: v.optional(switchText),
  enable_http2: v.optional(switchText),
  enable_compression: v.optional(switchText),
  http_headers: v.optional(httpHeaders),
  relabel_configs: v.optional(v.nullable(relabelConfigsSchema('utf8'))),
  metric_relabel_configs: v.optional(v.nullable(relabelConfigsSchema('utf8'))),
};

const scrapeConfig = (credentials: CredentialSchemas) =>
  closed({
    job_name: v.pipe(text, v.nonEmpty('expected a job_name that is not empty')),
    metrics_path: v.optional(text),
    ...jobSettings,
    ...credentials,
    static_configs: v.optional(v.nullable(list(targetGroupSchema))),
    file_sd_configs: v.optional(
      v.nullable(list(closed({ files: list(text), refresh_interval: v.optional(duration) }))),
    ),
    oauth2: unsupported('oauth2'),
    proxy_url: unsupported('proxy_url'),
    http_sd_configs: unsupported('http_sd_configs'),
    dns_sd_configs: unsupported('dns_sd_configs'),
    ec2_sd_configs: unsupported('ec2_sd_configs'),
    aws_sd_configs: unsupported('aws_sd_configs'),
    kubernetes_sd_configs: unsupported('kubernetes_sd_configs'),
    consul_sd_configs: unsupported('consul_sd_configs'),
  });

const globalSection = closed({
  ...limits,
  scrape_interval: v.optional(duration),
  scrape_timeout: v.optional(duration),
  evaluation_interval: v.optional(duration),
  external_labels: v.optional(labelMap),
});

/** Sections that concern other parts of a Prometheus server are read by nobody here and left alone. */
const ignored = v.optional(v.unknown());

const configSchema = (credentials: CredentialSchemas) =>
  closed({
    global: v.optional(v.nullable(globalSection)),
    scrape_configs: v.optional(v.nullable(list(scrapeConfig(credentials)))),
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

/** One scrape configuration with everything inherited from `global` filled in: plain data, safe to store as JSON. */
export type ScrapeConfig = v.InferOutput<ReturnType<typeof scrapeConfig>>;

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
  return { config: readDocument(checkedSchema(ownCredentialSettings(secrets)), document), secrets };
}

const checkedSchema = (credentials: CredentialSchemas) =>
  v.pipe(
    configSchema(credentials),
    v.rawTransform<WrittenConfig, PrometheusConfig>(({ dataset, addIssue }) => {
      const written = dataset.value;
      const names = new Set<string>();
      const scrape_configs = (written.scrape_configs ?? []).map((job, index) => {
        const fault = (key: string, message: string) => addIssue({ message, path: placeOf(written, job, index, key) });
        if (names.has(job.job_name))
          fault('job_name', `job_name ${JSON.stringify(job.job_name)} stands twice; rename one`);
        names.add(job.job_name);
        if (job.basic_auth !== undefined && job.authorization !== undefined)
          fault('authorization', 'expected basic_auth or authorization, found both; keep one of them');
        const merged = inherit(job, written.global ?? {});
        if (parseDuration(merged.scrape_interval ?? '') === 0) fault('scrape_interval', 'expected an interval above 0');
        if (parseDuration(merged.scrape_timeout ?? '') > parseDuration(merged.scrape_interval ?? ''))
          fault(
            'scrape_timeout',
            `scrape_timeout ${merged.scrape_timeout} is above scrape_interval ${merged.scrape_interval}`,
          );
        for (const section of ['relabel_configs', 'metric_relabel_configs'] as const)
          for (const config of merged[section] ?? []) {
            const text = relabelConfigFault(relabelConfigOf(config), merged.metric_name_validation_scheme ?? 'utf8');
            if (text !== undefined) fault(section, text);
          }
        return merged;
      });
      return { scrape_configs };
    }),
  );

const storableSchema = checkedSchema(credentialSettings);

/** `global` fills what a scrape configuration leaves out; an inherited timeout is cut to the job's interval. */
function inherit(job: ScrapeConfig, global: NonNullable<WrittenConfig['global']>): ScrapeConfig {
  const { evaluation_interval, external_labels, ...shared } = global;
  const scrape_interval = job.scrape_interval ?? shared.scrape_interval ?? DEFAULT_INTERVAL;
  const inherited = shared.scrape_timeout ?? DEFAULT_TIMEOUT;
  const cut = parseDuration(inherited) > parseDuration(scrape_interval) ? scrape_interval : inherited;
  return { ...shared, ...job, scrape_interval, scrape_timeout: job.scrape_timeout ?? cut };
}

/** The issue path of a key of a scrape configuration, for the reporting of its place. */
function placeOf(
  config: WrittenConfig,
  job: ScrapeConfig,
  index: number,
  key: string,
): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const item = (origin: object, key: string | number, value: unknown) =>
    ({ type: 'unknown', origin: 'value', input: origin, key, value }) as v.IssuePathItem;
  return [
    item(config, 'scrape_configs', config.scrape_configs),
    item(config.scrape_configs ?? [], index, job),
    item(job, key, undefined),
  ];
}
