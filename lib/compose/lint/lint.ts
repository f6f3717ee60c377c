import type { Problem } from '../../document/problem.ts';
import type { Family } from '../family/family.ts';
import type { ComposeService } from '../file/compose-service.ts';
import { lintBuckets } from './lint-buckets.ts';
import { lintCompat, lintUnrendered } from './lint-compat.ts';
import type { LintContext } from './lint-context.ts';
import { lintEmpty } from './lint-empty.ts';
import { lintLabels } from './lint-labels.ts';
import { lintMatchers } from './lint-matchers.ts';
import { lintOverlaps } from './lint-overlaps.ts';
import { lintPorts } from './lint-ports.ts';
import { lintRenamed } from './lint-renamed.ts';
import { lintScrapeConfigs } from './lint-scrape-configs.ts';
import { lintServiceName } from './lint-service-name.ts';

export type { LintContext } from './lint-context.ts';

/**
 * Warnings about sections that are right in themselves and will find nothing, or not what their author expects.
 * Each with an example: docs/lint.md.
 */
export function lintFamilies(families: readonly Family[], context: LintContext): Problem[] {
  const ofFamilies = families.flatMap((family) => [
    ...family.services.filter(({ name }) => context.sections.has(name)).flatMap(lintContainerName),
    ...[lintPorts, lintMatchers, lintServiceName, lintLabels, lintRenamed, lintBuckets, lintCompat].flatMap((lint) =>
      lint(family, context),
    ),
  ]);
  const ofProject = [lintScrapeConfigs, lintOverlaps, lintUnrendered].flatMap((lint) => lint(families, context));
  return [...ofFamilies, ...ofProject, ...lintEmpty(context)];
}

/** ECS Compose-X sets the docker label `container_name` itself. */
function lintContainerName({ name, containerName, containerNameLabel: label }: ComposeService): Problem[] {
  if (label === undefined || label.value === containerName) return [];
  const text = `the label container_name ${JSON.stringify(label.value)} is overridden by the container name ${JSON.stringify(containerName)}; match that one`;
  return [{ severity: 'warning', place: label.place, path: `services.${name}.labels.container_name`, text }];
}
