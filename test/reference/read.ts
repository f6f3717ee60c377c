import { formatOf, type ScrapeProtocol } from '../../lib/prometheus/content-type.ts';
import { readOpenMetrics } from './read-openmetrics.ts';
import { readText } from './read-text.ts';
import { type Exposition, type Reading, Refusal } from './reading.ts';

/**
 * Step 1. The samples of a body whose names `wants` takes; others are checked for syntax and counted only.
 * @throws {Refusal} for a body that is not what its Content-Type says.
 */
export function readBody(
  body: Uint8Array,
  contentType: string,
  fallback: ScrapeProtocol | undefined,
  wants: (name: string) => boolean,
): Exposition {
  const found: Exposition = { scraped: 0, samples: [], types: new Map(), units: new Map(), created: new Map() };
  // An empty answer is that of a target without samples, whatever it calls itself.
  if (body.length === 0) return found;
  const text = Buffer.from(body).toString('latin1');
  const reading: Reading = { body: text, at: 0, ended: false, type: 'unknown', begun: 0, wants, found };
  if (readFormat(contentType, fallback) === 'openmetrics') readOpenMetrics(reading);
  else readText(reading);
  return found;
}

function readFormat(contentType: string, fallback: ScrapeProtocol | undefined) {
  try {
    return formatOf(contentType, fallback);
  } catch (error) {
    throw new Refusal((error as Error).message);
  }
}
