import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../../lib/cloudwatch/emf.ts';
import { logsSink } from '../../../lib/io/logs-sink.ts';

const logs = mockClient(CloudWatchLogsClient);
const sink = logsSink(new CloudWatchLogsClient({ region: 'eu-west-1' }));
beforeEach(() => {
  logs.reset();
  logs.onAnyCommand().resolves({});
});

const document = (line: string, timestampMs: number, logStreamName = 'job'): EmfDocument => ({
  line,
  timestampMs,
  logGroupName: '/group',
  logStreamName,
  metrics: 1,
});
const puts = () => logs.commandCalls(PutLogEventsCommand).map(({ args }) => args[0].input);
const metadata = { $metadata: {}, message: 'no' };

describe('logsSink', () => {
  it('puts the documents of a stream in the order of time', async () => {
    await sink([document('b', 2000), document('a', 1000), document('c', 1500, 'other')]);
    expect(puts()).toEqual([
      {
        logGroupName: '/group',
        logStreamName: 'job',
        logEvents: [
          { message: 'a', timestamp: 1000 },
          { message: 'b', timestamp: 2000 },
        ],
      },
      { logGroupName: '/group', logStreamName: 'other', logEvents: [{ message: 'c', timestamp: 1500 }] },
    ]);
  });

  it('makes a missing group and stream, and puts the events again', async () => {
    logs.on(PutLogEventsCommand).rejectsOnce(new ResourceNotFoundException(metadata)).resolves({});
    logs.on(CreateLogGroupCommand).rejects(new ResourceAlreadyExistsException(metadata));
    await sink([document('a', 1)]);
    expect(logs.commandCalls(CreateLogStreamCommand)).toHaveLength(1);
    expect(puts()).toHaveLength(2);
  });

  it('splits at 10,000 events and at one mebibyte', async () => {
    await sink(Array.from({ length: 10_001 }, (_, i) => document('x', i)));
    await sink(Array.from({ length: 20 }, (_, i) => document('y'.repeat(60_000), i, 'large')));
    expect(puts().map(({ logEvents }) => logEvents?.length)).toEqual([10_000, 1, 17, 3]);
  });

  it('fails with any other error', async () => {
    logs.on(PutLogEventsCommand).rejects(new Error('denied'));
    await expect(sink([document('a', 1)])).rejects.toThrow('denied');
  });
});
