import { SELF_NAMESPACE } from '../../lib/cloudwatch/self-metrics.ts';
import { emfValidator } from '../emf-validator.ts';

/** What was written. */
export type Emitted = {
  /** The sum of all values of each metric, by namespace, dimensions and name. */
  readonly sums: Map<string, EmittedMetric>;
  /** The same for each time of a document (Unix ms): see `timeKey`. */
  readonly sumsAtTime: Map<string, number>;
  /** How many values of targets there were; what the functions say of themselves is among the sums alone. */
  values: number;
  documents: number;
};

export type EmittedMetric = { readonly name: string; readonly dimensions: ReadonlyMap<string, string>; sum: number };

type Directive = {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
};

/** How many metrics of targets there were. */
export function metricsOfTargets({ sums }: Emitted): number {
  const own = `[${JSON.stringify(SELF_NAMESPACE)},`;
  return [...sums.keys()].filter((key) => !key.startsWith(own)).length;
}

export function newEmitted(): Emitted {
  return { sums: new Map(), sumsAtTime: new Map(), values: 0, documents: 0 };
}

/** The name of a family's metric at a time. */
export function timeKey(family: string, name: string, timeMs: number): string {
  return JSON.stringify([family, name, timeMs]);
}

/**
 * Adds the metrics of a function's stdout. What was killed may have left the beginning of a line, which is no document.
 * @throws {Error} for a line that is not valid EMF.
 */
export function addEmitted(emitted: Emitted, stdout: string, wasKilled = false): void {
  const validate = emfValidator({ nowMs: Date.now() });
  for (const line of wasKilled ? stdout.split('\n').slice(0, -1) : stdout.split('\n')) {
    if (line === '') continue;
    const faults = validate(line);
    if (faults.length > 0) throw new Error(`stdout is not valid EMF: ${faults.join('; ')}: ${line.slice(0, 300)}`);
    addDocument(emitted, JSON.parse(line) as Readonly<Record<string, unknown>>);
  }
}

/** Adds what was emitted in one cycle to what was before. */
export function mergeEmitted(total: Emitted, added: Emitted): void {
  total.values += added.values;
  total.documents += added.documents;
  for (const [key, metric] of added.sums) {
    const known = total.sums.get(key);
    if (known === undefined) total.sums.set(key, { ...metric });
    else known.sum += metric.sum;
  }
  for (const [key, sum] of added.sumsAtTime) total.sumsAtTime.set(key, (total.sumsAtTime.get(key) ?? 0) + sum);
}

function addDocument(emitted: Emitted, document: Readonly<Record<string, unknown>>): void {
  const { CloudWatchMetrics, Timestamp } = document._aws as {
    readonly CloudWatchMetrics: readonly Directive[];
    readonly Timestamp: number;
  };
  const isOwn = CloudWatchMetrics.every(({ Namespace }) => Namespace === SELF_NAMESPACE);
  if (!isOwn) emitted.documents += 1;
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    for (const names of Dimensions) {
      const dimensions = names.map((name) => [name, String(document[name])] as const);
      for (const { Name } of Metrics) {
        const key = JSON.stringify([Namespace, dimensions, Name]);
        const known = emitted.sums.get(key) ?? { name: Name, dimensions: new Map(dimensions), sum: 0 };
        const values = valuesOf(document[Name]);
        const sum = values.reduce((total, value) => total + value, 0);
        known.sum += sum;
        if (!isOwn) emitted.values += values.length;
        emitted.sums.set(key, known);
        const atTime = timeKey(String(document.TaskDefinitionFamily), Name, Timestamp);
        emitted.sumsAtTime.set(atTime, (emitted.sumsAtTime.get(atTime) ?? 0) + sum);
      }
    }
  }
}

/** The values of a metric: a number, an array, or values with counts. */
function valuesOf(value: unknown): readonly number[] {
  if (typeof value !== 'object' || value === null) return [Number(value)];
  if (Array.isArray(value)) return value.map(Number);
  const { Values = [], Counts = [] } = value as Distribution;
  return Values.flatMap((each, index) => Array.from({ length: Counts[index] ?? 1 }, () => each));
}

type Distribution = { readonly Values?: readonly number[]; readonly Counts?: readonly number[] };
