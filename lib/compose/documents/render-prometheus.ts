import { stringify } from 'yaml';
import { DEFAULT_SD_RESULT_FILE } from '../../ecs/discovery-settings.ts';
import { formatDuration, parseDuration } from '../../prometheus/duration.ts';
import type { ScrapeSettings } from '../extensions/x-prom-emf-schema.ts';
import { DEFAULT_INTERVAL, DEFAULT_TIMEOUT } from '../extensions/x-prometheus.ts';
import type { Family, Scraping } from '../family/family.ts';
import { type Endpoint, escapeRegex } from './render-discovery.ts';

/** The most samples of one scrape that are taken. */
const SAMPLE_LIMIT = 10_000;

/** The keys of a scrape configuration that a user chose. */
type JobSettings = Omit<ScrapeSettings, 'ExporterPort' | 'ExporterPath'>;

/**
 * The Prometheus configuration of a family, as YAML: one job over the targets that ECS discovery finds, and one more
 * for each endpoint that is scraped in a way of its own. A job keeps the targets whose `job` label is theirs, and the
 * first one leaves them out, so that every target is scraped once.
 */
export function renderPrometheus(family: Family, endpoints: readonly Endpoint[], jobPrefix: string): string {
  const common = settingsAt(undefined, family.scrapeSettings);
  const special = endpoints
    .map((endpoint) => ({ endpoint, settings: settingsAt(endpoint, family.scrapeSettings) }))
    .filter(({ settings }) => JSON.stringify(settings) !== JSON.stringify(common));
  const jobs = special.map(({ endpoint }) => endpoint.job);
  return renderConfig(family.scraping, defaultTimeout(family.scraping), [
    job(`${jobPrefix}-cwagent-ecs-file-sd-config`, common, jobs.length === 0 ? [] : [filter('drop', jobs)]),
    ...special.map(({ endpoint, settings }) => job(endpoint.job, settings, [filter('keep', [endpoint.job])])),
  ]);
}

/** As ECS Compose-X writes it: the default timeout stays above a shorter interval. */
export function renderComposeXPrometheus({ scraping }: Family, jobPrefix: string): string {
  return renderConfig(scraping, DEFAULT_TIMEOUT, [job(`${jobPrefix}-cwagent-ecs-file-sd-config`, {}, [])]);
}

function renderConfig(scraping: Scraping | undefined, timeout: string, scrape_configs: readonly object[]): string {
  const { Interval = DEFAULT_INTERVAL, Timeout = timeout } = scraping ?? {};
  return stringify({ global: { scrape_interval: Interval, scrape_timeout: Timeout }, scrape_configs });
}

function defaultTimeout(scraping: Scraping | undefined): string {
  const interval = parseDuration(scraping?.Interval ?? DEFAULT_INTERVAL);
  return formatDuration(Math.min(parseDuration(DEFAULT_TIMEOUT), interval));
}

/** The settings for an endpoint, later entries over earlier ones; without one, those that hold for every endpoint. */
function settingsAt(endpoint: Endpoint | undefined, all: readonly ScrapeSettings[]): JobSettings {
  const applies = ({ ExporterPort: port, ExporterPath: path }: ScrapeSettings) =>
    port === undefined || (port === endpoint?.port && (path === undefined || path === endpoint.path));
  const merged: ScrapeSettings = Object.assign({}, ...all.filter(applies));
  const { ExporterPort, ExporterPath, ...settings } = merged;
  return settings;
}

type Relabel = NonNullable<NonNullable<JobSettings['relabel_configs']>>[number];

function filter(action: 'keep' | 'drop', jobs: readonly string[]): Relabel {
  return { source_labels: ['job'], regex: jobs.map(escapeRegex).join('|'), action };
}

function job(name: string, settings: JobSettings, filters: readonly Relabel[]): object {
  const { relabel_configs, metric_relabel_configs, ...rest } = settings;
  const own = [...filters, ...(relabel_configs ?? [])];
  return {
    job_name: name,
    sample_limit: SAMPLE_LIMIT,
    ...rest,
    file_sd_configs: [{ files: [DEFAULT_SD_RESULT_FILE] }],
    ...(own.length > 0 && { relabel_configs: own.map(withNumbers) }),
    ...(metric_relabel_configs && { metric_relabel_configs: metric_relabel_configs.map(withNumbers) }),
  };
}

/** The schema keeps a modulus as its digits; a Prometheus configuration has a number there. */
function withNumbers({ modulus, ...rest }: Relabel): object {
  return { ...rest, ...(modulus !== undefined && { modulus: BigInt(modulus) }) };
}
