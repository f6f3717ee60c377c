import type { CallBound } from './figures.ts';
import type { Fleet } from './fleet.ts';

/** Of tasks, container instances and instances. */
const PAGE = 100;

/**
 * How many calls of ECS and EC2 a cycle may take: for each cluster two for every page of tasks (one to list them, one
 * to describe them) and two for every page of instances; one for each task definition that is new. Adds these to those
 * that are known.
 */
export function callBound(fleet: Fleet, knownDefinitions: Set<string>): Omit<CallBound, 'calls'> {
  const tasks = [...fleet.tasks.values()];
  const pagesOf = (count: number) => Math.ceil(count / PAGE);
  let [pages, instance_lookups] = [0, 0];
  for (const cluster of fleet.clusters) {
    const members = tasks.filter(({ family }) => family.cluster === cluster);
    // An empty cluster is listed too.
    pages += Math.max(1, 2 * pagesOf(members.length));
    instance_lookups += 2 * pagesOf(new Set(members.flatMap(({ instance }) => instance ?? [])).size);
  }
  const definitions = new Set(tasks.map(({ family, revision }) => `${family.name}:${revision}`));
  const added = [...definitions].filter((definition) => !knownDefinitions.has(definition));
  for (const definition of added) knownDefinitions.add(definition);
  const new_task_definitions = added.length;
  return { bound: pages + new_task_definitions + instance_lookups, pages, new_task_definitions, instance_lookups };
}
