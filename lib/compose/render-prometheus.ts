import { stringify } from 'yaml';
import { DEFAULT_SD_RESULT_FILE } from '../ecs/discovery-settings.ts';
import { formatDuration, parseDuration } from '../prometheus/duration.ts';
import type { Scraping } from './family.ts';
import { DEFAULT_INTERVAL, DEFAULT_TIMEOUT } from './x-prometheus.ts';

/** The most samples of one scrape that are taken. */
const SAMPLE_LIMIT = 10_000;

/**
 * The Prometheus configuration of a family, as YAML: one job over the targets that ECS discovery finds.
 * `exactTimeout` keeps the default timeout above a shorter interval, as ECS Compose-X writes it.
 */
export function renderPrometheus(jobPrefix: string, scraping: Scraping | undefined, exactTimeout: boolean): string {
  const interval = scraping?.Interval ?? DEFAULT_INTERVAL;
  const shortened = Math.min(parseDuration(DEFAULT_TIMEOUT), parseDuration(interval));
  const timeout = scraping?.Timeout ?? (exactTimeout ? DEFAULT_TIMEOUT : formatDuration(shortened));
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: timeout },
    scrape_configs: [
      {
        job_name: `${jobPrefix}-cwagent-ecs-file-sd-config`,
        sample_limit: SAMPLE_LIMIT,
        file_sd_configs: [{ files: [DEFAULT_SD_RESULT_FILE] }],
      },
    ],
  });
}
