/** How long exporters take to answer: shares of the targets, which add up to 1, and milliseconds. */
export type AnswerTimes = readonly { readonly share: number; readonly ms: number }[];

/**
 * How long an invocation waits for this many targets when so many are asked at once, milliseconds: for the slowest of
 * them, or for the rounds that all need together, whichever is longer. Which targets are slow is left to chance.
 */
export function scrapeWaitMs(targets: number, concurrency: number, times: AnswerTimes): number {
  const mean = times.reduce((sum, { share, ms }) => sum + share * ms, 0);
  const rounds = Math.ceil(targets / concurrency);
  return Math.max(expectedSlowest(targets, times), rounds * mean);
}

/** The expected time of the slowest of so many targets. */
function expectedSlowest(targets: number, times: AnswerTimes): number {
  let atMost = 0;
  let expected = 0;
  for (const { share, ms } of times.toSorted((a, b) => a.ms - b.ms)) {
    const before = atMost ** targets;
    // Shares that add up to 1 may miss it by their rounding.
    atMost = Math.min(1, atMost + share);
    expected += ms * (atMost ** targets - before);
  }
  return expected;
}
