import { printable } from './document/problem.ts';
import type { ClusterSnapshot, Service, Task, TaskDefinition } from './ecs/task.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';

export type DiscoveryErrorCode = 'cluster_not_found' | 'access_denied' | 'throttled' | 'api';

/** Nothing can be said about a cluster. What concerns only some of its tasks is a Failure instead. */
export class DiscoveryError extends Error {
  readonly code: DiscoveryErrorCode;
  readonly cluster: string;

  constructor(code: DiscoveryErrorCode, cluster: Cluster, reason: string, options?: ErrorOptions) {
    const place = cluster.region === undefined ? '' : ` in ${printable(cluster.region, 80)}`;
    super(`cluster ${printable(JSON.stringify(cluster.name), 300)}${place}: ${reason}; ${REMEDIES[code]}`, options);
    this.name = 'DiscoveryError';
    this.code = code;
    this.cluster = cluster.name;
  }
}

const REMEDIES = {
  cluster_not_found: 'check the name of the cluster and its region',
  access_denied: 'allow the role of discover to list and describe the tasks of this cluster',
  throttled: 'the account shares its ECS request rate with all its callers; the next tick tries again',
  api: 'the next tick tries again',
} as const satisfies Record<DiscoveryErrorCode, string>;

/** What a snapshot must hold beyond tasks and task definitions, which it always holds. */
export type SnapshotNeeds = {
  /** Describe the services of these names; without it none is listed. */
  readonly needServices?: ((serviceName: string) => boolean) | undefined;
  /** Describe the instances of these tasks, chosen from the snapshot so far; without it none. */
  readonly tasksOnInstances?: ((snapshot: ClusterSnapshot) => readonly Task[]) | undefined;
  /** Task definitions never change: those read in earlier cycles, by ARN. New ones are added. */
  readonly taskDefinitions?: Map<string, TaskDefinition> | undefined;
};

/** Sizes of an API page. Source: the ECS API reference; DescribeInstances filters take 200 values. */
const PAGE = { tasks: 100, services: 10, containerInstances: 100, instances: 100 } as const;
/** Calls under way at once: a cold start stays below the burst rates of the ECS API. */
const PARALLEL_CALLS = 5;
const MAX_CACHED_TASK_DEFINITIONS = 2000;

/**
 * Reads what a cluster runs. A call that fails costs what it asked for and is one of the problems.
 * @throws {DiscoveryError} if the tasks cannot be listed.
 */
export async function readSnapshot(
  ecs: EcsPort,
  cluster: Cluster,
  { needServices, tasksOnInstances, taskDefinitions: cache = new Map() }: SnapshotNeeds = {},
): Promise<{ readonly snapshot: ClusterSnapshot; readonly problems: readonly Failure[] }> {
  const problems: Failure[] = [];
  const taskArns = await listTasks(ecs, cluster);
  const pages = await inPages(taskArns, PAGE.tasks, problems, 'DescribeTasks', async (arns) => [
    await ecs.describeTasks(cluster, arns),
  ]);
  problems.push(...pages.flatMap((page) => page.failures));
  const tasks = pages.flatMap((page) => page.tasks);
  const taskDefinitions = await readTaskDefinitions(ecs, cluster, tasks, cache, problems);
  const services = needServices && tasks.length > 0 ? await readServices(ecs, cluster, needServices, problems) : [];
  const known = { tasks, taskDefinitions, services, containerInstances: [], instances: [] };
  const onInstances = tasksOnInstances?.(known) ?? [];
  return { snapshot: { ...known, ...(await readInstances(ecs, cluster, onInstances, problems)) }, problems };
}

async function listTasks(ecs: EcsPort, cluster: Cluster): Promise<readonly string[]> {
  try {
    return await ecs.listTasks(cluster);
  } catch (error) {
    throw new DiscoveryError(codeOf(error), cluster, failureText('ListTasks', error), { cause: error });
  }
}

