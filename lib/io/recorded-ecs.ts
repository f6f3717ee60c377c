import * as v from 'valibot';
import type { LocatedDocument } from '../document/document.ts';
import { foundOf, list, readDocument, text } from '../document/schema.ts';
import type { ContainerInstance, Instance, Service, Task, TaskDefinition } from '../ecs/task.ts';
import type { Cluster, EcsPort } from '../ports.ts';

/** What an answer leaves out, or writes as null, does not exist. */
function maybe<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(
    v.pipe(
      v.nullable(schema),
      v.transform((value) => value ?? undefined),
    ),
  );
}

/** A mapping of which only these keys are read. */
function part<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, (issue) =>
    issue.expected === 'Object' ? `expected a mapping, found ${foundOf(issue.input)}` : `missing key ${issue.expected}`,
  );
}

const number = v.number((issue) => `expected a number, found ${foundOf(issue.input)}`);

/** Texts by key. valibot's own record leaves out keys such as constructor, which a docker label may have. */
const textMap = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(
    (input) => typeof input === 'object' && input !== null && !Array.isArray(input),
    (issue) => `expected a mapping, found ${foundOf(issue.input)}`,
  ),
  v.transform((map): Record<string, string> => Object.fromEntries(Object.entries(map).filter(isText))),
);

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

const tags = maybe(list(part({ key: maybe(text), value: maybe(text) })));

const ports = maybe(list(part({ containerPort: maybe(number), hostPort: maybe(number) })));

const task = part({
  taskArn: text,
  taskDefinitionArn: text,
  group: maybe(text),
  startedBy: maybe(text),
  launchType: maybe(text),
  lastStatus: maybe(text),
  healthStatus: maybe(text),
  containerInstanceArn: maybe(text),
  containers: maybe(list(part({ name: maybe(text), networkBindings: ports }))),
  attachments: maybe(
    list(
      part({
        type: maybe(text),
        status: maybe(text),
        details: maybe(list(part({ name: maybe(text), value: maybe(text) }))),
      }),
    ),
  ),
  tags,
});

const containerDefinition = part({ name: maybe(text), dockerLabels: maybe(textMap), portMappings: ports });

const taskDefinition = part({
  taskDefinitionArn: maybe(text),
  family: maybe(text),
  revision: maybe(number),
  networkMode: maybe(text),
  containerDefinitions: maybe(list(containerDefinition)),
});

const service = part({
  serviceArn: maybe(text),
  serviceName: maybe(text),
  deployments: maybe(list(part({ id: maybe(text), status: maybe(text) }))),
  tags,
});

const instances = maybe(
  list(
    part({
      InstanceId: maybe(text),
      InstanceType: maybe(text),
      PrivateIpAddress: maybe(text),
      VpcId: maybe(text),
      SubnetId: maybe(text),
      Tags: maybe(list(part({ Key: maybe(text), Value: maybe(text) }))),
    }),
  ),
);

/** Anything that a list or a mapping by ARN can hold; which of the two it is decides how it is read. */
const taskDefinitions = v.union(
  [v.array(taskDefinition), v.record(v.string(), taskDefinition)],
  (issue) => `expected a list of task definitions, or a mapping of them by ARN, found ${foundOf(issue.input)}`,
);

const recordedSchema = part({
  tasks: list(task),
  failures: maybe(list(part({ arn: maybe(text), reason: maybe(text) }))),
  taskDefinitions: maybe(taskDefinitions),
  services: maybe(list(service)),
  containerInstances: maybe(list(part({ containerInstanceArn: maybe(text), ec2InstanceId: maybe(text) }))),
  ec2Instances: instances,
  instances,
  cloudMapInstances: maybe(
    list(
      part({
        NamespaceName: text,
        ServiceName: text,
        InstanceId: maybe(text),
        HealthStatus: maybe(text),
        Attributes: maybe(textMap),
      }),
    ),
  ),
  instanceInformation: maybe(list(part({ InstanceId: maybe(text), IPAddress: maybe(text) }))),
});

type Recorded = v.InferOutput<typeof recordedSchema>;

