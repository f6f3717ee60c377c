import type { Problem } from '../../document/problem.ts';
import type { DiscoveredTarget } from '../../ecs/service-discovery.ts';
import type { Family } from '../family/family.ts';
import { insightsOf, type LintContext, listed, type WrittenDeclaration, writtenDeclarations } from './lint-context.ts';
import { joinedValue, matches } from './lint-matchers.ts';
import { expectedTargets, knowsTargets } from './lint-targets.ts';

const SERVICE_NAME = 'ServiceName';

/** Dimension sets with ServiceName for targets that have none: such a set is never complete. */
export function lintServiceName(family: Family, context: LintContext): Problem[] {
  if (!knowsTargets(family)) return [];
  const targets = expectedTargets(family, context);
  const declarations = writtenDeclarations(family, context);
  const doomed = declarations.flatMap((written) => lintSets(written, targets, context));
  return [...doomed, ...lintTasks(family, declarations, context)];
}

function lintSets(
  written: WrittenDeclaration,
  targets: readonly DiscoveredTarget[],
  context: LintContext,
): readonly Problem[] {
  const selected = targets.filter((target) => {
    const value = joinedValue(written, target, context);
    return value === undefined || matches(written, value);
  });
  if (selected.length === 0 || selected.some(({ labels }) => labels.has(SERVICE_NAME))) return [];
  const { declaration, section, path, changes } = written;
  return (declaration.dimensions ?? []).flatMap((set, index) => {
    if (!set.includes(SERVICE_NAME)) return [];
    const text =
      'expected dimensions that the targets have, found ServiceName, which an agent gives only to what service_name_list_for_tasks finds: nothing is published with this set; leave ServiceName out';
    return [section.problemAt('warning', changes('dimensions') ? [...path, 'dimensions', index] : path, text)];
  });
}

/** EnableTasksDiscovery asks for tasks that no service started, which have no service's name. */
function lintTasks(family: Family, declarations: readonly WrittenDeclaration[], context: LintContext): Problem[] {
  if (context.compat !== undefined) return [];
  const needing = declarations.filter(({ declaration: { dimensions = [] } }) =>
    dimensions.every((set) => set.includes(SERVICE_NAME)),
  );
  if (needing.length === 0) return [];
  const where = listed(needing.map(({ path }) => String(path[0] === 'Exporters' ? path[1] : path[0])));
  return insightsOf(family, context)
    .filter(({ value }) => value.EnableTasksDiscovery === true)
    .map((section) => {
      const text = `tasks that no service started have no ServiceName, which every dimension set of ${where} names: nothing of them is published there; add a rule with a set without ServiceName`;
      return section.problemAt('warning', ['EnableTasksDiscovery'], text);
    });
}
