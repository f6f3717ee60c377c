/**
 * How long an AWS client waits. Without these the SDK waits for an answer for ever, and a function whose network has no
 * way to an endpoint ends without a word.
 */
export const CLIENT_TIMEOUTS = {
  requestHandler: { connectionTimeout: 2000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
