/**
 * The days for which a log group may keep its events.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** That of the stack's own log groups when nothing else is chosen (serverless.yml). */
const DEFAULT_RETENTION_DAYS = 14;

/** The retention in an environment variable; one that is empty or not set is 14 days. @throws {Error} naming it. */
export function parseRetentionDays(text: string | undefined, variable: string): number {
  if (text === undefined || text === '') return DEFAULT_RETENTION_DAYS;
  const days = RETENTION_DAYS.find((each) => String(each) === text);
  if (days !== undefined) return days;
  const expected = `expected the days that CloudWatch Logs allows (${RETENTION_DAYS.join(', ')})`;
  throw new Error(`environment variable ${variable}: ${expected}, found ${JSON.stringify(text)}`);
}
