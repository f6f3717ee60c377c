import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { EmfDocument } from '../cloudwatch/emf.ts';
import type { Sink } from '../ports.ts';

/** Each event counts its UTF-8 bytes and this. Source: PutLogEvents reference. */
const EVENT_OVERHEAD_BYTES = 26;
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_EVENTS = 10_000;

/**
 * Sends documents to their log groups and streams, which are made where they are missing. Needs a route to
 * CloudWatch Logs, which the default sink does not.
 */
export function logsSink(client: CloudWatchLogsClient): Sink {
  return async (documents) => {
    const streams = new Map<string, EmfDocument[]>();
    for (const document of documents) {
      const key = JSON.stringify([document.logGroupName, document.logStreamName]);
      streams.set(key, [...(streams.get(key) ?? []), document]);
    }
    for (const stream of streams.values()) await putStream(client, stream);
  };
}

async function putStream(client: CloudWatchLogsClient, documents: readonly EmfDocument[]): Promise<void> {
  const { logGroupName = '', logStreamName = '' } = documents[0] ?? {};
  for (const batch of batchesOf(documents)) {
    const logEvents = batch.map(({ line, timestampMs }) => ({ message: line, timestamp: timestampMs }));
    const put = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents });
    const missing = await client.send(put).then(() => false, isMissing);
    if (!missing) continue;
    await client.send(new CreateLogGroupCommand({ logGroupName })).catch(unlessExists);
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(unlessExists);
    await client.send(put);
  }
}

/** In the order of time, each within the limits of a call. */
function batchesOf(documents: readonly EmfDocument[]): EmfDocument[][] {
  const batches: EmfDocument[][] = [];
  let bytes = 0;
  for (const document of [...documents].sort((a, b) => a.timestampMs - b.timestampMs)) {
    const size = Buffer.byteLength(document.line) + EVENT_OVERHEAD_BYTES;
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_BATCH_EVENTS || bytes + size > MAX_BATCH_BYTES) {
      batches.push([document]);
      bytes = size;
    } else {
      last.push(document);
      bytes += size;
    }
  }
  return batches;
}

function isMissing(error: Error): boolean {
  if (error.name === 'ResourceNotFoundException') return true;
  throw error;
}

function unlessExists(error: Error): void {
  if (error.name !== 'ResourceAlreadyExistsException') throw error;
}
