import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LOGS_CLIENT, type LogsSinkSettings, logsSink } from '../lib/io/logs-sink.ts';
import type { Sink } from '../lib/ports.ts';

const client = new CloudWatchLogsClient(LOGS_CLIENT);

/** The sink of SINK=logs, with one client for all invocations. */
export function sharedLogsSink(settings: LogsSinkSettings): Sink {
  return logsSink(client, settings);
}
