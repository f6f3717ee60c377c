import {
  type CloudWatchLogsClient,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { EmfDocument } from '../cloudwatch/emf.ts';
import type { Sink } from '../ports.ts';
import { batchesOf } from './log-batches.ts';
import { formatLosses, formatMissingRetention, type Losses, reasonOf, refusalsIn } from './log-losses.ts';
import { isMissing, type LogStream, type LogStreams, logStreams } from './log-streams.ts';
import { type LogsCall, logsCall } from './logs-call.ts';
import { RETRY_PORTS, type RetryPorts } from './retry.ts';

/**
 * Client settings for the sink, which retries itself: retries of the SDK would multiply with its own, and know no
 * deadline. A call that is not answered in time is aborted, which the SDK does not do on its own.
 */
export const LOGS_CLIENT = { maxAttempts: 1 } as const;

export type LogsSinkSettings = {
  /** Days that groups made by the sink keep their events; groups that were there keep theirs. */
  readonly retentionDays: number;
  /** When the last call must be over, Unix ms; absent: 20 s after the sink is called. */
  readonly deadline?: number | undefined;
};

const DEFAULT_TIME_MS = 20_000;
/** Streams written at once: one that is tried again and again does not keep the others from their turn. */
const LANES = 8;

/**
 * Sends documents to their log groups and streams, which are made where they are missing: the batches of a stream one
 * after the other, in the order of time. Needs a route to CloudWatch Logs and rights, which the default sink does
 * not: docs/sinks.md.
 *
 * A call that failed for the moment is made again (`retried`). When only its answer was lost, its events are then
 * stored twice: PutLogEvents knows no token by which CloudWatch could tell. Events that CloudWatch refuses do not
 * harm the rest of their batch; after a call that failed for good the rest of its stream is not tried, and other
 * streams are.
 * @throws {Error} when all streams were tried, naming for each stream how many documents were not written and why,
 * and groups that were made without their retention.
 */
export function logsSink(
  client: CloudWatchLogsClient,
  { retentionDays, deadline }: LogsSinkSettings,
  ports: RetryPorts = RETRY_PORTS,
): Sink {
  return async (documents) => {
    const call = logsCall(deadline ?? ports.clock() + DEFAULT_TIME_MS, ports);
    const made = logStreams(client, retentionDays, call);
    const streams = streamsOf(documents);
    const waiting = streams.entries();
    const losses: Losses[] = [];
    const lane = async () => {
      for (const [index, work] of waiting) losses[index] = await putStream(work, { client, call, made });
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const faults = [
      ...formatLosses(
        losses,
        streams.reduce((sum, stream) => sum + stream.documents.length, 0),
      ),
      ...formatMissingRetention(made.withoutRetention, retentionDays),
    ];
    if (faults.length > 0) throw new Error(faults.join('; '));
  };
}

type StreamWork = { readonly stream: LogStream; readonly documents: EmfDocument[] };
type Outside = { readonly client: CloudWatchLogsClient; readonly call: LogsCall; readonly made: LogStreams };

function streamsOf(documents: Iterable<EmfDocument>): StreamWork[] {
  const streams = new Map<string, StreamWork>();
  for (const document of documents) {
    const { logGroupName, logStreamName } = document;
    const key = JSON.stringify([logGroupName, logStreamName]);
    const work = streams.get(key) ?? { stream: { logGroupName, logStreamName }, documents: [] };
    work.documents.push(document);
    streams.set(key, work);
  }
  return [...streams.values()];
}

async function putStream({ stream, documents }: StreamWork, outside: Outside): Promise<Losses> {
  const counts = new Map<string, number>();
  const lose = (reason: string, count: number) => counts.set(reason, (counts.get(reason) ?? 0) + count);
  let tried = 0;
  for (const batch of batchesOf(documents)) {
    try {
      const { rejectedLogEventsInfo = {} } = await putBatch(stream, batch, outside);
      for (const [reason, count] of refusalsIn(rejectedLogEventsInfo, batch.length)) lose(reason, count);
    } catch (error) {
      lose(reasonOf(error), documents.length - tried);
      break;
    }
    tried += batch.length;
  }
  return { stream, counts };
}

async function putBatch(
  stream: LogStream,
  batch: readonly EmfDocument[],
  { client, call, made }: Outside,
): Promise<PutLogEventsCommandOutput> {
  const logEvents = batch.map(({ line, timestampMs }) => ({ message: line, timestamp: timestampMs }));
  const put = new PutLogEventsCommand({ ...stream, logEvents });
  try {
    return await call((options) => client.send(put, options));
  } catch (error) {
    if (!isMissing(error as Error)) throw error;
  }
  await made.make(stream);
  // A stream that was just made may not be seen everywhere yet.
  return call((options) => client.send(put, options), isMissing);
}
