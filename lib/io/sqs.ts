import { GetQueueUrlCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue, QueueMessage } from '../ports.ts';

const MAX_BATCH_ENTRIES = 10;
/** A whole batch may hold as much as one message. */
const MAX_BATCH_BYTES = 256 * 1024;

/** Sends to the queue of this name. @throws {Error} when a message of a batch was not taken. */
export function sqsQueue(client: SQSClient, queueName: string): Queue {
  let queueUrl: Promise<string> | undefined;
  const findUrl = async () => (await client.send(new GetQueueUrlCommand({ QueueName: queueName }))).QueueUrl ?? '';
  return async (messages) => {
    queueUrl ??= findUrl();
    const QueueUrl = await queueUrl;
    for (const batch of batchesOf(messages)) {
      const Entries = batch.map(({ body, delaySeconds }, index) => ({
        Id: String(index),
        MessageBody: body,
        DelaySeconds: delaySeconds,
      }));
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      const [first] = Failed;
      if (first !== undefined)
        throw new Error(
          `queue ${queueName} refused ${Failed.length} of ${batch.length} messages: ${first.Code} ${first.Message ?? ''}`,
        );
    }
  };
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