/**
 * The ECS port over a recorded answer: `tasks` and `failures` as DescribeTasks gives them, `taskDefinitions` (a list,
 * or a mapping by ARN), and where they are needed `services`, `containerInstances`, `ec2Instances` (or
 * `instances`) and `instanceInformation` of SSM, all in the spelling of the API. A cluster that the recorded tasks do not belong to is not found.
 * @throws {ConfigError} with the place of everything that is not such an answer.
 */
export function recordedEcs(document: LocatedDocument): EcsPort {
  const recorded = readDocument(recordedSchema, document);
  const definitions = definitionsByArn(recorded);
  const byArn = (arns: readonly string[]) => (arn: string | undefined) => arn !== undefined && arns.includes(arn);
  const failures = (recorded.failures ?? []).map(({ arn, reason }) => ({ arn: arn ?? '', reason: reason ?? '' }));
  const services: readonly Service[] = recorded.services ?? [];
  const containerInstances: readonly ContainerInstance[] = recorded.containerInstances ?? [];
  const ec2Instances: readonly Instance[] = recorded.ec2Instances ?? recorded.instances ?? [];
  const managed = (recorded.instanceInformation ?? []).map(({ InstanceId, IPAddress }) => ({
    InstanceId,
    PrivateIpAddress: IPAddress,
  }));
  const cloudMap = recorded.cloudMapInstances ?? [];
  return {
    listTasks: async (cluster) => {
      const listed = tasksOf(recorded.tasks, cluster, document.file).map(({ taskArn }) => taskArn);
      return [...listed, ...failures.map(({ arn }) => arn)];
    },
    describeTasks: async (_cluster, arns) => ({
      tasks: recorded.tasks.filter(({ taskArn }) => arns.includes(taskArn)),
      failures: failures.filter(({ arn }) => arns.includes(arn)),
    }),
    describeTaskDefinition: async (_cluster, arn) => {
      const definition = definitions.get(arn);
      if (definition === undefined) throw new Error(`${document.file} has no task definition ${arn}`);
      return definition;
    },
    listServices: async () => services.flatMap(({ serviceArn }) => serviceArn ?? []),
    describeServices: async (_cluster, names) =>
      services.filter(({ serviceArn, serviceName }) => byArn(names)(serviceArn) || byArn(names)(serviceName)),
    describeContainerInstances: async (_cluster, arns) =>
      containerInstances.filter((each) => byArn(arns)(each.containerInstanceArn)),
    describeInstances: async (_cluster, ids) => ec2Instances.filter(({ InstanceId }) => byArn(ids)(InstanceId)),
    describeSubnets: async () => [],
    describeManagedInstances: async (_cluster, ids) => managed.filter(({ InstanceId }) => byArn(ids)(InstanceId)),
    discoverInstances: async (_cluster, namespace, service) =>
      cloudMap.filter((each) => each.NamespaceName === namespace && each.ServiceName === service),
  };
}

function definitionsByArn({ taskDefinitions = [] }: Recorded): ReadonlyMap<string, TaskDefinition> {
  const entries = Array.isArray(taskDefinitions)
    ? taskDefinitions.map((definition) => [definition.taskDefinitionArn ?? '', definition] as const)
    : Object.entries(taskDefinitions);
  return new Map(entries.map(([arn, definition]) => [arn, { ...definition, taskDefinitionArn: arn }]));
}

/** The tasks of a cluster; an old ARN (`...:task/ID`) names none and belongs to any. */
function tasksOf(tasks: readonly Task[], { name }: Cluster, file: string): readonly Task[] {
  const wanted = name.split('/').at(-1);
  const own = tasks.filter(({ taskArn }) => [undefined, wanted].includes(clusterOf(taskArn)));
  if (own.length > 0 || tasks.length === 0) return own;
  const recorded = [...new Set(tasks.map(({ taskArn }) => clusterOf(taskArn)))].join(', ');
  const error = new Error(`${file} holds tasks of ${recorded}`);
  error.name = 'ClusterNotFoundException';
  throw error;
}

function clusterOf(taskArn: string): string | undefined {
  return /:task\/([^/]+)\/[^/]+$/.exec(taskArn)?.[1];
}
