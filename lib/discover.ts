import { findTargets } from './cluster-targets.ts';
import { messageOf } from './document/problem.ts';
import { type FamilyConfig, hasOwnTargets, parseDuration } from './documents.ts';
import type { Skipped, SkipReason } from './ecs/service-discovery.ts';
import { type Layout, MAX_MESSAGE_BYTES, type ShardTarget } from './ecs/shard.ts';
import type { ShardLoads } from './ecs/shard-load.ts';
import {
  layShards,
  type MessageHead,
  messageBody,
  type OwnTargets,
  offsetOf,
  partOfShard,
  type Shard,
} from './ecs/shard-messages.ts';
import {
  type DiscoverMemory,
  type DiscoverPorts,
  messageHead,
  newMemory,
  shardTargets,
  unpaused,
} from './message-head.ts';
import type { Cluster, EcsPort, Failure, QueueMessage } from './ports.ts';
import { isDue, LONGEST_SLOT_MS, slotLength, slotsOfTick } from './prometheus/slot.ts';
import { shardKey } from './shard-input.ts';
import { keepReadings, lastReadings } from './stored-readings.ts';

export { newMemory } from './message-head.ts';
export { DiscoveryError, type DiscoveryErrorCode } from './snapshot.ts';

export type DiscoverCycle = {
  /** Unix milliseconds: the scheduled time of the tick. */
  readonly dueAt: number;
  readonly maxTargetsPerShard?: number | undefined;
  /** All clusters of the stack: documents may look into any of them. */
  readonly clusters?: readonly Cluster[] | undefined;
  readonly memory?: DiscoverMemory | undefined;
};

/** What a cycle did. Nothing that was selected is missing without a count here. */
export type DiscoverReport = {
  readonly cluster: string;
  readonly plan: string;
  readonly messages: number;
  /** Families that are left out, since their options say so. */
  readonly paused: readonly string[];
  /** Targets by family. */
  readonly targets: Readonly<Record<string, number>>;
  /** Tasks by lastStatus. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Partial<Record<SkipReason, { readonly count: number; readonly example: Skipped }>>>;
  /** Calls of the ECS port by name; the pages of a list are one call. */
  readonly calls: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
};

const MAX_DELAY_SECONDS = 900;

/**
 * One cycle of discovery: the documents of a cluster and what it runs become one stored plan, and messages for the
 * shards that have something due: one a minute, or one for each part of it where a job's interval is shorter.
 * @throws {DiscoveryError} if no cluster that the documents name can be read; nothing is stored or sent then.
 */
export async function runDiscover(
  documents: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  { dueAt, maxTargetsPerShard = 100, clusters, memory = newMemory() }: DiscoverCycle,
): Promise<DiscoverReport> {
  const { ecs, queue, layouts, clock, nonce } = ports;
  const families = unpaused(documents);
  const calls = new Map<string, number>();
  const failures: Failure[] = [];
  const readings = await lastReadings(cluster.name, ports, memory.readings, failures);
  const found = await findTargets(families, cluster, counted(ecs, calls), { nowMs: clock(), readings, clusters });
  await keepReadings(cluster.name, found.readings, ports, memory.readings, failures);
  const { head, failures: unresolved } = await messageHead(families, cluster, ports, dueAt, memory);
  const targets = shardTargets(found);
  const stored = await layouts.read(cluster.name);
  const known = stored === undefined ? undefined : (JSON.parse(stored.text) as Layout);
  const loads = known && (await shardLoads(cluster.name, known, ports, memory, failures));
  // With the longest slot there is, so that no message can be larger than was tried.
  const tried = { ...head, slot: { start: dueAt, length: LONGEST_SLOT_MS } };
  const { layout, shards, tooLarge } = layShards(
    tried,
    targets,
    ownTargets(families),
    maxTargetsPerShard,
    known,
    loads,
  );
  if (layout !== known) {
    const next = { text: JSON.stringify(layout), nonce: nonce() };
    if ((await layouts.commit(cluster.name, next, stored?.tag)) === 'lost')
      throw new Error(`another run of discover changed the layout of cluster ${cluster.name}; its messages count`);
  }
  const messages = dueMessages(head, layout, shards, intervalsOf(families), clock());
  if (messages.length > 0) await queue(messages);
  return {
    cluster: cluster.name,
    plan: head.plan,
    messages: messages.length,
    paused: documents.filter(({ options }) => options.paused === true).map(({ family }) => family),
    targets: Object.fromEntries(families.map(({ family }, i) => [family, found.discoveries[i]?.targets.length ?? 0])),
    tasks: Object.fromEntries(found.tasks),
    skipped: summarise(found.discoveries.flatMap((discovery) => discovery.skipped)),
    calls: Object.fromEntries(calls),
    failures: [...failures, ...found.failures, ...unresolved, ...tooLarge.map(failureOf)],
  };
}

