import { SELF_METRICS_LEVELS, type SelfMetricsLevel } from '../cloudwatch/self-metrics.ts';

/** How far self-metrics are told apart; absent: not written. @throws {Error} for any other text. */
export function parseSelfMetricsLevel(text: string | undefined): SelfMetricsLevel {
  if (text === undefined) return 'off';
  const level = SELF_METRICS_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  const expected = SELF_METRICS_LEVELS.join(', ');
  throw new Error(`environment variable SELF_METRICS: expected one of ${expected}, found ${JSON.stringify(text)}`);
}
