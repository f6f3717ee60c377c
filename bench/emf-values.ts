type Document = Readonly<Record<string, unknown>> & {
  readonly _aws?: {
    readonly CloudWatchMetrics?: readonly { readonly Metrics: readonly { readonly Name: string }[] }[];
  };
};

/** How many values of metrics CloudWatch would read from these lines; a line that is no EMF has none. */
export function countValues(text: string): number {
  let values = 0;
  for (const line of text.split('\n')) {
    if (!line.includes('"_aws"')) continue;
    const document = JSON.parse(line) as Document;
    for (const { Metrics } of document._aws?.CloudWatchMetrics ?? [])
      for (const { Name } of Metrics) values += valuesOf(document[Name]);
  }
  return values;
}

/** A metric is a number, or has several where series differ by nothing that CloudWatch knows. */
function valuesOf(metric: unknown): number {
  if (typeof metric === 'number') return 1;
  if (Array.isArray(metric)) return metric.length;
  return (metric as { Values?: readonly number[] } | undefined)?.Values?.length ?? 0;
}
