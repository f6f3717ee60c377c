import type { Scrape } from '../ports.ts';
import { ScrapeError } from './http.ts';

/** An answer as it was saved. */
export type RecordedResponse = { readonly status?: number; readonly contentType?: string; readonly body?: string };

/** Answers from saved responses by URL, so that a configuration can be tried where no target can be reached. */
export function recordedScrape(responses: Readonly<Record<string, RecordedResponse>>): Scrape {
  return async ({ url }) => {
    const response = Object.hasOwn(responses, url) ? responses[url] : undefined;
    if (response === undefined) {
      const known = Object.keys(responses).join(', ');
      throw new ScrapeError(
        'connect',
        url,
        `no recorded answer for this URL; there are answers for ${known || 'none'}`,
      );
    }
    const { status = 200, contentType = 'text/plain; version=0.0.4', body = '' } = response;
    if (status !== 200) throw new ScrapeError('status', url, `server returned HTTP status ${status}`);
    return { status, contentType, body: Buffer.from(body) };
  };
}
