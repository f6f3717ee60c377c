import { createHash } from 'node:crypto';
import type { Readings } from './cluster-targets.ts';
import { messageOf } from './document/problem.ts';
import type { ClusterSnapshot } from './ecs/task.ts';
import type { Clock, Failure, SnapshotStore } from './ports.ts';

/** The last readings of the clusters that one cluster's documents look into, as they are stored. */
type StoredReadings = {
  readonly version: 1;
  readonly readings: readonly (readonly [string, StoredReading])[];
};

type StoredReading = Omit<ClusterSnapshot, 'taskDefinitions'> & {
  readonly readAtMs: number;
  readonly taskDefinitions: readonly (readonly [string, unknown])[];
};

export type ReadingsPorts = { readonly snapshots: SnapshotStore; readonly clock: Clock };

/** The readings of each cluster that a warm process knows, and what of them is stored. Times are Unix ms. */
export type ReadingsMemory = Map<
  string,
  { readonly readings: Readings; readonly stored?: { readonly digest: string; readonly atMs: number } }
>;

/** So old may what is stored be, when nothing but its time is. */
const STORED_TRUSTED_MS = 300_000;

/** The last readings: those of this process, else those that are stored. What cannot be read is a failure. */
export async function lastReadings(
  cluster: string,
  { snapshots }: Pick<ReadingsPorts, 'snapshots'>,
  memory: ReadingsMemory,
  failures: Failure[],
): Promise<Readings> {
  const known = memory.get(cluster);
  if (known !== undefined) return known.readings;
  try {
    const text = await snapshots.read(cluster);
    const readings = text === undefined ? new Map() : decode(text);
    memory.set(cluster, { readings });
    return readings;
  } catch (error) {
    failures.push({ arn: cluster, reason: `its snapshot cannot be read: ${messageOf(error)}; all is read anew` });
    return new Map();
  }
}

/** Remembers the readings, and stores them when they are others than those that are stored. */
export async function keepReadings(
  cluster: string,
  readings: Readings,
  { snapshots, clock }: ReadingsPorts,
  memory: ReadingsMemory,
  failures: Failure[],
): Promise<void> {
  const stored = memory.get(cluster)?.stored;
  memory.set(cluster, { readings, ...(stored && { stored }) });
  const now = clock();
  const contents = contentsOf(readings);
  const digest = digestOf(contents);
  if (digest === stored?.digest && now - stored.atMs < STORED_TRUSTED_MS) return;
  try {
    await snapshots.write(cluster, encode(readings, contents));
    memory.set(cluster, { readings, stored: { digest, atMs: now } });
  } catch (error) {
    failures.push({ arn: cluster, reason: `its snapshot cannot be stored: ${messageOf(error)}` });
  }
}

/** Each reading as JSON but for its time, by its key: of a large cluster several megabytes. */
type Contents = readonly (readonly [string, string])[];

function contentsOf(readings: Readings): Contents {
  return [...readings].map(([key, { snapshot }]) => [key, JSON.stringify(plain(snapshot))]);
}

function digestOf(contents: Contents): string {
  const hash = createHash('sha256');
  for (const [key, content] of contents) hash.update(`${JSON.stringify(key)}${content}`);
  return hash.digest('base64url');
}

/** StoredReadings as JSON. */
function encode(readings: Readings, contents: Contents): string {
  const stored = contents.map(
    ([key, content]) => `[${JSON.stringify(key)},{"readAtMs":${readings.get(key)?.readAtMs},${content.slice(1)}]`,
  );
  return `{"version":1,"readings":[${stored}]}`;
}

function plain(snapshot: ClusterSnapshot): Omit<StoredReading, 'readAtMs'> {
  return { ...snapshot, taskDefinitions: [...snapshot.taskDefinitions] };
}

/** @throws {Error} for another version: an older release must not take it for its own. */
function decode(text: string): Readings {
  const { version, readings } = JSON.parse(text) as StoredReadings;
  if (version !== 1) throw new Error(`expected version 1, found ${JSON.stringify(version) ?? 'none'}`);
  return new Map(
    readings.map(([key, { readAtMs, taskDefinitions, ...rest }]) => [
      key,
      { readAtMs, snapshot: { ...rest, taskDefinitions: new Map(taskDefinitions) } as ClusterSnapshot },
    ]),
  );
}
