import { gigabytes, HOURS_A_MONTH } from './month.ts';
import type { Usage } from './tariff.ts';

/** A month's usage of a log group that so many bytes come to and stay in for so many days. */
export function logUsage(bytes: number, retentionDays: number): Usage {
  const gb = gigabytes(bytes);
  return { logs_ingested_gb: gb, logs_stored_gb_months: (gb * retentionDays * 24) / HOURS_A_MONTH };
}
