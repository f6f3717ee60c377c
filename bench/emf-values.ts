type Envelope = {
  readonly _aws?: { readonly CloudWatchMetrics?: readonly { readonly Metrics?: readonly unknown[] }[] };
};

/** How many metrics CloudWatch would read from these lines; lines that are no EMF count for nothing. */
export function countValues(text: string): number {
  let values = 0;
  for (const line of text.split('\n')) {
    if (!line.includes('"_aws"')) continue;
    const { _aws } = JSON.parse(line) as Envelope;
    for (const { Metrics = [] } of _aws?.CloudWatchMetrics ?? []) values += Metrics.length;
  }
  return values;
}
