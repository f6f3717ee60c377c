import * as v from 'valibot';
import { alarmsSchema } from '../../cloudwatch/monitoring/alarm-settings.ts';
import { scalingSchema } from '../../cloudwatch/monitoring/scaling-settings.ts';
import { chosenOptionsSchema } from '../../cloudwatch/options.ts';
import { closed, dictionary, list } from '../../document/schema.ts';
import { credentialSettings } from '../../prometheus/credentials.ts';
import { jobSettings } from '../../prometheus/job-settings.ts';
import { exporter, path, port, switchOr } from './x-prometheus-schema.ts';

/**
 * How jobs scrape: the keys of a Prometheus scrape configuration, for the exporter at a port (and a path), or for all
 * exporters of the family. Secrets by reference: lib/prometheus/credentials.ts.
 */
const scrapeSettings = v.pipe(
  v.unknown(),
  v.transform(asTexts),
  closed({ ExporterPort: v.optional(port), ExporterPath: v.optional(path), ...jobSettings, ...credentialSettings }),
);

/** Scalars as texts, which is how a Prometheus configuration is read. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== 'object' || value === null) return value === null ? null : String(value);
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asTexts(item)])),
  );
}

/** What a service and the top level of a compose file may both hold. */
const shared = {
  Options: v.optional(chosenOptionsSchema),
  ScrapeConfigs: v.optional(list(scrapeSettings)),
};

/** `x-prom-emf` at the top level: for every family. */
export const topLevelSchema = closed(shared);

/** `x-prom-emf` of a service. */
export const promEmfSchema = closed({
  ...shared,
  /** Known, and read with x-prometheus: it is the same section under another key. */
  ContainersInsights: v.optional(v.unknown()),
  /** Rule packs by name. */
  Exporters: v.optional(dictionary(switchOr(exporter))),
  Alarms: v.optional(alarmsSchema),
  Scaling: v.optional(scalingSchema),
});

export type PromEmf = v.InferOutput<typeof promEmfSchema>;
export type TopLevel = v.InferOutput<typeof topLevelSchema>;
export type ScrapeSettings = v.InferOutput<typeof scrapeSettings>;
