import { assignShards, type Layout, MAX_MESSAGE_BYTES, type ShardMessage, type ShardTarget } from './shard.ts';

/** A document whose Prometheus configuration names targets of its own. */
export type OwnTargets = { readonly document: number; readonly family: string };

type Head = Pick<ShardMessage, 'version' | 'plan' | 'secrets' | 'cluster' | 'due_at'>;

/** More shards than this are not tried for the sake of a message's size. */
const MAX_SHARDS = 4096;

/**
 * The bodies of all messages of a tick, each at most MAX_MESSAGE_BYTES: one for each shard of the targets and one for
 * each document with targets of its own. The number of shards doubles until every message is small enough. Targets
 * that fit into no message are given back. A known layout is kept as long as it serves; a new one has the tick as its
 * generation.
 */
export function shardMessages(
  head: Head,
  targets: readonly ShardTarget[],
  own: readonly OwnTargets[],
  maxPerShard: number,
  known: Layout | undefined,
): { readonly layout: Layout; readonly bodies: readonly string[]; readonly tooLarge: readonly ShardTarget[] } {
  const bodyOf = (part: Omit<ShardMessage, keyof Head>) => messageText({ ...head, ...part });
  const widest = {
    layout: { generation: head.due_at, shards: MAX_SHARDS },
    shard: String(MAX_SHARDS),
    own_targets: [],
  };
  const isSmall = (target: ShardTarget) => fits(bodyOf({ ...widest, targets: [target] }));
  const tooLarge = targets.filter((target) => !isSmall(target));
  const rest = tooLarge.length === 0 ? targets : targets.filter(isSmall);

  for (let minShards = leastShards(rest.length, maxPerShard, known); ; ) {
    const { shardCount, shards } = assignShards(rest, maxPerShard, minShards);
    const layout = known?.shards === shardCount ? known : { generation: head.due_at, shards: shardCount };
    const messages = [...shards].map(([shard, targets]) => ({
      targets,
      body: bodyOf({ layout, shard, targets, own_targets: [] }),
    }));
    const oversized = messages.filter(({ body }) => !fits(body));
    if (oversized.length > 0 && layout.shards < MAX_SHARDS) {
      minShards = layout.shards * 2;
      continue;
    }
    const ofDocuments = own.map(({ document, family }) =>
      bodyOf({ layout, shard: `family-${family}`, targets: [], own_targets: [document] }),
    );
    return {
      layout,
      bodies: [...messages.map(({ body }) => body).filter(fits), ...ofDocuments],
      tooLarge: [...tooLarge, ...oversized.flatMap((message) => message.targets)],
    };
  }
}

/** A layout stays until its shards are three quarters empty: each change costs an interval. */
function leastShards(targets: number, maxPerShard: number, known: Layout | undefined): number {
  return known !== undefined && targets * 4 > known.shards * maxPerShard ? known.shards : 1;
}

function fits(body: string): boolean {
  return Buffer.byteLength(body) <= MAX_MESSAGE_BYTES;
}

/** JSON in which the two characters that JSON allows and SQS refuses are escaped. */
function messageText(message: ShardMessage): string {
  return JSON.stringify(message).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
