import {
  AccessDeniedException,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  InvalidParameterException,
  OperationAbortedException,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  ServiceUnavailableException,
  ThrottlingException,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../../lib/cloudwatch/emf.ts';
import { LOGS_CLIENT, logsSink } from '../../../lib/io/logs-sink.ts';
import { steadyTime } from './steady-time.ts';

const logs = mockClient(CloudWatchLogsClient);
let time = steadyTime(0);
beforeEach(() => {
  time = steadyTime(0);
  logs.reset();
  logs.onAnyCommand().resolves({});
});

const client = new CloudWatchLogsClient({ region: 'eu-west-1', ...LOGS_CLIENT });
const sink = (documents: readonly EmfDocument[], deadline?: number) =>
  logsSink(client, { retentionDays: 30, deadline }, time)(documents);
const failureOf = (documents: readonly EmfDocument[]) =>
  sink(documents).then(
    () => undefined,
    (error: Error) => error.message,
  );

const document = (line: string, timestampMs: number, logStreamName = 'job'): EmfDocument => ({
  line,
  timestampMs,
  logGroupName: '/group',
  logStreamName,
  metrics: 1,
});
const calls = () => logs.calls().map(({ args: [command] }) => command.constructor.name.replace(/Command$/, ''));
const puts = () => logs.commandCalls(PutLogEventsCommand).map(({ args }) => args[0].input);

const answered = (httpStatusCode: number) => ({ $metadata: { httpStatusCode }, message: 'no' });
const missing = new ResourceNotFoundException(answered(400));
const exists = new ResourceAlreadyExistsException(answered(400));
const denied = new AccessDeniedException(answered(400));
const throttled = new ThrottlingException(answered(400));
const unavailable = new ServiceUnavailableException(answered(503));
const internal = Object.assign(new Error('no'), { name: 'InternalFailure', ...answered(500) });
const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

describe('logsSink', () => {
  it('writes nothing for no documents', async () => {
    await sink([]);
    expect(calls()).toEqual([]);
  });

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

  it('puts one batch of a stream after the other', async () => {
    let underWay = 0;
    let most = 0;
    logs.on(PutLogEventsCommand).callsFake(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return {};
    });
    await sink(Array.from({ length: 60 }, (_, i) => document('x'.repeat(60_000), i)));
    expect(puts().map(({ logEvents }) => logEvents?.[0]?.timestamp)).toEqual([0, 17, 34, 51]);
    expect(most).toBe(1);
  });
});

describe('logsSink, where something is missing', () => {
  it('makes the stream alone when the group is there', async () => {
    logs.on(PutLogEventsCommand).rejectsOnce(missing).resolves({});
    await sink([document('a', 1)]);
    expect(calls()).toEqual(['PutLogEvents', 'CreateLogStream', 'PutLogEvents']);
  });

  it('makes the group with its retention, and waits until it is seen', async () => {
    logs.on(PutLogEventsCommand).rejectsOnce(missing).rejectsOnce(missing).resolves({});
    logs.on(CreateLogStreamCommand).rejectsOnce(missing).rejectsOnce(missing).resolves({});
    logs.on(PutRetentionPolicyCommand).rejectsOnce(missing).resolves({});
    await sink([document('a', 1)]);
    expect(calls()).toEqual([
      ...['PutLogEvents', 'CreateLogStream', 'CreateLogGroup', 'PutRetentionPolicy', 'PutRetentionPolicy'],
      ...['CreateLogStream', 'CreateLogStream', 'PutLogEvents', 'PutLogEvents'],
    ]);
    const [retention] = logs.commandCalls(PutRetentionPolicyCommand);
    expect(retention?.args[0].input).toEqual({ logGroupName: '/group', retentionInDays: 30 });
  });

  it('makes a group once for all of its streams', async () => {
    for (const logStreamName of ['a', 'b', 'c']) {
      logs.on(PutLogEventsCommand, { logStreamName }).rejectsOnce(missing).resolves({});
      logs.on(CreateLogStreamCommand, { logStreamName }).rejectsOnce(missing).resolves({});
    }
    await sink(['a', 'b', 'c'].map((stream) => document('x', 1, stream)));
    expect(logs.commandCalls(CreateLogGroupCommand)).toHaveLength(1);
    expect(logs.commandCalls(PutRetentionPolicyCommand)).toHaveLength(1);
    expect(puts()).toHaveLength(6);
  });

  it.each([
    { name: 'another function was faster', error: exists, tries: 1 },
    { name: 'another function is at it', error: new OperationAbortedException(answered(400)), tries: 2 },
  ])('leaves the retention of the group when $name', async ({ error, tries }) => {
    logs.on(PutLogEventsCommand).rejectsOnce(missing).resolves({});
    logs.on(CreateLogStreamCommand).rejectsOnce(missing).rejectsOnce(exists);
    logs.on(CreateLogGroupCommand).rejectsOnce(error).rejects(exists);
    await sink([document('a', 1)]);
    expect(logs.commandCalls(CreateLogGroupCommand)).toHaveLength(tries);
    expect(logs.commandCalls(PutRetentionPolicyCommand)).toHaveLength(0);
  });

  it('writes into a group whose retention it may not set, and says so', async () => {
    logs.on(PutLogEventsCommand).rejectsOnce(missing).resolves({});
    logs.on(CreateLogStreamCommand).rejectsOnce(missing).resolves({});
    logs.on(PutRetentionPolicyCommand).rejects(denied);
    expect(await failureOf([document('a', 1)])).toBe(
      'log group /group was made and keeps its events for ever, not for 30 days; set its retention: ' +
        'AccessDeniedException: no (docs/sinks.md lists the rights that it takes)',
    );
    expect(puts()).toHaveLength(2);
  });
});

