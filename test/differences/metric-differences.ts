import { ADDRESS, type Difference, fields, metricsByDimensions, openMetrics, TICK, text } from './difference.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `l${index}`);

/** Which samples are metrics, and which values, units and dimensions those have. */
export const METRIC_DIFFERENCES: readonly Difference[] = [
  {
    row: 'unselected samples',
    declaration: { metric_selectors: ['^chosen$'] },
    scrapes: [text('# TYPE chosen gauge', 'chosen 1', '# TYPE other gauge', 'other{x="1"} 2')],
    show: fields,
    expected: [[{ job: 'j', instance: ADDRESS, ClusterName: 'shop', chosen: 1 }]],
    expectedAsAgent: [
      [
        { job: 'j', instance: ADDRESS, ClusterName: 'shop', prom_metric_type: 'gauge', chosen: 1 },
        { job: 'j', instance: ADDRESS, ClusterName: 'shop', prom_metric_type: 'gauge', x: '1', other: 2 },
      ],
    ],
  },
  {
    row: 'selected, a declared dimension is missing',
    declaration: { dimensions: [['job', 'connector']] },
    scrapes: [text('# TYPE g gauge', 'g{task="0"} 1')],
    expected: [[]],
    report: { dropped: { missing_dimension: 1 }, missing: ['connector'] },
  },
  {
    row: 'labels `prom_metric_type`, `JobName`',
    job: { relabel_configs: [{ action: 'labeldrop', regex: 'job' }] },
    declaration: { source_labels: ['instance'], dimensions: [['instance']] },
    scrapes: [text('# TYPE g gauge', 'g 1')],
    show: fields,
    expected: [[{ instance: ADDRESS, ClusterName: 'shop', g: 1 }]],
    expectedAsAgent: [
      [{ instance: ADDRESS, ClusterName: 'shop', prom_metric_type: 'gauge', JobName: 'default', g: 1 }],
    ],
  },
  {
    row: 'label_separator',
    declaration: { source_labels: ['job', 'ClusterName'], label_separator: '/', label_matcher: '^j/shop$' },
    scrapes: [text('# TYPE g gauge', 'g 1')],
    expected: [['g=1']],
  },
  {
    row: 'dimension sets',
    declaration: { dimensions: [['job'], names(11)] },
    scrapes: [text('# TYPE g gauge', `g{${names(11).map((name) => `${name}="x"`)}} 1`)],
    show: metricsByDimensions,
    expected: [[`g by job and ${names(11).sort().join('+')}`]],
    expectedAsAgent: [['g by job']],
  },
  {
    row: 'untyped',
    declaration: { metric_selectors: ['^u$'] },
    scrapes: [text('u 1')],
    expected: [['u=1']],
    expectedAsAgent: [[]],
  },
  {
    row: 'info and stateset',
    scrapes: [openMetrics('# TYPE build info', 'build_info{version="1"} 1', '# TYPE up stateset', 'up{up="a"} 1')],
    expected: [['build_info=1', 'up=1']],
    expectedAsAgent: [[]],
  },
  {
    row: 'a gauge named like a part of a histogram',
    scrapes: [text('# TYPE h histogram', '# TYPE h_count gauge', 'h_count 5')],
    expected: [['h_count=5']],
    expectedAsAgent: [[]],
  },
  {
    row: 'exemplars',
    scrapes: [10, 15].map((value) => openMetrics('# TYPE c counter', `c_total ${value} # {trace_id="e"} 0.25`)),
    expected: [[], ['c_total=5']],
  },
  {
    row: 'duplicate series',
    scrapes: [10, 20].map((value) =>
      text('# TYPE c counter', `c_total ${value}`, `c_total ${value + 1}`, '# TYPE g gauge', 'g 1', 'g 2'),
    ),
    expected: [['g=1'], ['c_total=10', 'g=1']],
    report: { dropped: { duplicate: 2 } },
  },
  {
    row: 'a metric called `value`',
    declaration: { metric_selectors: ['^value$'] },
    scrapes: [text('# TYPE value gauge', 'value 1')],
    expected: [['value=1']],
  },
  {
    row: 'NaN, infinities',
    scrapes: [text('# TYPE g gauge', 'g{x="1"} NaN', 'g{x="2"} +Inf', 'g{x="3"} -Inf', 'g{x="4"} 1')],
    expected: [['g=1']],
    report: { dropped: { not_a_number: 3 } },
  },
  {
    row: 'dimension values that CloudWatch refuses',
    declaration: { dimensions: [['job', 'x']] },
    scrapes: [text('# TYPE g gauge', 'g{x="ä"} 1', 'g{x="a"} 2')],
    expected: [['g=2']],
    report: { dropped: { dimension_value: 1 } },
  },
  {
    row: 'a metric with the name of its own dimension',
    declaration: { dimensions: [['job', 'g'], ['job']] },
    scrapes: [text('# TYPE g gauge', 'g{g="x"} 1')],
    show: metricsByDimensions,
    expected: [['g by job']],
  },
  {
    row: 'timestamp outside the window of CloudWatch',
    scrapes: [text('# TYPE g gauge', 'g{x="1"} 1 1600000000000', `g{x="2"} 2 ${TICK + 3 * 3_600_000}`, 'g{x="3"} 3')],
    expected: [['g=3']],
    report: { dropped: { timestamp_out_of_window: 2 } },
  },
  {
    row: 'a gauge shown again with the timestamp it had',
    scrapes: [text('# TYPE g gauge', `g 1 ${TICK}`), text('# TYPE g gauge', `g 1 ${TICK}`)],
    expected: [['g=1'], []],
    expectedAsAgent: [['g=1'], ['g=1']],
    report: { dropped: { repeated: 1 } },
  },
  {
    row: 'labelkeep, labeldrop',
    job: { relabel_configs: [{ action: 'labelkeep', regex: '__.*|job' }] },
    scrapes: [text('# TYPE g gauge', 'g 1')],
    expected: [['g=1']],
  },
  {
    row: 'units',
    processor: { metric_unit: { a_seconds: 'Milliseconds' } },
    scrapes: [
      openMetrics(
        ...['# TYPE a_seconds gauge', '# UNIT a_seconds seconds', 'a_seconds 1'],
        ...['# TYPE b_bytes gauge', '# UNIT b_bytes bytes', 'b_bytes 2'],
        ...['# TYPE c_ratio gauge', '# UNIT c_ratio ratio', 'c_ratio 0.5'],
      ),
    ],
    expected: [['a_seconds=1 Milliseconds', 'b_bytes=2 Bytes', 'c_ratio=0.5']],
    expectedAsAgent: [['a_seconds=1 Milliseconds', 'b_bytes=2', 'c_ratio=0.5']],
  },
  {
    row: 'storage resolution',
    job: { scrape_interval: '15s' },
    scrapes: [text('# TYPE g gauge', 'g 1')],
    expected: [['g=1 1 s']],
    expectedAsAgent: [['g=1']],
  },
  {
    row: '`up` and `scrape_*`',
    options: { report_series: true },
    declaration: { metric_selectors: ['^up$', '^scrape_samples_scraped$'] },
    scrapes: [text('g 1'), { status: 503 }],
    expected: [
      ['up=1', 'scrape_samples_scraped=1'],
      ['up=0', 'scrape_samples_scraped=0'],
    ],
  },
  {
    row: 'an answer without a Content-Type',
    scrapes: [{ contentType: '', body: text('# TYPE g gauge', 'g 1') }],
    expected: [[]],
    expectedAsAgent: [['g=1']],
    report: {
      error:
        'expected Content-Type text/plain or application/openmetrics-text, found none; is this the metrics path? Otherwise set fallback_scrape_protocol',
    },
  },
];
