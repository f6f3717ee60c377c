import { describe, expect, it } from 'vitest';
import { type AnswerTimes, scrapeWaitMs } from '../../../../lib/cloudwatch/price/scrape-wait.ts';

const ALIKE: AnswerTimes = [{ share: 1, ms: 2000 }];
const HALF_SLOW: AnswerTimes = [
  { share: 0.5, ms: 1000 },
  { share: 0.5, ms: 0 },
];

describe('the time that an invocation waits', () => {
  const rows: readonly { name: string; targets: number; concurrency: number; times: AnswerTimes; ms: number }[] = [
    { name: 'one target', targets: 1, concurrency: 64, times: ALIKE, ms: 2000 },
    { name: 'as many as are asked at once', targets: 64, concurrency: 64, times: ALIKE, ms: 2000 },
    { name: 'one more', targets: 65, concurrency: 64, times: ALIKE, ms: 4000 },
    { name: 'one of two kinds', targets: 1, concurrency: 64, times: HALF_SLOW, ms: 500 },
    {
      name: 'two of two kinds: one of four times both are fast',
      targets: 2,
      concurrency: 64,
      times: HALF_SLOW,
      ms: 750,
    },
    { name: 'many of two kinds, one after the other', targets: 100, concurrency: 1, times: HALF_SLOW, ms: 50_000 },
  ];
  it.each(rows)('for $name is $ms ms', ({ targets, concurrency, times, ms }) => {
    expect(scrapeWaitMs(targets, concurrency, times)).toBeCloseTo(ms, 6);
  });

  it('is that of the slowest where shares miss 1 by their rounding', () => {
    const tenths = Array.from({ length: 10 }, (_, at) => ({ share: 0.1, ms: at }));
    expect(scrapeWaitMs(10_000, 10_000, tenths)).toBeCloseTo(9, 6);
  });
});
