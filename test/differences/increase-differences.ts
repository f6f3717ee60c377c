import { type Difference, openMetrics, text } from './difference.ts';

const counter = (value: number | string) => text('# TYPE c counter', `c_total ${value}`);

const summary = (sum: number, count: number) => text('# TYPE s summary', `s_sum ${sum}`, `s_count ${count}`);

const created = (value: number, createdSeconds: number) =>
  openMetrics('# TYPE c counter', `c_total ${value}`, `c_created ${createdSeconds}`);

const histogram = (low: number, all: number, sum: number) =>
  text(
    '# TYPE h histogram',
    `h_bucket{le="1"} ${low}`,
    `h_bucket{le="2"} ${all}`,
    `h_bucket{le="+Inf"} ${all}`,
    `h_sum ${sum}`,
    `h_count ${all}`,
  );

const MINUTE_10 = 10 * 60_000;

/** What counters, histograms and summaries rose by. */
export const INCREASE_DIFFERENCES: readonly Difference[] = [
  {
    row: 'outage, restart',
    scrapes: [counter(100), { status: 503 }, counter(130)],
    expected: [[], [], ['c_total=30']],
    expectedAsAgent: [[], [], []],
  },
  {
    row: 'NaN in a counter, a series absent for a scrape',
    scrapes: [counter(100), counter('NaN'), counter(130), text('g 1'), counter(140)],
    declaration: { metric_selectors: ['^c_total$'] },
    expected: [[], [], ['c_total=30'], [], ['c_total=10']],
    expectedAsAgent: [[], [], [], [], []],
  },
  {
    row: 'scrape intervals of 5 minutes and more',
    job: { scrape_interval: '10m' },
    intervalMs: MINUTE_10,
    scrapes: [counter(100), counter(110), counter(130)],
    expected: [[], ['c_total=10'], ['c_total=20']],
  },
  {
    row: 'series restarted with a higher value',
    scrapes: [created(100, 1_699_990_000), created(130, 1_700_000_030)],
    expected: [[], ['c_total=130']],
    expectedAsAgent: [[], ['c_total=30']],
  },
  {
    row: 'a target whose clock is wrong',
    // A day ahead, so that any beginning lies after the last scrape by our clock.
    scrapes: [created(100, 1_700_086_400), created(130, 1_700_086_400), created(150, 1_700_086_500)],
    expected: [[], ['c_total=30'], ['c_total=150']],
    expectedAsAgent: [[], ['c_total=30'], ['c_total=20']],
  },
  {
    row: 'first sample of a series that began after the last scrape',
    declaration: { metric_selectors: ['^c_total$'] },
    scrapes: [openMetrics('# TYPE g gauge', 'g 1'), created(5, 1_700_000_030)],
    expected: [[], ['c_total=5']],
    expectedAsAgent: [[], []],
  },
  {
    row: 'a counter below zero',
    scrapes: [counter(-5), counter(-3), counter(4)],
    expected: [[], [], []],
  },
  {
    row: 'reset of a summary or histogram',
    // Six observations of 60 since the restart: more in sum than before, fewer in number.
    scrapes: [summary(50, 10), summary(60, 6)],
    expected: [[], ['s_sum=60', 's_count=6']],
    expectedAsAgent: [[], ['s_sum=10', 's_count=6']],
  },
  {
    row: 'histograms',
    declaration: { metric_selectors: ['^h$', '^h_sum$', '^h_count$'] },
    scrapes: [histogram(10, 10, 5), histogram(12, 16, 13)],
    expected: [
      [],
      [
        'h_sum=8',
        'h_count=6',
        'h={"Values":[0.666666666667,1.66666666667],"Counts":[2,4],"Min":0,"Max":2,"Sum":8,"Count":6}',
      ],
    ],
    expectedAsAgent: [[], []],
  },
  {
    row: 'gauge histograms',
    scrapes: [
      openMetrics('# TYPE h gaugehistogram', 'h_bucket{le="1"} 2', 'h_bucket{le="+Inf"} 2', 'h_gcount 2', 'h_gsum 1'),
    ],
    expected: [['h_gcount=2', 'h_gsum=1', 'h={"Values":[0.5],"Counts":[2],"Min":0,"Max":1,"Sum":1,"Count":2}']],
    expectedAsAgent: [[]],
  },
  {
    row: 'two targets with equal final labels',
    targets: ['10.0.0.7:1', '10.0.0.8:1'],
    job: { relabel_configs: [{ target_label: 'instance', replacement: 'same' }] },
    scrapes: [counter(100), counter(107)],
    show: ({ line }) => [(JSON.parse(line) as { c_total: unknown }).c_total].flat(),
    expected: [[], [7, 7]],
  },
];
