import { groupBy } from '../prometheus/group-by.ts';

/** One target as a shard message carries it. */
export type ShardTarget = {
  /** Index of the document in the plan that found the target. */
  readonly document: number;
  readonly identity: string;
  /** One `ip:port`. */
  readonly targets: readonly string[];
  /** Name and value of each label: pairs, since a label may be called `__proto__`. */
  readonly labels: readonly (readonly [string, string])[];
};

/** How the targets of a cluster are divided; both numbers are powers of two. */
export type Division = {
  readonly shards: number;
  /** Over how many shards, one after the other, each task family is spread: few, so that its targets share documents. */
  readonly spread: number;
};

/**
 * The division that holds. `generation` is the tick (Unix ms) that brought it and never comes again: were the state of
 * an earlier layout read later, its old baselines would give increases a second time.
 */
export type Layout = Division & {
  readonly generation: number;
  /** The layout before it, whose shards' counters it takes over; it may have lived too shortly to have any. */
  readonly parent?: Layout;
};

/**
 * The shard of a target: it is the same as long as the division is, whatever other targets come and go. Those of a
 * family are in `spread` neighbouring shards.
 */
export function shardOf({ identity, labels }: Pick<ShardTarget, 'identity' | 'labels'>, { shards, spread }: Division) {
  const part = hash(identity) & (spread - 1);
  return (hash(familyOf({ labels })) + part) & (shards - 1);
}

/** The task family of a target, however many documents found it. */
export function familyOf({ labels }: Pick<ShardTarget, 'labels'>): string {
  return labels.find(([name]) => name === 'TaskDefinitionFamily')?.[1] ?? '';
}

/** A stored layout. Undefined for one that an earlier revision wrote, which had no spread: its counters start anew. */
export function parseLayout(text: string): Layout | undefined {
  const layout = JSON.parse(text) as Layout;
  return typeof layout.spread === 'number' ? layout : undefined;
}

/** The shards of the parent that may hold what a shard takes over. */
export function parentShards(shard: number, { shards, spread, parent }: Layout): number[] {
  if (parent === undefined) return [];
  // By how much the part of a family that a target belongs to can differ between the two.
  const step = Math.min(spread, parent.spread);
  const steps = Math.max(spread, parent.spread) / step;
  const sign = parent.spread > spread ? 1 : -1;
  const known = Math.min(shards, parent.shards) - 1;
  const wanted = new Set(Array.from({ length: steps }, (_, at) => (shard + sign * at * step) & known));
  return Array.from({ length: parent.shards }, (_, at) => at).filter((at) => wanted.has(at & known));
}

/** What one run of scrape is asked to do; at most MAX_MESSAGE_BYTES as JSON. */
export type ShardMessage = {
  readonly version: 1;
  /** SHA-256 of the plan's text: its key. */
  readonly plan: string;
  /** The key of the resolved secrets that the plan's jobs need; absent where they need none. */
  readonly secrets?: string;
  readonly cluster: string;
  readonly layout: Layout;
  /** `0` to `shards - 1`, or `family-NAME` for the targets that a family's Prometheus configuration names itself. */
  readonly shard: string;
  /** Unix milliseconds: when its targets are to be asked. */
  readonly due_at: number;
  /** Between two ticks: its targets have just started, and join those that the shard knows. */
  readonly joining?: true;
  /** The slot that it belongs to, Unix milliseconds and milliseconds: which intervals are due. Absent: all are. */
  readonly slot?: { readonly start: number; readonly length: number };
  readonly targets: readonly ShardTarget[];
  /** Indexes of the documents whose own static_configs and file_sd_configs targets belong to this shard. */
  readonly own_targets: readonly number[];
};

/** All documents of one cluster, parsed; content-addressed by the SHA-256 of its text. */
export type Plan = {
  readonly version: 1;
  readonly cluster: string;
  readonly documents: readonly {
    readonly family: string;
    readonly prometheus: unknown;
    readonly agent: unknown;
    readonly options: unknown;
  }[];
};

/** UTF-8 bytes of a message's JSON: part of the contract, whatever a queue would take. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** The targets by shard; a shard without targets is absent. */
export function divide<Target extends Pick<ShardTarget, 'identity' | 'labels'>>(
  targets: readonly Target[],
  division: Division,
): ReadonlyMap<number, readonly Target[]> {
  return groupBy(targets, (target) => shardOf(target, division));
}

/** FNV-1a over UTF-16 code units, then MurmurHash3's finaliser, so that the low bits depend on every character. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
