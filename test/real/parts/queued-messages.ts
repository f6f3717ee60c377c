import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { MotoPart } from './moto.ts';

export type QueuedMessage = { readonly messageId: string; readonly body: string };

/** Takes at most ten messages that wait in a queue, as the event source of scrape does: they are deleted. */
export async function takeMessages({ client }: MotoPart, queueName: string): Promise<readonly QueuedMessage[]> {
  const sqs = new SQSClient(client);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  sqs.destroy();
  return Messages.map(({ MessageId = '', Body = '' }) => ({ messageId: MessageId, body: Body }));
}
