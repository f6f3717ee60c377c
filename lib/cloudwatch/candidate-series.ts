import type { Labels } from '../prometheus/labels.ts';
import type { Series } from '../prometheus/samples.ts';
import type { DropReason } from './drop-reason.ts';
import type { Metric } from './emission.ts';
import type { Selection } from './metric-declaration.ts';
import type { SampleType } from './typed-sample.ts';

/** What rules make of a series: all of a candidate that is the same from scrape to scrape. */
export type CandidateSeries = {
  /** `unwanted`: nothing needs it; `unselected`: only others do. */
  readonly role: 'candidate' | 'unselected' | 'unwanted';
  /** What the exposition says of it. */
  readonly type: SampleType;
  readonly name: string;
  /** Those that leave. */
  readonly labels: Labels;
  /** Equal for equal names and labels of a target's candidates. */
  readonly number: number;
  readonly selection: Selection | undefined;
  /** The key of what it comes from in the exposition, or that series itself: few gauges need one. */
  readonly origin: string | Series;
  /** What its values leave as; otherwise why none does. */
  readonly metric: Metric | undefined;
  readonly fault: DropReason | undefined;
  /** Whether a time of its own counts: what is added up has that of the tick. */
  readonly isTimed: boolean;
};

/** What of the exposition a candidate comes from, unambiguous within its target. */
export function keyOf({ origin }: Pick<CandidateSeries, 'origin'>): string {
  return typeof origin === 'string' ? origin : origin.seriesKey;
}
