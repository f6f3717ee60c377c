import type { LocatedReader } from './located-reader.ts';
import { entryOf, type LocatedMapping } from './located-value.ts';

/** What a container waits for in another. Source: ECS, ContainerDependency. */
const START_CONDITIONS = ['START', 'HEALTHY', 'SUCCESS', 'COMPLETE'] as const;
export type StartCondition = (typeof START_CONDITIONS)[number];

/** The deploy label with what dependents wait for. Source: ECS Compose-X. */
const CONDITION_LABEL = 'ecs.depends.condition';

/**
 * What the containers that depend on a service wait for, if the service itself says so: HEALTHY with a health check,
 * otherwise its deploy label `ecs.depends.condition`.
 */
export function readStartCondition(
  service: string,
  definition: LocatedMapping,
  reader: LocatedReader,
): StartCondition | undefined {
  if (hasHealthCheck(service, definition, reader)) return 'HEALTHY';
  const label = entryOf(entryOf(entryOf(definition, 'deploy'), 'labels'), CONDITION_LABEL);
  const text = reader.text(label, ['services', service, 'deploy', 'labels', CONDITION_LABEL]);
  return START_CONDITIONS.find((condition) => condition === text);
}

/** Source: the Compose Specification, "healthcheck": `disable: true` and `test: ["NONE"]` turn it off. */
function hasHealthCheck(service: string, definition: LocatedMapping, reader: LocatedReader): boolean {
  const path = ['services', service, 'healthcheck'];
  const healthCheck = entryOf(definition, 'healthcheck');
  const test = entryOf(healthCheck, 'test');
  if (test === undefined || reader.text(entryOf(healthCheck, 'disable'), [...path, 'disable']) === 'true') return false;
  const first = test.kind === 'list' ? test.items[0] : test;
  return (reader.text(first, [...path, 'test']) ?? 'NONE') !== 'NONE';
}