async function readTaskDefinitions(
  ecs: EcsPort,
  cluster: Cluster,
  tasks: readonly Task[],
  cache: Map<string, TaskDefinition>,
  problems: Failure[],
): Promise<ReadonlyMap<string, TaskDefinition>> {
  const wanted = [...new Set(tasks.map((task) => task.taskDefinitionArn))];
  const missing = wanted.filter((arn) => !cache.has(arn));
  await inPages(missing, 1, problems, 'DescribeTaskDefinition', async (arns) => {
    for (const arn of arns) cache.set(arn, await ecs.describeTaskDefinition(cluster, arn));
    return [];
  });
  const found = new Map(wanted.flatMap((arn) => [[arn, cache.get(arn)] as const]).filter(isKnown));
  if (cache.size > MAX_CACHED_TASK_DEFINITIONS) {
    for (const arn of cache.keys()) if (!found.has(arn)) cache.delete(arn);
  }
  return found;
}

function isKnown<Value>(entry: readonly [string, Value | undefined]): entry is readonly [string, Value] {
  return entry[1] !== undefined;
}

async function readServices(
  ecs: EcsPort,
  cluster: Cluster,
  isWanted: (serviceName: string) => boolean,
  problems: Failure[],
): Promise<readonly Service[]> {
  const listed = await isolated(cluster.name, problems, 'ListServices', () => ecs.listServices(cluster));
  const wanted = listed.filter((arn) => isWanted(arn.split('/').at(-1) ?? arn));
  return inPages(wanted, PAGE.services, problems, 'DescribeServices', (arns) => ecs.describeServices(cluster, arns));
}

async function readInstances(ecs: EcsPort, cluster: Cluster, tasks: readonly Task[], problems: Failure[]) {
  const arns = textsOf(tasks.map((task) => task.containerInstanceArn));
  const containerInstances = await inPages(
    arns,
    PAGE.containerInstances,
    problems,
    'DescribeContainerInstances',
    (page) => ecs.describeContainerInstances(cluster, page),
  );
  const ids = textsOf(containerInstances.map((each) => each.ec2InstanceId));
  const instances = await inPages(ids, PAGE.instances, problems, 'DescribeInstances', (page) =>
    ecs.describeInstances(cluster, page),
  );
  return { containerInstances, instances };
}

/** The distinct texts among these. */
function textsOf(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

/** Calls for each page of the items, a few at a time, and joins the answers in order. */
async function inPages<Result>(
  items: readonly string[],
  size: number,
  problems: Failure[],
  api: string,
  call: (page: readonly string[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const pages = Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
  const answers: (readonly Result[])[] = pages.map(() => []);
  const queue = pages.entries();
  const work = async () => {
    for (const [index, page] of queue) {
      const name = page.length > 1 ? `${page[0]} and ${page.length - 1} more` : (page[0] ?? '');
      answers[index] = await isolated(name, problems, api, () => call(page));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, work));
  return answers.flat();
}

/** The answer of a call, or nothing and a problem under the name of what was asked for. */
async function isolated<Result>(
  arn: string,
  problems: Failure[],
  api: string,
  call: () => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  try {
    return await call();
  } catch (error) {
    problems.push({ arn, reason: failureText(api, error) });
    return [];
  }
}

function failureText(api: string, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return printable(`${api}: ${name === 'Error' ? '' : `${name}: `}${message}`, 500);
}

/** By the names of the errors that AWS services and their SDK throw. */
function codeOf(error: unknown): DiscoveryErrorCode {
  const name = error instanceof Error ? error.name : '';
  if (name === 'ClusterNotFoundException') return 'cluster_not_found';
  if (/Throttl|TooManyRequests|RequestLimitExceeded/i.test(name)) return 'throttled';
  if (/AccessDenied|Unauthorized|UnrecognizedClient|ExpiredToken|Credentials|Signature/i.test(name))
    return 'access_denied';
  return 'api';
}