describe('logsSink, where a call fails', () => {
  it.each([
    { name: 'throttled', error: throttled },
    { name: 'unavailable', error: unavailable },
    { name: 'answered with a 5xx status', error: internal },
    { name: 'answered with status 429', error: Object.assign(new Error('no'), answered(429)) },
    { name: 'cut off', error: reset },
  ])('puts again what was $name', async ({ error }) => {
    logs.on(PutLogEventsCommand).rejectsOnce(error).rejectsOnce(error).resolves({});
    await sink([document('a', 1)]);
    expect(puts()).toHaveLength(3);
    expect(time.waits).toEqual([100, 200]);
  });

  it.each([
    { error: throttled, reason: 'given up after 6 attempts: ThrottlingException: no' },
    {
      error: reset,
      reason:
        'given up after 6 attempts: Error: socket hang up (is there a route to CloudWatch Logs? See docs/sinks.md)',
    },
    { error: denied, reason: 'AccessDeniedException: no (docs/sinks.md lists the rights that it takes)' },
    { error: new InvalidParameterException(answered(400)), reason: 'InvalidParameterException: no' },
  ])('writes the other streams and says of one: $reason', async ({ error, reason }) => {
    logs.on(PutLogEventsCommand, { logStreamName: 'bad' }).rejects(error);
    const bad = [document('a', 1, 'bad'), document('b', 2, 'bad')];
    expect(await failureOf([...bad, document('c', 1, 'good'), document('d', 1, 'fine')])).toBe(
      `2 of 4 documents were not written to CloudWatch Logs: log group /group, stream bad: 2 ${reason}`,
    );
    expect(puts().map(({ logStreamName }) => logStreamName)).toEqual(expect.arrayContaining(['good', 'fine']));
  });

  it('writes the other streams while one is tried again', async () => {
    const streams = Array.from({ length: 20 }, (_, i) => `stream ${i}`);
    logs.on(PutLogEventsCommand, { logStreamName: 'stream 0' }).rejects(throttled);
    await expect(sink(streams.map((stream) => document('x', 1, stream)))).rejects.toThrow('1 of 20 documents');
    expect(new Set(puts().map(({ logStreamName }) => logStreamName))).toEqual(new Set(streams));
  });

  it('counts the batches that were put before, and does not try those after', async () => {
    logs.on(PutLogEventsCommand).resolvesOnce({}).rejects(denied);
    const documents = Array.from({ length: 60 }, (_, i) => document('x'.repeat(60_000), i));
    expect(await failureOf(documents)).toMatch(/^43 of 60 documents .* stream job: 43 AccessDeniedException/);
    expect(puts()).toHaveLength(2);
  });

  it('says of each stream of a group that cannot be made', async () => {
    logs.on(PutLogEventsCommand).rejects(missing);
    logs.on(CreateLogStreamCommand).rejects(missing);
    logs.on(CreateLogGroupCommand).rejects(denied);
    const reason = '1 AccessDeniedException: no (docs/sinks.md lists the rights that it takes)';
    expect(await failureOf([document('a', 1, 'a'), document('b', 1, 'b')])).toBe(
      '2 of 2 documents were not written to CloudWatch Logs: ' +
        `log group /group, stream a: ${reason}; log group /group, stream b: ${reason}`,
    );
    expect(logs.commandCalls(CreateLogGroupCommand)).toHaveLength(1);
  });

  it('tries nothing after its deadline', async () => {
    logs.on(PutLogEventsCommand).rejects(throttled);
    await expect(sink([document('a', 1)], 250)).rejects.toThrow(
      /stream job: 1 given up after 2 attempts: ThrottlingException/,
    );
    expect(time.waits).toEqual([100]);
    await expect(sink([document('a', 1)], 100)).rejects.toThrow(/stream job: 1 no time left in this invocation$/);
    expect(puts()).toHaveLength(2);
  });
});

describe('logsSink, where CloudWatch refuses events', () => {
  it.each([
    { info: {}, reason: undefined },
    { info: { tooOldLogEventEndIndex: 2 }, reason: '2 refused as more than 14 days old' },
    { info: { expiredLogEventEndIndex: 1 }, reason: "1 refused as older than the log group's retention" },
    { info: { tooNewLogEventStartIndex: 3 }, reason: '1 refused as more than 2 hours ahead' },
    {
      info: { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 3 },
      reason:
        "1 refused as more than 14 days old, 1 refused as older than the log group's retention, " +
        '1 refused as more than 2 hours ahead',
    },
  ])('says of $info: $reason', async ({ info, reason }) => {
    logs.on(PutLogEventsCommand).resolves({ rejectedLogEventsInfo: info });
    const failure = await failureOf([1, 2, 3, 4].map((timestamp) => document('x', timestamp)));
    expect(failure?.replace(/^.*stream job: /, '')).toBe(reason);
    expect(puts()).toHaveLength(1);
  });

  it('puts the batches after it and the other streams, and counts all', async () => {
    logs
      .on(PutLogEventsCommand, { logStreamName: 'job' })
      .resolves({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 } });
    const documents = Array.from({ length: 20 }, (_, i) => document('x'.repeat(60_000), i));
    expect(await failureOf([...documents, document('y', 1, 'other')])).toBe(
      '4 of 21 documents were not written to CloudWatch Logs: ' +
        'log group /group, stream job: 4 refused as more than 14 days old',
    );
    expect(puts()).toHaveLength(3);
  });
});
