import { describe, expect, it } from 'vitest';
import { parseRetentionDays } from '../../../lib/io/log-retention.ts';

const ALLOWED =
  '1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653';

describe('parseRetentionDays', () => {
  it.each([
    { text: undefined, days: 14 },
    { text: '', days: 14 },
    ...ALLOWED.split(', ').map((text) => ({ text, days: Number(text) })),
  ])('reads $text as $days', ({ text, days }) => {
    expect(parseRetentionDays(text, 'DAYS')).toBe(days);
  });

  it.each(['0', '2', '-1', '14.0', ' 14', '014', 'never', '36500'])('refuses %j', (text) => {
    expect(() => parseRetentionDays(text, 'DAYS')).toThrow(
      `environment variable DAYS: expected the days that CloudWatch Logs allows (${ALLOWED}), found "${text}"`,
    );
  });
});
