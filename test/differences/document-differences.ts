import { MAX_LINE_BYTES } from '../../lib/cloudwatch/limits.ts';
import { ADDRESS, type Difference, fields, metrics, TICK, text, wholeDocument } from './difference.ts';

const gauges = (count: number, labels = '') =>
  text(...Array.from({ length: count }, (_, index) => [`# TYPE g${index} gauge`, `g${index}${labels} 1`]).flat());

/** How values become documents. */
export const DOCUMENT_DIFFERENCES: readonly Difference[] = [
  {
    row: 'envelope',
    scrapes: [text('# TYPE g gauge', 'g 1')],
    show: wholeDocument,
    expected: [
      [
        {
          job: 'j',
          instance: ADDRESS,
          ClusterName: 'shop',
          g: 1,
          _aws: {
            Timestamp: TICK,
            CloudWatchMetrics: [
              { Namespace: 'ECS/ContainerInsights/Prometheus', Dimensions: [['job']], Metrics: [{ Name: 'g' }] },
            ],
          },
        },
      ],
    ],
  },
  {
    row: 'time of a metric',
    scrapes: [text('# TYPE g gauge', `g{x="1"} 1 ${TICK - 60_000}`, 'g{x="2"} 2')],
    show: ({ timestampMs }) => [timestampMs],
    expected: [[TICK - 60_000, TICK]],
  },
  {
    row: 'equal identities',
    targets: ['10.0.0.7:1', '10.0.0.8:1'],
    scrapes: [text('# TYPE g gauge', 'g{x="1"} 1', 'g{x="2"} 2')],
    show: fields,
    expected: [[{ job: 'j', ClusterName: 'shop', g: [1, 2, 1, 2] }]],
    expectedAsAgent: [
      ['10.0.0.7:1', '10.0.0.8:1'].flatMap((instance) =>
        [1, 2].map((value) => ({
          job: 'j',
          instance,
          ClusterName: 'shop',
          prom_metric_type: 'gauge',
          x: String(value),
          g: value,
        })),
      ),
    ],
  },
  {
    row: 'a label or metric called `_aws`',
    scrapes: [text('# TYPE g gauge', 'g{_aws="x"} 1', '# TYPE _aws gauge', '_aws 1')],
    show: (document) => [...fields(document), ...metrics(document)],
    expected: [[{ job: 'j', instance: ADDRESS, ClusterName: 'shop', g: 1 }, 'g=1']],
    report: { dropped: { reserved_name: 1 } },
  },
  {
    row: 'labels `Version`, `Timestamp`, `CloudWatchMetrics`',
    scrapes: [text('# TYPE g gauge', 'g{Version="1",Timestamp="2",CloudWatchMetrics="3"} 1')],
    show: fields,
    expected: [
      [
        {
          job: 'j',
          instance: ADDRESS,
          ClusterName: 'shop',
          Version: '1',
          Timestamp: '2',
          CloudWatchMetrics: '3',
          g: 1,
        },
      ],
    ],
  },
  {
    row: 'more than 100 metrics of one label set',
    scrapes: [gauges(120)],
    show: (document) => [metrics(document).length],
    expected: [[100, 20]],
  },
  {
    row: 'long lines',
    // Beside a label of this length a line has no room for all of the metrics.
    scrapes: [gauges(90, `{x="${'x'.repeat(MAX_LINE_BYTES - 1200)}"}`)],
    show: (document) => [metrics(document).length, Buffer.byteLength(document.line) < MAX_LINE_BYTES],
    expected: [[22, true, 23, true, 22, true, 23, true]],
  },
  {
    row: 'long lines',
    // A label that is no dimension and has no room on any line.
    scrapes: [text('# TYPE g gauge', `g{x="${'x'.repeat(2 ** 21)}"} 1`)],
    show: fields,
    expected: [[{ job: 'j', g: 1 }]],
  },
  {
    row: 'log group and stream',
    scrapes: [text('# TYPE g gauge', 'g 1')],
    show: ({ logGroupName, logStreamName }) => [logGroupName, logStreamName],
    expected: [['/aws/ecs/containerinsights/shop/prometheus', 'j']],
  },
];
