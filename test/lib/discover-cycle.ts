import { type FamilyConfig, readFamily } from '../../lib/documents.ts';
import type { ShardMessage } from '../../lib/ecs/shard.ts';
import type { Task } from '../../lib/ecs/task.ts';
import { recordedEcs } from '../../lib/io/recorded-ecs.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import type { EcsPort, QueueMessage } from '../../lib/ports.ts';
import { definitionOf } from './ecs/cluster.ts';

/** Documents, a recorded ECS and ports in memory, for the tests of discovery. */

export const SHOP = { name: 'shop', region: 'eu-west-1' };
export const ECS_JOB = '[{ job_name: ecs, file_sd_configs: [{ files: [/tmp/cwagent_ecs_auto_sd.yaml] }] }]';
export const STATIC_JOB = '[{ job_name: own, static_configs: [{ targets: ["10.0.0.99:1"] }] }]';
export const BY_DEFINITION = { sd_metrics_ports: '9404', sd_task_definition_arn_pattern: 'web' };
export const WEB = familyOf('web', { task_definition_list: [BY_DEFINITION] });

export function familyOf(family: string, discovery: object | undefined, jobs = ECS_JOB, options = {}): FamilyConfig {
  const agent = { logs: { metrics_collected: { prometheus: { ecs_service_discovery: discovery } } } };
  return readFamily(family, {
    prometheus: { address: 'prometheus.yaml', text: `scrape_configs: ${jobs}` },
    agent: { address: 'agent.json', text: JSON.stringify(agent) },
    options: { address: 'options.json', text: JSON.stringify(options) },
  });
}

export function recorded(tasks: readonly Task[]): EcsPort {
  const place = { file: 'tasks.json', line: 1, column: 1 };
  return recordedEcs({ file: 'tasks.json', value: { tasks, taskDefinitions: [definitionOf()] }, place: () => place });
}

export function portsOver(ecs: EcsPort) {
  const stored = new Map<string, string>();
  const writes: string[] = [];
  const sent: QueueMessage[] = [];
  const ports = {
    ecs,
    plans: {
      read: async (hash: string) => stored.get(hash),
      write: async (hash: string, text: string) => {
        writes.push(hash);
        stored.set(hash, text);
      },
    },
    queue: async (messages: readonly QueueMessage[]) => {
      sent.push(...messages);
    },
    layouts: memoryStateStore(),
    loads: async () => new Map<string, number>(),
    snapshots: { read: async () => undefined, write: async () => {} },
    secretSources: {},
    secrets: { read: async () => undefined, write: async () => {} },
    nonce: () => `nonce ${sent.length}`,
    clock: () => 30_000,
  };
  return { ports, stored, writes, sent, read: () => sent.map(({ body }) => JSON.parse(body) as ShardMessage) };
}
