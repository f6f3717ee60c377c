import type { EmfDocument } from '../cloudwatch/emf.ts';

/**
 * Limits of one PutLogEvents call; each event counts its UTF-8 bytes and 26 more.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
const EVENT_OVERHEAD_BYTES = 26;
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_SPAN_MS = 24 * 3_600_000;

/** The documents of one stream in the order of time, each batch within the limits of a call. None is empty. */
export function batchesOf(documents: readonly EmfDocument[]): EmfDocument[][] {
  const batches: EmfDocument[][] = [];
  let bytes = 0;
  for (const document of documents.toSorted((a, b) => a.timestampMs - b.timestampMs)) {
    const size = Buffer.byteLength(document.line) + EVENT_OVERHEAD_BYTES;
    const last = batches.at(-1);
    if (last !== undefined && bytes + size <= MAX_BATCH_BYTES && takes(last, document)) {
      last.push(document);
      bytes += size;
    } else {
      batches.push([document]);
      bytes = size;
    }
  }
  return batches;
}

function takes(batch: readonly EmfDocument[], { timestampMs }: EmfDocument): boolean {
  const firstMs = batch[0]?.timestampMs ?? timestampMs;
  return batch.length < MAX_BATCH_EVENTS && timestampMs - firstMs <= MAX_BATCH_SPAN_MS;
}
