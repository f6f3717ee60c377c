import {
  type Cursor,
  type ExpositionFormat,
  type ExpositionVisitor,
  moveTo,
  NEWLINE,
  openCursor,
} from './exposition.ts';
import { readOpenMetricsItem } from './exposition-openmetrics.ts';
import { readTextItem } from './exposition-text.ts';
import { type SeriesScan, type SeriesScanner, seriesScan } from './series-scan.ts';
import { seriesScanner } from './series-scanner.ts';

/** A body that comes in chunks. What the visitor was given counts only when the end was read without a fault. */
export type ExpositionStream = {
  readonly cursor: Cursor;
  readonly scan: SeriesScan;
  readonly scanner: SeriesScanner;
  /** What was not read yet, since its item goes on behind it. */
  held: Buffer[];
  heldBytes: number;
  /** At how many held bytes an item of several lines is tried again; 0: only the end of a line is missing. */
  retryAt: number;
};

export function openExposition(
  format: ExpositionFormat,
  visitor: ExpositionVisitor,
  scanner = seriesScanner(),
): ExpositionStream {
  const scan = seriesScan(format === 'openmetrics', visitor.labelSets);
  return { cursor: openCursor(visitor), scan, scanner, held: [], heldBytes: 0, retryAt: 0 };
}

/** Reads the next chunk, of which nothing is kept but copies. @throws {ExpositionError} */
export function readChunk(stream: ExpositionStream, chunk: Uint8Array): void {
  if (stream.cursor.ended) return;
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  // The line that is held ends in this chunk; what follows is read where it is.
  const isCut = stream.heldBytes > 0 && stream.retryAt === 0;
  const lineEnd = isCut ? bytes.indexOf(NEWLINE) + 1 : 0;
  if (lineEnd > 0) {
    hold(stream, bytes.subarray(0, lineEnd));
    readLines(stream, takeHeld(stream));
    readChunk(stream, bytes.subarray(lineEnd));
  } else if (stream.heldBytes === 0) {
    readLines(stream, bytes);
  } else {
    hold(stream, bytes);
    if (stream.retryAt > 0 && stream.heldBytes >= stream.retryAt) readLines(stream, takeHeld(stream));
  }
}

/** Reads what is left; returns the number of samples. @throws {ExpositionError} */
export function endExposition(stream: ExpositionStream): number {
  const { cursor } = stream;
  if (cursor.ended) return cursor.samples;
  readWindow(stream, takeHeld(stream), true);
  // The end is an item of OpenMetrics.
  if (stream.scan.isOpenMetrics && !cursor.ended) readItem(stream);
  return cursor.samples;
}

/** Parses a whole body; returns the number of samples. @throws {ExpositionError} */
export function parseExposition(
  format: ExpositionFormat,
  body: Uint8Array,
  visitor: ExpositionVisitor,
  scanner = seriesScanner(),
): number {
  const stream = openExposition(format, visitor, scanner);
  readChunk(stream, body);
  return endExposition(stream);
}

/** Reads the whole lines and holds the rest. */
function readLines(stream: ExpositionStream, bytes: Buffer): void {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  const read = end === 0 ? 0 : readWindow(stream, bytes.subarray(0, end), false);
  if (stream.cursor.ended) return;
  stream.retryAt = read < end ? 2 * (bytes.length - read) : 0;
  hold(stream, bytes.subarray(read));
}

function hold(stream: ExpositionStream, bytes: Buffer): void {
  if (bytes.length === 0) return;
  stream.held.push(Buffer.from(bytes));
  stream.heldBytes += bytes.length;
}

function takeHeld(stream: ExpositionStream): Buffer {
  const [first] = stream.held;
  const bytes = stream.held.length === 1 && first !== undefined ? first : Buffer.concat(stream.held);
  stream.held = [];
  stream.heldBytes = 0;
  return bytes;
}

/** Reads a window; returns how much of it: an item that goes on behind it is left. */
function readWindow(stream: ExpositionStream, window: Buffer, final: boolean): number {
  const { cursor, scan, scanner } = stream;
  moveTo(cursor, window, final);
  const lines = final ? window.lastIndexOf(NEWLINE) + 1 : window.length;
  while (cursor.offset < window.length && !cursor.ended) {
    if (cursor.valid) scanner(scan, cursor, lines);
    if (cursor.offset < window.length && !readItem(stream)) return cursor.itemStart;
  }
  return window.length;
}

/** Reads an item of whatever form; false where it goes on behind the window. @throws {ExpositionError} */
function readItem({ cursor, scan }: ExpositionStream): boolean {
  cursor.itemStart = cursor.offset;
  cursor.ranOut = false;
  try {
    if (scan.isOpenMetrics) readOpenMetricsItem(cursor);
    else readTextItem(cursor);
  } catch (error) {
    if (cursor.final || !cursor.ranOut) throw error;
  }
  if (cursor.ranOut && !cursor.final) return false;
  const { body, itemStart, offset } = cursor;
  for (let at = body.indexOf(NEWLINE, itemStart); at !== -1 && at < offset; at = body.indexOf(NEWLINE, at + 1))
    cursor.newlines += 1;
  cursor.itemStart = offset;
  return true;
}
