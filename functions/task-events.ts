import type { SQSEvent } from 'aws-lambda';
import type { Task } from '../lib/join.ts';
import type { Cluster } from '../lib/ports.ts';

/** An EventBridge event as far as it is read: detail is a task as DescribeTasks gives it, but for the word `eni`. */
type TaskEvent = {
  readonly 'detail-type'?: string;
  readonly region?: string;
  readonly detail?: Task & { readonly clusterArn?: string; readonly desiredStatus?: string };
};

/** Whether these are events of ECS, which a queue delivers. */
export function isTaskEvents(event: object): event is SQSEvent {
  return 'Records' in event;
}

/**
 * The tasks that have just started in one of these clusters, by cluster. Other events are nobody's business.
 * Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function startedTasks(
  { Records }: SQSEvent,
  clusters: readonly Cluster[],
): ReadonlyMap<Cluster, readonly Task[]> {
  const started = new Map<Cluster, Map<string, Task>>();
  for (const { body } of Records) {
    const { detail, region } = parseEvent(body);
    if (detail?.lastStatus !== 'RUNNING' || detail.desiredStatus !== 'RUNNING') continue;
    const name = detail.clusterArn?.split('/').at(-1);
    const cluster = clusters.find((each) => each.name === name && (each.region ?? region) === region);
    if (cluster === undefined) continue;
    const tasks = started.get(cluster) ?? new Map<string, Task>();
    started.set(cluster, tasks.set(detail.taskArn, asDescribed(detail)));
  }
  return new Map([...started].map(([cluster, tasks]) => [cluster, [...tasks.values()]]));
}

function parseEvent(body: string): TaskEvent {
  try {
    const event = JSON.parse(body) as TaskEvent | null;
    return event?.['detail-type'] === 'ECS Task State Change' ? event : {};
  } catch {
    return {};
  }
}

function asDescribed({ attachments = [], ...task }: Task): Task {
  return {
    ...task,
    attachments: attachments.map((each) => (each.type === 'eni' ? { ...each, type: 'ElasticNetworkInterface' } : each)),
  };
}
