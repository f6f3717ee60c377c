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

/**
 * How the targets of a cluster are spread: `shards` is a power of two. `generation` is the tick (Unix ms) that brought
 * the layout and never comes again: were the state of an earlier layout read later, its old baselines would give
 * increases a second time.
 */
export type Layout = {
  readonly generation: number;
  readonly shards: number;
  /** The layout before it, whose shards' counters it takes over; it may have lived too shortly to have any. */
  readonly parent?: Layout;
};

/**
 * The shards of the parent that hold what a shard takes over: the one that it was part of, or those that it joins.
 */
export function parentShards(shard: number, { shards, parent }: Layout): number[] {
  if (parent === undefined) return [];
  if (shards >= parent.shards) return [shard & (parent.shards - 1)];
  return Array.from({ length: parent.shards }, (_, at) => at).filter((at) => (at & (shards - 1)) === shard);
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

/**
 * Spreads items over shards by a hash of their identity: an item keeps its shard as long as the number of shards
 * stays, whatever other items come and go. The number is the smallest power of two with at most `maxPerShard` items
 * a shard on average, and at least `minShards`. When it doubles, shard N divides into N and N + the old number.
 */
export function assignShards<Item extends { readonly identity: string }>(
  items: readonly Item[],
  maxPerShard: number,
  minShards = 1,
): { readonly shardCount: number; readonly shards: ReadonlyMap<string, readonly Item[]> } {
  let count = minShards;
  while (items.length > count * maxPerShard) count *= 2;
  const shards = new Map<string, Item[]>();
  for (const item of items) {
    const shard = String((hash(item.identity) & (count - 1)) >>> 0);
    const members = shards.get(shard);
    if (members === undefined) shards.set(shard, [item]);
    else members.push(item);
  }
  return { shardCount: count, shards };
}

/** FNV-1a over UTF-16 code units, then MurmurHash3's finaliser, so that the low bits depend on every character. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
