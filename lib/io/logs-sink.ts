import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { EmfDocument } from '../cloudwatch/emf.ts';
import type { Sink } from '../ports.ts';

/** Each event counts its UTF-8 bytes and this. Source: PutLogEvents reference. */
const EVENT_OVERHEAD_BYTES = 26;
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_SPAN_MS = 24 * 3_600_000;

/**
 * Sends documents to their log groups and streams, which are made where they are missing. Needs a route to
 * CloudWatch Logs, which the default sink does not.
 */
export function logsSink(client: CloudWatchLogsClient): Sink {
  return async (documents) => {
    const streams = new Map<string, EmfDocument[]>();
    for (const document of documents) {
      const key = JSON.stringify([document.logGroupName, document.logStreamName]);
      const stream = streams.get(key);
      if (stream === undefined) streams.set(key, [document]);
      else stream.push(document);
    }
    for (const stream of streams.values()) await putStream(client, stream);
  };
}

async function putStream(client: CloudWatchLogsClient, documents: readonly EmfDocument[]): Promise<void> {
  const { logGroupName = '', logStreamName = '' } = documents[0] ?? {};
  for (const batch of batchesOf(documents)) {
    const logEvents = batch.map(({ line, timestampMs }) => ({ message: line, timestamp: timestampMs }));
    const put = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents });
    const first = await client.send(put).catch(unlessMissing);
    if (first !== undefined) {
      checkAccepted(first, logStreamName);
      continue;
    }
    await client.send(new CreateLogGroupCommand({ logGroupName })).catch(unlessExists);
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(unlessExists);
    checkAccepted(await client.send(put), logStreamName);
  }
}

/** In the order of time, each within the limits of a call. */
function batchesOf(documents: readonly EmfDocument[]): EmfDocument[][] {
  const batches: EmfDocument[][] = [];
  let bytes = 0;
  for (const document of [...documents].sort((a, b) => a.timestampMs - b.timestampMs)) {
    const size = Buffer.byteLength(document.line) + EVENT_OVERHEAD_BYTES;
    const last = batches.at(-1);
    const isOver =
      last === undefined ||
      last.length >= MAX_BATCH_EVENTS ||
      bytes + size > MAX_BATCH_BYTES ||
      document.timestampMs - (last[0]?.timestampMs ?? 0) >= MAX_BATCH_SPAN_MS;
    if (isOver) {
      batches.push([document]);
      bytes = size;
    } else {
      last.push(document);
      bytes += size;
    }
  }
  return batches;
}

function unlessMissing(error: Error): undefined {
  if (error.name !== 'ResourceNotFoundException') throw error;
}

/** CloudWatch takes the rest of a batch and tells which events it did not take. */
function checkAccepted({ rejectedLogEventsInfo }: PutLogEventsCommandOutput, logStreamName: string): void {
  if (rejectedLogEventsInfo === undefined) return;
  throw new Error(`log stream ${logStreamName} refused events: ${JSON.stringify(rejectedLogEventsInfo)}`);
}

function unlessExists(error: Error): void {
  if (error.name !== 'ResourceAlreadyExistsException') throw error;
}
