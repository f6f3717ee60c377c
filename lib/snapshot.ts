import { DiscoveryError, discoveryErrorCode } from './discovery-error.ts';
import { cloudMapKey } from './ecs/cloud-map.ts';
import type { CloudMapEntry } from './ecs/discovery-settings.ts';
import { subnetOf } from './ecs/network-address.ts';
import type { TagKind } from './ecs/tags.ts';
import type { ClusterSnapshot, Service, Task, TaskDefinition } from './ecs/task.ts';
import { serviceOfGroup } from './ecs/task-context.ts';
import { failureText, inPages, isolated } from './paged-calls.ts';
import type { Cluster, EcsPort, Failure } from './ports.ts';

/** What a snapshot must hold beyond tasks and task definitions, which it always holds, and what is known before. */
export type SnapshotNeeds = {
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly last?: ClusterReading | undefined;
  /** Describe the services of these names; without it none is listed. */
  readonly needServices?: ((serviceName: string) => boolean) | undefined;
  /** Describe the instances of these tasks, chosen from the snapshot so far; without it none. */
  readonly tasksOnInstances?: ((snapshot: ClusterSnapshot) => readonly Task[]) | undefined;
  /** Whose tags are needed. */
  readonly tags?: ReadonlySet<TagKind> | undefined;
  /** Whether the VPCs of tasks are needed. */
  readonly withVpcs?: boolean | undefined;
  /** Cloud Map services whose instances are needed. */
  readonly cloudMap?: readonly Pick<CloudMapEntry, 'namespace' | 'service'>[] | undefined;
};

/** A snapshot and when its tasks were listed, Unix ms. */
export type ClusterReading = { readonly readAtMs: number; readonly snapshot: ClusterSnapshot };

/** Sizes of an API page. Source: the ECS API reference; DescribeInstances filters take 200 values. */
const PAGE = {
  tasks: 100,
  services: 10,
  containerInstances: 100,
  instances: 100,
  managedInstances: 50,
  subnets: 200,
} as const;
/** For so long the tasks of a cluster that cannot be listed are believed to run: addresses are reused. */
const MAX_AGE_MS = 3_600_000;

const NOTHING: ClusterSnapshot = {
  tasks: [],
  taskDefinitions: new Map(),
  services: [],
  containerInstances: [],
  instances: [],
  subnets: [],
  cloudMap: [],
};

/**
 * Reads what a cluster runs. What the last reading knows and never changes is not asked for: task definitions, and on
 * which instances tasks run. A call that fails costs nothing that the last reading knows; it is one of the problems.
 * @throws {DiscoveryError} if the tasks cannot be listed and there is no last reading, or it is an hour old.
 */
export async function readSnapshot(
  ecs: EcsPort,
  cluster: Cluster,
  needs: SnapshotNeeds,
): Promise<{ readonly reading: ClusterReading; readonly problems: readonly Failure[] }> {
  const { nowMs, last, tasksOnInstances, tags = new Set() } = needs;
  const known = last?.snapshot ?? NOTHING;
  const problems: Failure[] = [];
  const taskArns = await listTasks(ecs, cluster).catch((error: DiscoveryError) => {
    if (last === undefined || error.code === 'cluster_not_found' || nowMs - last.readAtMs > MAX_AGE_MS) throw error;
    const minutes = Math.round((nowMs - last.readAtMs) / 60_000);
    problems.push({ arn: cluster.name, reason: `${error.message}; its tasks of ${minutes} minutes ago are scraped` });
    return undefined;
  });
  if (taskArns === undefined) return { reading: { readAtMs: last?.readAtMs ?? nowMs, snapshot: known }, problems };
  const tasks = await readTasks(ecs, cluster, taskArns, tags.has('task'), known, problems);
  const taskDefinitions = await readTaskDefinitions(ecs, cluster, tasks, known, problems);
  const services = tasks.length > 0 ? await readServices(ecs, cluster, tasks, needs, known, problems) : [];
  const found = { ...known, tasks, taskDefinitions, services };
  const onInstances = tasksOnInstances?.(found) ?? [];
  const instances = await readInstances(ecs, cluster, onInstances, known, problems);
  const cloudMap = await readCloudMap(ecs, cluster, needs.cloudMap ?? [], known, problems);
  const subnets = needs.withVpcs === true ? await readSubnets(ecs, cluster, tasks, known, problems) : [];
  const snapshot = { ...found, ...instances, subnets, cloudMap };
  return { reading: { readAtMs: nowMs, snapshot }, problems };
}

