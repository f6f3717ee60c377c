import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { CallOptions, LogsCall } from './logs-call.ts';

/** Where the events of a document go. */
export type LogStream = { readonly logGroupName: string; readonly logStreamName: string };

export function isMissing(error: Error): boolean {
  return error.name === 'ResourceNotFoundException';
}

function isThere(error: Error): boolean {
  return error.name === 'ResourceAlreadyExistsException';
}

/** Makes streams, and the group of a stream where it is missing. */
export type LogStreams = {
  readonly make: (stream: LogStream) => Promise<void>;
  /** Groups that were made and have no retention, with the reason. */
  readonly withoutRetention: ReadonlyMap<string, Error>;
};

/**
 * Groups that this makes keep their events for `retentionDays`. No other group is changed: not one that was there,
 * and not one that another function made at the same moment, which sets its retention itself. A group whose creation
 * was not answered is such a group at the next attempt, and stays without retention.
 */
export function logStreams(client: CloudWatchLogsClient, retentionDays: number, call: LogsCall): LogStreams {
  const withoutRetention = new Map<string, Error>();
  const makeGroup = async (logGroupName: string) => {
    const create = new CreateLogGroupCommand({ logGroupName });
    const made = await call((options) => client.send(create, options)).catch(unless(isThere));
    if (made === undefined) return;
    const retention = new PutRetentionPolicyCommand({ logGroupName, retentionInDays: retentionDays });
    await call((options) => client.send(retention, options), isMissing).catch((error) =>
      withoutRetention.set(logGroupName, error),
    );
  };
  /** Each group is made once, however many of its streams wait for it. */
  const groups = new Map<string, Promise<void>>();
  const groupOf = ({ logGroupName }: LogStream) => {
    const making = groups.get(logGroupName) ?? makeGroup(logGroupName);
    groups.set(logGroupName, making);
    return making;
  };
  const make = async (stream: LogStream) => {
    const create = new CreateLogStreamCommand(stream);
    const send = (options: CallOptions) => client.send(create, options).catch(unless(isThere));
    const hasGroup = await call(send).then(() => true, unless(isMissing));
    if (hasGroup) return;
    await groupOf(stream);
    // A group that was just made may not be seen everywhere yet.
    await call(send, isMissing);
  };
  return { make, withoutRetention };
}

/** Undefined in place of an error of this kind. */
function unless(isExpected: (error: Error) => boolean): (error: Error) => undefined {
  return (error) => {
    if (!isExpected(error)) throw error;
  };
}
