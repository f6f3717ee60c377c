import { emfValidator } from '../../emf-validator.ts';

/** One value of a metric under one of its dimension sets, as CloudWatch reads it from an EMF line. */
export type EmfMetric = {
  readonly name: string;
  readonly namespace: string;
  readonly dimensionSet: readonly string[];
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** Unix milliseconds. */
  readonly timestampMs: number;
};

type EmfDocument = {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
};

/** The longest line that a pipe of 64 KiB takes whole, with some room. */
const maxLineBytes = 60 * 1024;

/** The lines of an output that holds valid EMF lines and nothing else. Throws with the first line that is not. */
export function emfLines(output: Buffer | string): readonly string[] {
  const text = output.toString();
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error(`the last line is torn: ${JSON.stringify(text.slice(-200))}`);
  const lines = text.slice(0, -1).split('\n');
  const validate = emfValidator({ nowMs: Date.now() });
  for (const [index, line] of lines.entries()) {
    const problems = validate(line);
    if (Buffer.byteLength(line) > maxLineBytes) problems.push(`longer than ${maxLineBytes} bytes`);
    if (problems.length > 0)
      throw new Error(`line ${index + 1}: ${problems.join('; ')}: ${JSON.stringify(line.slice(0, 300))}`);
  }
  return lines;
}

/** The metrics of an output of EMF lines, in order. Throws when there is anything else in it. */
export function readEmf(output: Buffer | string): readonly EmfMetric[] {
  return emfLines(output).flatMap((line) => {
    const document = JSON.parse(line) as EmfDocument;
    return document._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name }) =>
        Dimensions.flatMap((dimensionSet) =>
          // Values that CloudWatch cannot tell apart share an array.
          [document[Name]].flat().map((value) => ({
            name: Name,
            namespace: Namespace,
            dimensionSet,
            dimensions: Object.fromEntries(dimensionSet.map((label) => [label, String(document[label])])),
            value: Number(value),
            timestampMs: document._aws.Timestamp,
          })),
        ),
      ),
    );
  });
}

/** Names of metrics by dimension set: the set's labels sorted and joined by spaces, the names sorted, each once. */
export function namesBySet(metrics: readonly EmfMetric[]): Readonly<Record<string, readonly string[]>> {
  const names = new Map<string, Set<string>>();
  for (const { dimensionSet, name } of metrics) {
    const key = dimensionSet.toSorted().join(' ');
    names.set(key, (names.get(key) ?? new Set()).add(name));
  }
  return Object.fromEntries([...names].sort().map(([key, set]) => [key, [...set].sort()]));
}