async function listTasks(ecs: EcsPort, cluster: Cluster): Promise<readonly string[]> {
  try {
    return await ecs.listTasks(cluster);
  } catch (error) {
    throw new DiscoveryError(discoveryErrorCode(error), cluster, failureText('ListTasks', error), { cause: error });
  }
}

/** A task that is listed runs where it ran: its last description serves where there is no new one. */
async function readTasks(
  ecs: EcsPort,
  cluster: Cluster,
  taskArns: readonly string[],
  withTags: boolean,
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<readonly Task[]> {
  const before = new Map(known.tasks.map((task) => [task.taskArn, task]));
  const pages = await inPages(taskArns, PAGE.tasks, problems, 'DescribeTasks', async (arns) => [
    { arns, ...(await ecs.describeTasks(cluster, arns, withTags)) },
  ]);
  problems.push(...pages.flatMap((page) => page.failures));
  const answered = new Set(pages.flatMap((page) => page.arns));
  const unanswered = taskArns.filter((arn) => !answered.has(arn)).flatMap((arn) => before.get(arn) ?? []);
  return [...pages.flatMap((page) => page.tasks), ...unanswered];
}

/** A task definition never changes. */
async function readTaskDefinitions(
  ecs: EcsPort,
  cluster: Cluster,
  tasks: readonly Task[],
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<ReadonlyMap<string, TaskDefinition>> {
  const wanted = [...new Set(tasks.map((task) => task.taskDefinitionArn))];
  const missing = wanted.filter((arn) => !known.taskDefinitions.has(arn));
  const read = await inPages(missing, 1, problems, 'DescribeTaskDefinition', (arns) =>
    Promise.all(arns.map(async (arn) => [arn, await ecs.describeTaskDefinition(cluster, arn)] as const)),
  );
  const all = new Map([...known.taskDefinitions, ...read]);
  return new Map(wanted.map((arn) => [arn, all.get(arn)] as const).filter(isKnown));
}

function isKnown<Value>(entry: readonly [string, Value | undefined]): entry is readonly [string, Value] {
  return entry[1] !== undefined;
}

/** So long the tags of a service are believed to stay as they are. */
const SERVICE_TAGS_TRUSTED_MS = 600_000;

/** The services that deployments are matched with, or those of the tasks for their tags. */
async function readServices(
  ecs: EcsPort,
  cluster: Cluster,
  tasks: readonly Task[],
  { nowMs, last, needServices, tags }: SnapshotNeeds,
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<readonly Service[]> {
  const withTags = tags?.has('service') === true;
  const describe = (services: readonly string[]) =>
    inPages(services, PAGE.services, problems, 'DescribeServices', (page) =>
      ecs.describeServices(cluster, page, withTags),
    );
  if (needServices !== undefined) {
    const before = problems.length;
    const listed = await isolated(cluster.name, problems, 'ListServices', () => ecs.listServices(cluster));
    const services = await describe(listed.filter((arn) => needServices(arn.split('/').at(-1) ?? arn)));
    return problems.length === before ? services : [...known.services, ...services];
  }
  if (!withTags) return [];
  const names = new Set(tasks.flatMap(({ group }) => serviceOfGroup(group) ?? []));
  const period = (timeMs: number) => Math.floor(timeMs / SERVICE_TAGS_TRUSTED_MS);
  const trusted = last !== undefined && period(last.readAtMs) === period(nowMs) ? known.services : [];
  const read = await withMissing(names, trusted, ({ serviceName }) => serviceName, describe);
  // What could not be read anew is as it was.
  return withMissing(
    names,
    [...read, ...known.services],
    ({ serviceName }) => serviceName,
    async () => [],
  );
}

/** A subnet stays in its VPC. */
function readSubnets(
  ecs: EcsPort,
  cluster: Cluster,
  tasks: readonly Task[],
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<ClusterSnapshot['subnets']> {
  const ids = new Set(textsOf(tasks.map(subnetOf)));
  return withMissing(
    ids,
    known.subnets,
    ([id]) => id,
    (missing) =>
      inPages(missing, PAGE.subnets, problems, 'DescribeSubnets', (page) => ecs.describeSubnets(cluster, page)),
  );
}

async function readCloudMap(
  ecs: EcsPort,
  cluster: Cluster,
  services: readonly Pick<CloudMapEntry, 'namespace' | 'service'>[],
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<ClusterSnapshot['cloudMap']> {
  const before = new Map(known.cloudMap);
  const wanted = new Map(services.map((each) => [cloudMapKey(each), each]));
  return Promise.all(
    [...wanted].map(async ([key, { namespace, service }]) => {
      const name = `${namespace}/${service}`;
      const [found = before.get(key) ?? []] = await isolated(name, problems, 'DiscoverInstances', async () => [
        await ecs.discoverInstances(cluster, namespace, service),
      ]);
      return [key, found] as const;
    }),
  );
}

/** An EC2 instance keeps its address; one outside EC2 may get another. */
async function readInstances(
  ecs: EcsPort,
  cluster: Cluster,
  tasks: readonly Task[],
  known: ClusterSnapshot,
  problems: Failure[],
): Promise<Pick<ClusterSnapshot, 'containerInstances' | 'instances'>> {
  const arns = new Set(textsOf(tasks.map((task) => task.containerInstanceArn)));
  const containerInstances = await withMissing(
    arns,
    known.containerInstances,
    ({ containerInstanceArn }) => containerInstanceArn,
    (missing) =>
      inPages(missing, PAGE.containerInstances, problems, 'DescribeContainerInstances', (page) =>
        ecs.describeContainerInstances(cluster, page),
      ),
  );
  const ids = new Set(textsOf(containerInstances.map((each) => each.ec2InstanceId)));
  const lasting = known.instances.filter(
    ({ InstanceId = '', PrivateIpAddress }) => isOfEc2(InstanceId) && PrivateIpAddress !== undefined,
  );
  const instances = await withMissing(
    ids,
    lasting,
    ({ InstanceId }) => InstanceId,
    async (missing) => [
      ...(await inPages(missing.filter(isOfEc2), PAGE.instances, problems, 'DescribeInstances', (page) =>
        ecs.describeInstances(cluster, page),
      )),
      ...(await inPages(
        missing.filter(isManaged),
        PAGE.managedInstances,
        problems,
        'DescribeInstanceInformation',
        (page) => ecs.describeManagedInstances(cluster, page),
      )),
    ],
  );
  return { containerInstances, instances };
}

/** Instances outside EC2 (ECS Anywhere) are those that SSM manages. */
function isManaged(instanceId: string): boolean {
  return instanceId.startsWith('mi-');
}

function isOfEc2(instanceId: string): boolean {
  return !isManaged(instanceId);
}

/** The known items of these names, the first of each, and the others as they are read. */
async function withMissing<Item>(
  names: ReadonlySet<string>,
  known: readonly Item[],
  nameOf: (item: Item) => string | undefined,
  read: (missing: readonly string[]) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const kept = new Map<string, Item>();
  for (const item of known) {
    const name = nameOf(item);
    if (name !== undefined && names.has(name) && !kept.has(name)) kept.set(name, item);
  }
  return [...kept.values(), ...(await read([...names].filter((name) => !kept.has(name))))];
}

/** The distinct texts among these. */
function textsOf(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
