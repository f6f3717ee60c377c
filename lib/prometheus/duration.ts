const UNITS_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Go's time.Duration ends at 2^63-1 nanoseconds. */
const MAX_MS = 9_223_372_036_854;

/**
 * A Prometheus duration (`1m`, `1h30m`, `15s`, `500ms`, `0`) in milliseconds.
 * @throws {Error} naming what was found.
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const parts = DURATION.exec(text);
  if (text === '' || parts === null) throw durationError(text);
  const milliseconds = Object.values(UNITS_MS).reduce((sum, unit, i) => sum + Number(parts[i + 1] ?? 0) * unit, 0);
  if (milliseconds > MAX_MS) throw durationError(text);
  return milliseconds;
}

function durationError(text: string): Error {
  return new Error(`expected a duration such as 15s, 1m or 1h30m, found ${JSON.stringify(text)}`);
}

/** The shortest Prometheus spelling of a duration in milliseconds; years and weeks only where they fit exactly. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  let rest = milliseconds;
  let formatted = '';
  for (const [name, unit] of Object.entries(UNITS_MS)) {
    if ((name === 'y' || name === 'w') && rest % unit !== 0) continue;
    const amount = Math.floor(rest / unit);
    if (amount > 0) formatted += `${amount}${name}`;
    rest -= amount * unit;
  }
  return formatted;
}
