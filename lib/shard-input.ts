import {
  type CompiledFamily,
  compileFamily,
  type FamilyConfig,
  type PlannedTarget,
  planFamilies,
} from './compiled-family.ts';
import { type Layout, type Plan, parentShards, type ShardMessage } from './ecs/shard.ts';
import type { TargetGroup } from './prometheus/target.ts';
import type { Ancestor, Inheritance } from './shard-state.ts';

export { maxLateMs } from './prometheus/slot.ts';
export type { ShardMessage };

/** A plan that is ready to run: the documents as they are stored, and compiled. */
export type LoadedPlan = { readonly configs: readonly FamilyConfig[]; readonly families: readonly CompiledFamily[] };

/** @throws {Error} for a body that is no shard message of this version. */
export function parseShardMessage(body: string): ShardMessage {
  if (body.trim() === '')
    throw new Error('expected a shard message, found an empty body; is another writer on this queue?');
  const message = parseJson(body) as Partial<ShardMessage> | null;
  if (message?.version !== 1) {
    const found = JSON.stringify(message?.version) ?? 'none';
    throw new Error(`expected shard message version 1, found ${found}; another release wrote it`);
  }
  return message as ShardMessage;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const shown = JSON.stringify(body.slice(0, 20));
    throw new Error(`expected a shard message in JSON, found ${shown}; is another writer on this queue?`, {
      cause: error,
    });
  }
}

/** The plan of this text, checked when it was written. @throws {Error} for another version. */
export function compilePlan(text: string): LoadedPlan {
  const plan = JSON.parse(text) as Plan;
  if (plan.version !== 1) throw new Error(`expected plan version 1, found ${JSON.stringify(plan.version) ?? 'none'}`);
  const configs = plan.documents as readonly FamilyConfig[];
  return { configs, families: configs.map((config) => compileFamily(config, plan.cluster)) };
}

/** The shards of documents' own targets, which no layout moves. */
const OWN_SHARD = 'family-';

/** Where the state of a message's shard lives. */
export function shardKey({ cluster, layout, shard }: Pick<ShardMessage, 'cluster' | 'layout' | 'shard'>): string {
  const isOwn = shard.startsWith(OWN_SHARD);
  return isOwn ? `${cluster}/${shard}` : `${cluster}/${layout.generation}-${layout.shards}/${shard}`;
}

/** What a message's shard takes over from the layout before; own shards belong to none. */
export function inheritanceOf({ cluster, layout, shard }: ShardMessage): Inheritance | undefined {
  if (layout.parent === undefined || shard.startsWith(OWN_SHARD)) return undefined;
  return { generation: layout.generation, parents: ancestorsOf(cluster, Number(shard), layout) };
}

function ancestorsOf(cluster: string, shard: number, layout: Layout): Ancestor[] {
  const { parent } = layout;
  if (parent === undefined) return [];
  return parentShards(shard, layout).map((at) => ({
    shard: shardKey({ cluster, layout: parent, shard: String(at) }),
    parents: ancestorsOf(cluster, at, parent),
  }));
}

/** The targets of a message: those it lists, and the own ones of the documents it names. */
export function targetsOfMessage(
  message: ShardMessage,
  configs: readonly FamilyConfig[],
  readFiles: (pattern: string) => Promise<readonly TargetGroup[]>,
): Promise<PlannedTarget[]> {
  const groupsOf = (document: number) =>
    message.targets
      .filter((target) => target.document === document)
      .map(({ identity, targets, labels }) => ({ identity, targets, labels: new Map(labels) }));
  return planFamilies(configs, groupsOf, readFiles, (document) => message.own_targets.includes(document));
}