const LOADS_TRUSTED_MS = 600_000;
/** So long after a change of the layout its shards have been scraped. */
const SETTLED_MS = 180_000;

/** What the shards of the layout were to scrape; without it their number follows the targets alone. */
async function shardLoads(
  cluster: string,
  layout: Layout,
  { loads, clock }: DiscoverPorts,
  memory: DiscoverMemory,
  failures: Failure[],
): Promise<ShardLoads | undefined> {
  const last = memory.loads.get(cluster);
  const now = clock();
  if (last?.generation === layout.generation && now - last.readAtMs < LOADS_TRUSTED_MS) return last;
  if (now - layout.generation < SETTLED_MS) return undefined;
  try {
    const keys = Array.from({ length: layout.shards }, (_, at) => shardKey({ cluster, layout, shard: String(at) }));
    const read = { generation: layout.generation, byShard: await loads(keys), readAtMs: now };
    memory.loads.set(cluster, read);
    return read;
  } catch (error) {
    failures.push({ arn: cluster, reason: `the loads of its shards cannot be read: ${messageOf(error)}` });
    return undefined;
  }
}

/** The messages of a tick, each of which waits for its time. */
function dueMessages(
  head: MessageHead,
  layout: Layout,
  shards: readonly Shard[],
  intervalsMs: readonly (readonly number[])[],
  nowMs: number,
): QueueMessage[] {
  const slotMs = slotLength(intervalsMs.flat());
  return slotsOfTick(head.due_at, slotMs).flatMap((slot) => {
    const due = new Set(
      intervalsMs.flatMap((intervals, document) => (intervals.some((each) => isDue(each, slot)) ? [document] : [])),
    );
    return shards.flatMap((shard) => {
      const part = partOfShard(shard, due);
      if (part === undefined) return [];
      const due_at = slot.startMs + offsetOf(shard, layout, slotMs);
      const body = messageBody({ ...head, due_at, slot: { start: slot.startMs, length: slotMs } }, layout, part);
      return [{ body, delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil((due_at - nowMs) / 1000))) }];
    });
  });
}

/** The scrape intervals of each document's jobs, milliseconds. */
function intervalsOf(families: readonly FamilyConfig[]): number[][] {
  return families.map(({ prometheus }) =>
    prometheus.scrape_configs.map(({ scrape_interval }) => parseDuration(scrape_interval ?? '1m')),
  );
}

function ownTargets(families: readonly FamilyConfig[]): readonly OwnTargets[] {
  return families.flatMap((config, document) => (hasOwnTargets(config) ? [{ document, family: config.family }] : []));
}

/** Counts each thing that was skipped once, however many documents came upon it, and keeps the first as an example. */
function summarise(skipped: readonly Skipped[]): DiscoverReport['skipped'] {
  const summary = new Map<SkipReason, { count: number; example: Skipped }>();
  for (const each of new Map(skipped.map((item) => [JSON.stringify(Object.values(item)), item])).values()) {
    const seen = summary.get(each.reason);
    if (seen === undefined) summary.set(each.reason, { count: 1, example: each });
    else seen.count += 1;
  }
  return Object.fromEntries(summary);
}

function failureOf({ identity }: ShardTarget): Failure {
  return {
    arn: identity,
    reason: `its message would exceed ${MAX_MESSAGE_BYTES} bytes; give it fewer or shorter labels`,
  };
}

function counted(ecs: EcsPort, calls: Map<string, number>): EcsPort {
  const count =
    <Call extends (...args: never[]) => unknown>(name: string, call: Call) =>
    (...args: Parameters<Call>): ReturnType<Call> => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return call(...args) as ReturnType<Call>;
    };
  return {
    listTasks: count('ListTasks', ecs.listTasks),
    describeTasks: count('DescribeTasks', ecs.describeTasks),
    describeTaskDefinition: count('DescribeTaskDefinition', ecs.describeTaskDefinition),
    listServices: count('ListServices', ecs.listServices),
    describeServices: count('DescribeServices', ecs.describeServices),
    describeContainerInstances: count('DescribeContainerInstances', ecs.describeContainerInstances),
    describeInstances: count('DescribeInstances', ecs.describeInstances),
    describeManagedInstances: count('DescribeInstanceInformation', ecs.describeManagedInstances),
    discoverInstances: count('DiscoverInstances', ecs.discoverInstances),
  };
}
