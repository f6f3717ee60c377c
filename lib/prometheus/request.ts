import { SCRAPE_PROTOCOLS, type ScrapeProtocol } from './content-type.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { parseSize } from './size.ts';
import type { ScrapeTarget } from './target.ts';

/** One GET of a target. */
export type ScrapeRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Decompressed bytes that a body must stay under; 0 asks for the built-in maximum. */
  readonly bodySizeLimit: number;
  readonly followRedirects: boolean;
  readonly tls?: TlsSettings;
};

/** How an exporter is known to be the right one, and what it is shown; certificates and the key are PEM texts. */
export type TlsSettings = {
  /** In place of the authorities that the process knows. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that its certificate must have; absent: the host's. */
  readonly serverName?: string;
  /** Absent: TLS 1.2, and whatever both sides know. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly insecureSkipVerify: boolean;
};

const DEFAULT_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

const USER_AGENT = 'prom-emf';

/** The request of a target, without the credentials of its job. Source of the headers: prometheus scrape/scrape.go, targetScraper. */
export function requestOf(target: ScrapeTarget, config: ScrapeConfig): ScrapeRequest {
  return {
    url: target.url,
    headers: withHeaders(config, {
      accept: acceptOf(config),
      'accept-encoding': config.enable_compression === false ? 'identity' : 'gzip',
      'user-agent': USER_AGENT,
      'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
    }),
    timeoutMs: target.timeoutMs,
    bodySizeLimit: config.body_size_limit === undefined ? 0 : parseSize(config.body_size_limit),
    followRedirects: config.follow_redirects ?? true,
  };
}

/** http_headers come beside those of the scrape, also beside one of the same name. */
function withHeaders({ http_headers }: ScrapeConfig, own: Readonly<Record<string, string>>): Record<string, string> {
  const headers = new Map(Object.entries(own));
  for (const [written, { values = [] }] of Object.entries(http_headers ?? {})) {
    if (values.length === 0) continue;
    const name = written.toLowerCase();
    headers.set(name, [headers.get(name) ?? [], values].flat().join(', '));
  }
  return Object.fromEntries(headers);
}

/** The protocols in the order they are wanted, with falling weights from 0.6, then anything. */
function acceptOf({ scrape_protocols, metric_name_escaping_scheme }: ScrapeConfig): string {
  const escaping = metric_name_escaping_scheme ?? 'allow-utf-8';
  const protocols = scrape_protocols ?? DEFAULT_PROTOCOLS;
  const wanted = protocols.map((protocol, index) => {
    const { accept, escaping: takesEscaping } = SCRAPE_PROTOCOLS[protocol];
    return `${accept}${takesEscaping ? `;escaping=${escaping}` : ''};q=0.${6 - index}`;
  });
  return [...wanted, `*/*;q=0.${6 - protocols.length}`].join(',');
}
