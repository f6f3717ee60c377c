import {
  type ExpositionFormat,
  type ExpositionVisitor,
  moveTo,
  openCursor,
} from '../../../lib/prometheus/exposition.ts';
import { readOpenMetricsItem } from '../../../lib/prometheus/exposition-openmetrics.ts';
import { readTextItem } from '../../../lib/prometheus/exposition-text.ts';

/**
 * The reference of `parseExposition`: the whole body at once, item by item, each by the reader that takes every form.
 * Returns the number of samples. @throws {ExpositionError}
 */
export function parseWholeBody(format: ExpositionFormat, body: Uint8Array, visitor: ExpositionVisitor): number {
  const cursor = openCursor(visitor);
  moveTo(cursor, Buffer.from(body), true);
  if (format === 'openmetrics') while (!cursor.ended) readOpenMetricsItem(cursor);
  else while (!cursor.ended && cursor.offset < body.length) readTextItem(cursor);
  return cursor.samples;
}
