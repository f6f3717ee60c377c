import { GetQueueUrlCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue, QueueMessage } from '../ports.ts';

const MAX_BATCH_ENTRIES = 10;
/** A whole batch may hold as much as one message. */
const MAX_BATCH_BYTES = 256 * 1024;

/** Batches under way at once: a tick of 10,000 targets takes 25 of them. */
const PARALLEL_CALLS = 5;

/**
 * Sends to the queue of this name. A batch that fails harms no other.
 * @throws {Error} with the first reason and a count when messages were not taken.
 */
export function sqsQueue(client: SQSClient, queueName: string): Queue {
  let known: string | undefined;
  const findUrl = async () => (await client.send(new GetQueueUrlCommand({ QueueName: queueName }))).QueueUrl ?? '';
  return async (messages) => {
    known ??= await findUrl();
    const url = known;
    const refused: Refused[] = [];
    const batches = batchesOf(messages).values();
    const work = async () => {
      for (const batch of batches) refused.push(...(await sendBatch(client, url, batch)));
    };
    await Promise.all(Array.from({ length: PARALLEL_CALLS }, work));
    const [first] = refused;
    if (first === undefined) return;
    const text = `queue ${queueName} refused ${refused.length} of ${messages.length} messages: ${first.reason}`;
    throw new Error(text, { cause: first.cause });
  };
}

/** Why a message was not taken, and what the client threw. */
type Refused = { readonly reason: string; readonly cause?: unknown };

/** The messages of a batch that were not taken. */
async function sendBatch(
  client: SQSClient,
  QueueUrl: string,
  batch: readonly QueueMessage[],
): Promise<readonly Refused[]> {
  const Entries = batch.map(({ body, delaySeconds }, index) => ({
    Id: String(index),
    MessageBody: body,
    DelaySeconds: delaySeconds,
  }));
  try {
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    return Failed.map(({ Code, Message = '' }) => ({ reason: `${Code} ${Message}` }));
  } catch (error) {
    const { name, message } = error as Error;
    return batch.map(() => ({ reason: `${name}: ${message}`, cause: error }));
  }
}

function batchesOf(messages: readonly QueueMessage[]): QueueMessage[][] {
  const batches: QueueMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_BATCH_ENTRIES || bytes + size > MAX_BATCH_BYTES) {
      batches.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return batches;
}
