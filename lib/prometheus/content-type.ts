import { printable } from '../document/problem.ts';
import { ExpositionError, type ExpositionFormat } from './exposition.ts';

const FORMATS: ReadonlyMap<string, ExpositionFormat | 'protobuf'> = new Map([
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/vnd.google.protobuf', 'protobuf'],
]);

/** `scrape_protocols` and `fallback_scrape_protocol`, with the media type and format of each. */
export const SCRAPE_PROTOCOLS = {
  PrometheusProto: undefined,
  'OpenMetricsText1.0.0': {
    format: 'openmetrics',
    accept: 'application/openmetrics-text;version=1.0.0',
    escaping: true,
  },
  'OpenMetricsText0.0.1': {
    format: 'openmetrics',
    accept: 'application/openmetrics-text;version=0.0.1',
    escaping: false,
  },
  'PrometheusText1.0.0': { format: 'text', accept: 'text/plain;version=1.0.0', escaping: true },
  'PrometheusText0.0.4': { format: 'text', accept: 'text/plain;version=0.0.4', escaping: false },
} as const;

export type ScrapeProtocol = Exclude<keyof typeof SCRAPE_PROTOCOLS, 'PrometheusProto'>;

/**
 * The format of an answer. Source: prometheus model/textparse, extractMediaType: without a fallback, a Content-Type
 * that is missing, malformed or not an exposition format fails the scrape.
 * @throws {ExpositionError}
 */
export function formatOf(contentType: string, fallback: ScrapeProtocol | undefined): ExpositionFormat {
  const format = FORMATS.get(mediaTypeOf(contentType) ?? '');
  if (format === 'protobuf') throw contentTypeError('the protobuf exposition format is not supported');
  if (format !== undefined) return format;
  if (fallback !== undefined) return SCRAPE_PROTOCOLS[fallback].format;
  const found = contentType === '' ? 'none' : JSON.stringify(printable(contentType, 80));
  throw contentTypeError(
    `expected Content-Type text/plain or application/openmetrics-text, found ${found}; is this the metrics path? Otherwise set fallback_scrape_protocol`,
  );
}

function contentTypeError(text: string): ExpositionError {
  return new ExpositionError('content_type', text, { line: 0, column: 0 });
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAMETER = new RegExp(`^\\s*;\\s*(${TOKEN})\\s*=\\s*(${TOKEN}|"(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*")`);

/** The media type in lower case, or nothing when the header is malformed. Source: RFC 2045, as Go's mime package. */
function mediaTypeOf(contentType: string): string | undefined {
  const [base = '', ...parameters] = contentType.split(/(?=;)/);
  const mediaType = base.trim().toLowerCase();
  if (!new RegExp(`^${TOKEN}(?:/${TOKEN})?$`).test(mediaType)) return undefined;
  const values = new Map<string, string>();
  let rest = parameters.join('');
  for (let match = PARAMETER.exec(rest); match !== null; match = PARAMETER.exec(rest)) {
    const name = (match[1] ?? '').toLowerCase();
    const value = (match[2] ?? '').replace(/^"|"$/g, '');
    // Only a parameter with two values is malformed.
    if (values.has(name) && values.get(name) !== value) return undefined;
    values.set(name, value);
    rest = rest.slice(match[0].length);
  }
  return rest.trim() === '' || rest.trim() === ';' ? mediaType : undefined;
}
