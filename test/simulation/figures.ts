import type { CallCount } from './aws/server.ts';
import type { QueuedMessage } from './aws/sqs.ts';
import type { Invocation } from './function-host.ts';

/** What one cycle came to: a tick of discover, and a run of scrape for each message of it. Times in milliseconds. */
export type CycleFigures = {
  /** The tasks that ECS lists. */
  readonly tasks: number;
  /** The targets that discover found. */
  readonly targets: number;
  readonly discover: RunFigures & { readonly calls: Calls };
  /** Sums over all invocations; `rss_mb` is the largest. */
  readonly scrape: RunFigures & {
    readonly invocations: number;
    readonly longest_wall_ms: number;
    readonly calls: Calls;
  };
  readonly queue: { readonly messages: number; readonly requests: number; readonly bytes: number };
  /** Of both functions. */
  readonly s3: { readonly get: number; readonly put: number; readonly list: number; readonly head: number };
  /** The size of all states in S3, as they are stored. */
  readonly state_bytes: number;
  /** Distinct metrics: namespace, dimensions and name. */
  readonly metrics: number;
  /** Values of metrics: a sample gives one for each set of dimensions. */
  readonly values: number;
  /** EMF documents. */
  readonly documents: number;
  readonly ecs: CallBound;
};

export type RunFigures = {
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly rss_mb: number;
  readonly stdout_bytes: number;
  readonly stderr_bytes: number;
};

/** Calls by operation. */
export type Calls = Readonly<Record<string, number>>;

/** The calls of ECS and EC2 in a cycle, and how many there may be. */
export type CallBound = {
  readonly calls: number;
  readonly bound: number;
  /** What the bound is the sum of: two for every 100 tasks of a cluster, ... */
  readonly pages: number;
  /** ... one for every task definition that was not there before, ... */
  readonly new_task_definitions: number;
  /** ... and two for every 100 instances. */
  readonly instance_lookups: number;
};

export type CycleMeasurement = {
  readonly discover: Invocation;
  readonly discoverCalls: readonly CallCount[];
  readonly messages: readonly QueuedMessage[];
  readonly scrapes: readonly Invocation[];
  readonly scrapeCalls: readonly CallCount[];
  readonly bound: Omit<CallBound, 'calls'>;
} & Pick<CycleFigures, 'tasks' | 'state_bytes' | 'metrics' | 'values' | 'documents'>;

/** Puts together what was measured in a cycle. */
export function figuresOf(measured: CycleMeasurement): CycleFigures {
  const { discover, discoverCalls, messages, scrapes, scrapeCalls, bound } = measured;
  const { tasks, state_bytes, metrics, values, documents } = measured;
  const of = (...operations: readonly string[]) => countOf([...discoverCalls, ...scrapeCalls], operations);
  const isLookup = ({ service }: CallCount) => service === 'ecs' || service === 'ec2';
  return {
    tasks,
    targets: targetsOf(discover),
    discover: { ...runFigures([discover]), calls: byOperation(discoverCalls) },
    scrape: {
      invocations: scrapes.length,
      ...runFigures(scrapes),
      longest_wall_ms: rounded(Math.max(0, ...scrapes.map(({ wallMs }) => wallMs))),
      calls: byOperation(scrapeCalls),
    },
    queue: {
      messages: messages.length,
      requests: of('SendMessageBatch', 'GetQueueUrl'),
      bytes: messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0),
    },
    s3: { get: of('GetObject'), put: of('PutObject'), list: of('ListObjectsV2'), head: of('HeadObject') },
    state_bytes,
    metrics,
    values,
    documents,
    ecs: { calls: discoverCalls.filter(isLookup).reduce((sum, { count }) => sum + count, 0), ...bound },
  };
}

function runFigures(invocations: readonly Invocation[]): RunFigures {
  const sum = (figure: (each: Invocation) => number) =>
    rounded(invocations.reduce((all, each) => all + figure(each), 0));
  return {
    wall_ms: sum(({ wallMs }) => wallMs),
    cpu_ms: sum(({ cpuMs }) => cpuMs),
    rss_mb: rounded(Math.max(0, ...invocations.map(({ rssMb }) => rssMb))),
    stdout_bytes: sum(({ stdout }) => Buffer.byteLength(stdout)),
    stderr_bytes: sum(({ stderr }) => Buffer.byteLength(stderr)),
  };
}

function targetsOf({ result }: Invocation): number {
  const { reports = [] } = (result ?? {}) as {
    readonly reports?: readonly { targets: Readonly<Record<string, number>> }[];
  };
  return reports.flatMap(({ targets }) => Object.values(targets)).reduce((sum, count) => sum + count, 0);
}

function countOf(calls: readonly CallCount[], operations: readonly string[]): number {
  return calls.filter(({ operation }) => operations.includes(operation)).reduce((sum, { count }) => sum + count, 0);
}

function byOperation(calls: readonly CallCount[]): Calls {
  const names = [...new Set(calls.map(({ operation }) => operation))].sort();
  return Object.fromEntries(names.map((name) => [name, countOf(calls, [name])]));
}

/** The median of each figure, of cycles that have the same figures. */
export function medianCycle(cycles: readonly CycleFigures[]): CycleFigures {
  return median(cycles) as CycleFigures;
}

/** Numbers by their median (of an even number the lower one), records by their members; what is missing counts as 0. */
function median(values: readonly unknown[]): unknown {
  const isNumber = values.every((value) => typeof value === 'number' || value === undefined);
  if (isNumber) {
    const sorted = values.map((value) => Number(value ?? 0)).sort((a, b) => a - b);
    return sorted[(sorted.length - 1) >> 1];
  }
  const records = values.map((value) => (value ?? {}) as Readonly<Record<string, unknown>>);
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(names.map((name) => [name, median(records.map((record) => record[name]))]));
}

function rounded(value: number): number {
  return Math.round(value);
}
