import type { Metric } from '../../../lib/cloudwatch/emission.ts';

/** A metric of one number, with a label that is its dimension. */
export function metricOf(parts: Partial<Metric> = {}): Metric {
  return {
    namespace: 'N',
    labels: new Map([['a', 'x']]),
    name: 'm',
    form: 'number',
    combine: 'list',
    dimensionSets: [['a']],
    unit: undefined,
    storageResolution: 60,
    entity: false,
    logGroupName: 'g',
    logStreamName: 's',
    ...parts,
  };
}
