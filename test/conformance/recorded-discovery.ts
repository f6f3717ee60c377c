import { DiscoveryError } from '../../lib/discovery-error.ts';
import type { DiscoverySettings } from '../../lib/ecs/discovery-settings.ts';
import { compileServiceDiscovery, type ServiceDiscovery, type Skipped } from '../../lib/ecs/service-discovery.ts';
import { recordedEcs } from '../../lib/io/recorded-ecs.ts';
import type { EcsPort, Failure } from '../../lib/ports.ts';
import { isLegacyLabelName, type Labels } from '../../lib/prometheus/labels.ts';
import { readSnapshot } from '../../lib/snapshot.ts';
import type { Outcome } from './topic.ts';

/** What the agent made of a cluster; without targets it gave up, and `end` says how. */
export type AgentDiscovery = {
  readonly configValid: boolean;
  readonly targets?: readonly RecordedTarget[] | undefined;
  readonly end?: string | undefined;
};

export type RecordedTarget = { readonly targets: readonly string[]; readonly labels: readonly [string, string][] };

/** A cluster as the agent saw it, in AWS spelling. */
export type RecordedCluster = {
  readonly name: string;
  readonly settings: DiscoverySettings;
  /** `tasks`, `taskDefinitions` and the other answers. */
  readonly answers: object;
  /** Calls that fail in this case. */
  readonly broken?: Partial<EcsPort>;
};

/** Runs one case under the agent's profile and compares: all targets with all their labels, in any order. */
export async function runCase(id: string, cluster: RecordedCluster, agent: AgentDiscovery): Promise<Outcome> {
  const discovery = compile(cluster);
  if (typeof discovery === 'string') {
    // A bad pattern passes the agent's translator and ends the agent in a panic; here it is a configuration error.
    if (!agent.configValid || isPanic(agent)) return { case: id, outcome: 'passed' };
    return failed(id, agent, { refused: discovery });
  }
  if (!agent.configValid) return failed(id, agent, { accepted: cluster.settings });
  const found = await discover(cluster, discovery).catch((error: Error) => error);
  if (found instanceof Error) {
    if (found instanceof DiscoveryError && agent.end !== undefined) return { case: id, outcome: 'passed' };
    return failed(id, agent, { error: found.message });
  }
  const targets = found.targets.map(({ targets, labels }) => ({ targets, labels: [...labels] }));
  if (agent.targets === undefined && agent.end !== undefined) return comparedWithGivingUp(id, agent, found, targets);

  const expected = agent.targets ?? [];
  if (textOf(targets) === textOf(expected)) return { case: id, outcome: 'passed' };
  const reserved = reservedNames(cluster.answers);
  const without = expected.map((target) => ({
    ...target,
    labels: target.labels.filter(([name]) => !reserved.has(name)),
  }));
  const ours = targets.map((target) => ({ ...target, labels: target.labels.filter(([name]) => !reserved.has(name)) }));
  if (reserved.size > 0 && textOf(ours) === textOf(without)) {
    return {
      case: id,
      outcome: 'skipped',
      reason: `docker labels ${[...reserved].join(', ')} are refused; all else is equal`,
    };
  }
  return failed(id, agent, { targets, skipped: found.skipped, problems: found.problems });
}

/** Where one item stops the agent, ours goes on with the others; an item that made its cycle fail must be reported. */
function comparedWithGivingUp(
  id: string,
  agent: AgentDiscovery,
  found: Found,
  targets: readonly RecordedTarget[],
): Outcome {
  if (targets.length === 0) return { case: id, outcome: 'passed' };
  const [first] = [...found.problems, ...found.skipped];
  if (first === undefined && !isPanic(agent)) return failed(id, agent, { targets });
  const reason = `the agent gives up on one item (${agent.end}), which is isolated here: ${JSON.stringify(first ?? {})}`;
  return { case: id, outcome: 'skipped', reason };
}

function isPanic({ end = '' }: AgentDiscovery): boolean {
  return /panic/i.test(end);
}

function compile({ name, settings }: RecordedCluster): ServiceDiscovery | string {
  try {
    return compileServiceDiscovery(settings, { clusterName: name, profile: 'cloudwatch-agent' });
  } catch (error) {
    return (error as Error).message;
  }
}

type Found = {
  readonly targets: readonly { readonly targets: readonly string[]; readonly labels: Labels }[];
  readonly skipped: readonly Skipped[];
  readonly problems: readonly Failure[];
};

async function discover({ name, answers, broken }: RecordedCluster, discovery: ServiceDiscovery): Promise<Found> {
  const place = { file: 'recorded', line: 1, column: 1 };
  const ecs = { ...recordedEcs({ file: 'recorded', value: answers, place: () => place }), ...broken };
  const { matchesService: needServices, tasksOnInstances } = discovery;
  const { reading, problems } = await readSnapshot(ecs, { name }, { nowMs: 0, needServices, tasksOnInstances });
  return { ...discovery.discover(reading.snapshot), problems };
}

/** The docker labels of a case that would become internal labels. */
function reservedNames(answers: object): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(answers, (key, value: unknown) => {
    if (key === 'dockerLabels') for (const name of Object.keys(value ?? {})) if (isReserved(name)) names.add(name);
    return value;
  });
  return names;
}

function isReserved(name: string): boolean {
  return name.startsWith('__') && isLegacyLabelName(name);
}

function textOf(targets: readonly RecordedTarget[]): string {
  const lines = targets.map(({ targets, labels }) =>
    JSON.stringify([targets, [...labels].sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
  return lines.sort().join('\n');
}

function failed(id: string, expected: AgentDiscovery, found: object): Outcome {
  const detail = `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
  return { case: id, outcome: 'failed', detail };
}
