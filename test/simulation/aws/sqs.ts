import { createHash } from 'node:crypto';
import { AwsError, type AwsService, type Input, jsonService } from './call.ts';

export type QueuedMessage = { readonly id: string; readonly body: string; readonly delaySeconds: number };

/** What has been sent and not taken yet. */
export type SqsQueue = { readonly name: string; messages: QueuedMessage[]; sent: number };

/** Of a message, and of a batch as a whole. */
const MAX_BYTES = 256 * 1024;
const MAX_DELAY_SECONDS = 900;
/** What XML 1.0 does not allow. Source: the SendMessage reference. */
const REFUSED = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

type Entry = { readonly Id: string; readonly MessageBody: string; readonly DelaySeconds?: number };

/** Amazon SQS with one queue. */
export function sqsService(queue: SqsQueue, url: string): AwsService {
  return jsonService({
    GetQueueUrl: ({ QueueName }) => {
      if (QueueName === queue.name) return { QueueUrl: url };
      throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    },
    SendMessageBatch: (input) => sendBatch(queue, input),
  });
}

function sendBatch(queue: SqsQueue, input: Input): object {
  const entries = (input.Entries ?? []) as readonly Entry[];
  const refusal = refusalOf(entries);
  if (refusal !== undefined) throw refusal;
  const faulty = entries.flatMap((entry) => faultOf(entry) ?? []);
  const good = entries.filter(({ Id }) => !faulty.some((fault) => fault.Id === Id));
  const Successful = good.map(({ Id, MessageBody, DelaySeconds = 0 }) => {
    const id = `message-${++queue.sent}`;
    queue.messages.push({ id, body: MessageBody, delaySeconds: DelaySeconds });
    return { Id, MessageId: id, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
  });
  return { Successful, Failed: faulty };
}

/** Why a batch is refused as a whole. */
function refusalOf(entries: readonly Entry[]): AwsError | undefined {
  const bytes = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
  if (entries.length === 0) return new AwsError('EmptyBatchRequest', 'There should be at least one entry.');
  if (entries.length > 10)
    return new AwsError('TooManyEntriesInBatchRequest', `At most 10 entries are permitted, found ${entries.length}.`);
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    return new AwsError('BatchEntryIdsNotDistinct', 'Ids of the entries must be distinct.');
  if (bytes > MAX_BYTES)
    return new AwsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BYTES} bytes, found ${bytes}.`,
    );
  return undefined;
}

function faultOf({ Id, MessageBody, DelaySeconds = 0 }: Entry) {
  if (MessageBody === '' || REFUSED.test(MessageBody))
    return { Id, SenderFault: true, Code: 'InvalidMessageContents', Message: 'Invalid characters found' };
  if (DelaySeconds < 0 || DelaySeconds > MAX_DELAY_SECONDS)
    return { Id, SenderFault: true, Code: 'InvalidParameterValue', Message: 'DelaySeconds must be 0 to 900' };
  return undefined;
}
