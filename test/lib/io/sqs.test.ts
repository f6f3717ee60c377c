import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { sqsQueue } from '../../../lib/io/sqs.ts';

const sqs = mockClient(SQSClient);
beforeEach(() => {
  sqs.reset();
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'http://127.0.0.1/queue' });
  sqs.on(SendMessageBatchCommand).resolves({});
});

const queue = () => sqsQueue(new SQSClient({ region: 'eu-west-1' }), 'shards');
const batches = () => sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? []);
const messages = (count: number, body = 'b') => Array.from({ length: count }, () => ({ body, delaySeconds: 5 }));

describe('sqsQueue', () => {
  it('sends ten messages a batch at the most, with their delay, and looks the queue up once', async () => {
    const send = queue();
    await send(messages(11));
    await send(messages(1));
    expect(batches().map((entries) => entries.length)).toEqual([10, 1, 1]);
    expect(batches()[0]?.[0]).toEqual({ Id: '0', MessageBody: 'b', DelaySeconds: 5 });
    expect(sqs.commandCalls(GetQueueUrlCommand)).toHaveLength(1);
  });

  it('keeps a batch under 256 KB', async () => {
    await queue()(messages(3, 'x'.repeat(120_000)));
    expect(batches().map((entries) => entries.length)).toEqual([2, 1]);
  });

  it('fails when a message of a batch is refused', async () => {
    const Failed = [{ Id: '0', Code: 'InternalError', SenderFault: false, Message: 'later' }];
    sqs.on(SendMessageBatchCommand).resolves({ Failed });
    await expect(queue()(messages(2))).rejects.toThrow('queue shards refused 1 of 2 messages: InternalError later');
  });

  it('sends the other batches when one fails', async () => {
    sqs.on(SendMessageBatchCommand).rejectsOnce(new Error('no route')).resolves({});
    await expect(queue()(messages(25))).rejects.toThrow('queue shards refused 10 of 25 messages: Error: no route');
    expect(batches().map((entries) => entries.length)).toEqual([10, 10, 5]);
  });

  it('looks for the queue again when it was not found', async () => {
    sqs.on(GetQueueUrlCommand).rejectsOnce(new Error('throttled')).resolves({ QueueUrl: 'http://127.0.0.1/queue' });
    const send = queue();
    await expect(send(messages(1))).rejects.toThrow('throttled');
    await send(messages(1));
    expect(batches()).toHaveLength(1);
  });
});
