import * as v from 'valibot';
import { absentOr, dictionary, foundOf, list, nullableText, parsedText, text } from '../document/schema.ts';
import { SCRAPE_PROTOCOLS, type ScrapeProtocol } from './content-type.ts';
import { countText } from './count-text.ts';
import { parseDuration } from './duration.ts';
import { httpHeaders } from './http-headers.ts';
import { relabelConfigsSchema } from './relabel-schema.ts';
import { parseSize } from './size.ts';
import { switchText } from './switch-text.ts';

/** A duration as it is written; 0 and nothing leave it to whoever gives the default. */
export const duration = v.nullable(parsedText(parseDuration), '0');

const size = v.nullable(parsedText(parseSize), '0');

const PROTOCOLS = Object.keys(SCRAPE_PROTOCOLS).filter((name) => name !== 'PrometheusProto') as ScrapeProtocol[];

const protocolFault = ({ input }: { readonly input: unknown }) =>
  input === 'PrometheusProto'
    ? 'PrometheusProto is not supported yet; use OpenMetricsText1.0.0 or PrometheusText0.0.4'
    : `expected one of ${PROTOCOLS.join(', ')}, found ${foundOf(input)}`;

const protocol = v.picklist(PROTOCOLS, protocolFault);

/** One of these words; nothing and "" are none of them, which leaves it to whoever gives the default. */
function wordOf<const Words extends readonly string[]>(
  words: Words,
  fault = ({ input }: { readonly input: unknown }) =>
    `expected ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}, found ${foundOf(input)}`,
) {
  return absentOr(
    v.pipe(
      v.picklist(['', ...words], fault),
      v.transform((word) => (word || undefined) as Words[number] | undefined),
    ),
  );
}

/** Settings of `global` and of each scrape configuration. */
export const limits = {
  sample_limit: v.optional(countText),
  target_limit: v.optional(countText),
  label_limit: v.optional(countText),
  label_name_length_limit: v.optional(countText),
  label_value_length_limit: v.optional(countText),
  keep_dropped_targets: v.optional(countText),
  body_size_limit: v.optional(size),
  scrape_protocols: absentOr(
    v.pipe(
      list(protocol),
      v.minLength(1, 'expected at least one protocol'),
      v.check((protocols) => new Set(protocols).size === protocols.length, 'expected each protocol once'),
    ),
  ),
  metric_name_validation_scheme: wordOf(['utf8', 'legacy']),
  metric_name_escaping_scheme: wordOf(['allow-utf-8', 'underscores', 'dots', 'values']),
  extra_scrape_metrics: absentOr(switchText),
  /** Native histograms come in protobuf alone, which is not asked for: histograms are read as classic ones. */
  scrape_native_histograms: absentOr(switchText),
  convert_classic_histograms_to_nhcb: absentOr(switchText),
  always_scrape_classic_histograms: absentOr(switchText),
};

const scheme = v.pipe(
  text,
  v.check(
    (written) => /^(?:https?|)$/i.test(written),
    (issue) => `expected http or https, found ${foundOf(issue.input)}`,
  ),
);

/** How a job scrapes, whatever its targets: the keys of a scrape configuration without its name, path and discovery. */
export const jobSettings = {
  ...limits,
  scrape_interval: v.optional(duration),
  scrape_timeout: v.optional(duration),
  fallback_scrape_protocol: wordOf(PROTOCOLS, protocolFault),
  scheme: v.optional(v.nullable(scheme, '')),
  params: v.optional(v.nullable(dictionary(v.nullable(list(nullableText), [])))),
  honor_labels: v.optional(switchText),
  honor_timestamps: v.optional(switchText),
  track_timestamps_staleness: v.optional(switchText),
  follow_redirects: v.optional(switchText),
  enable_http2: v.optional(switchText),
  enable_compression: v.optional(switchText),
  http_headers: absentOr(httpHeaders),
  relabel_configs: v.optional(v.nullable(relabelConfigsSchema('utf8'))),
  metric_relabel_configs: v.optional(v.nullable(relabelConfigsSchema('utf8'))),
};
