import type { RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import { messageOf } from '../document/problem.ts';
import type { LogStream } from './log-streams.ts';
import { httpStatusOf } from './logs-call.ts';

/** How many documents of a stream were not written, by reason; empty when all were. */
export type Losses = { readonly stream: LogStream; readonly counts: ReadonlyMap<string, number> };

/**
 * How many of `length` events CloudWatch refused, by reason. They are in the order of time, so that the old ones are
 * in front; ends are exclusive.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html
 */
export function refusalsIn(info: RejectedLogEventsInfo, length: number): (readonly [reason: string, count: number])[] {
  const tooOld = info.tooOldLogEventEndIndex ?? 0;
  const expired = Math.max((info.expiredLogEventEndIndex ?? 0) - tooOld, 0);
  const tooNew = length - (info.tooNewLogEventStartIndex ?? length);
  const counts = [
    ['refused as more than 14 days old', tooOld],
    ["refused as older than the log group's retention", expired],
    ['refused as more than 2 hours ahead', tooNew],
  ] as const;
  return counts.filter(([, count]) => count > 0);
}

/** Why a call failed, with the remedy where there is one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  const text = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  if (error.name === 'AccessDeniedException') return `${text} (docs/sinks.md lists the rights that it takes)`;
  const isUnanswered = error.cause instanceof Error && httpStatusOf(error.cause) === undefined;
  return isUnanswered ? `${text} (is there a route to CloudWatch Logs? See docs/sinks.md)` : text;
}

/** One text for what `total` documents lost, with the streams; none when nothing was lost. */
export function formatLosses(losses: readonly Losses[], total: number): string[] {
  const streams = losses.filter(({ counts }) => counts.size > 0);
  if (streams.length === 0) return [];
  const count = streams.flatMap(({ counts }) => [...counts.values()]).reduce((sum, each) => sum + each, 0);
  return [
    `${count} of ${total} documents were not written to CloudWatch Logs: ${streams.map(formatStream).join('; ')}`,
  ];
}

function formatStream({ stream, counts }: Losses): string {
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`);
  return `log group ${stream.logGroupName}, stream ${stream.logStreamName}: ${reasons.join(', ')}`;
}

/** A text for each group that was made and has no retention, with the reason. */
export function formatMissingRetention(groups: ReadonlyMap<string, unknown>, days: number): string[] {
  return [...groups].map(
    ([group, error]) =>
      `log group ${group} was made and keeps its events for ever, not for ${days} days; set its retention: ${reasonOf(error)}`,
  );
}
