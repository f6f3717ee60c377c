import { type FamilyConfig, hasOwnTargets, parseDuration } from './compiled-family.ts';
import type { DiscoverPorts, SiteMemory } from './discover-ports.ts';
import { messageOf } from './document/problem.ts';
import { type Layout, MAX_MESSAGE_BYTES, parseLayout, type ShardTarget } from './ecs/shard.ts';
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
import { messageHead } from './message-head.ts';
import type { Cluster, Failure, QueueMessage } from './ports.ts';
import { isDue, LONGEST_SLOT_MS, slotLength, slotsOfTick } from './prometheus/slot.ts';
import { shardKey } from './shard-input.ts';

/** What a tick brings to the shards of one cluster at one site. */
export type Tick = {
  /** Unix milliseconds. */
  readonly dueAt: number;
  readonly targets: readonly ShardTarget[];
  readonly maxTargetsPerShard: number;
  /** Whether targets that documents name themselves belong to this site. */
  readonly withOwnTargets: boolean;
};

/** Lays the targets on shards, keeps the layout, and queues a message for each shard that has something due. */
export async function queueTick(
  families: readonly FamilyConfig[],
  cluster: Cluster,
  ports: DiscoverPorts,
  { dueAt, targets, maxTargetsPerShard, withOwnTargets }: Tick,
  memory: SiteMemory,
): Promise<{ readonly plan: string; readonly messages: number; readonly failures: readonly Failure[] }> {
  const { queue, layouts, clock, nonce } = ports;
  const { head, failures: unresolved } = await messageHead(families, cluster, ports, dueAt, memory);
  const failures = [...unresolved];
  const stored = await layouts.read(cluster.name);
  const known = stored && parseLayout(stored.text);
  const loads = known && (await shardLoads(cluster.name, known, ports, memory, failures));
  // With the longest slot there is, so that no message can be larger than was tried.
  const tried = { ...head, slot: { start: dueAt, length: LONGEST_SLOT_MS } };
  const own = withOwnTargets ? ownTargets(families) : [];
  const { layout, shards, tooLarge } = layShards(tried, targets, own, maxTargetsPerShard, known, loads);
  if (layout !== known) {
    const next = { text: JSON.stringify(layout), nonce: nonce() };
    // A tick that comes after a later one changes nothing: its generation may have been there before.
    const isPast = known !== undefined && known.generation >= dueAt;
    if (isPast || (await layouts.commit(cluster.name, next, stored?.tag)) === 'lost')
      throw new Error(`another run of discover changed the layout of cluster ${cluster.name}; its messages count`);
  }
  const messages = dueMessages(head, layout, shards, intervalsOf(families), clock());
  if (messages.length > 0) await queue(messages);
  return { plan: head.plan, messages: messages.length, failures: [...failures, ...tooLarge.map(failureOf)] };
}

const LOADS_TRUSTED_MS = 600_000;
/** So long after a change of the layout its shards have been scraped. */
const SETTLED_MS = 180_000;

/** What the shards of the layout were to scrape; without it their number follows the targets alone. */
async function shardLoads(
  cluster: string,
  layout: Layout,
  { loads, clock }: DiscoverPorts,
  memory: SiteMemory,
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

const MAX_DELAY_SECONDS = 900;

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

function failureOf({ identity }: ShardTarget): Failure {
  return {
    arn: identity,
    reason: `its message would exceed ${MAX_MESSAGE_BYTES} bytes; give it fewer or shorter labels`,
  };
}
