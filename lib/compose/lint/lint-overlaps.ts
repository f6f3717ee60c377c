import type { Problem } from '../../document/problem.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, listed } from './lint-context.ts';
import { foreignTargets } from './lint-targets.ts';

/** Families whose documents also find targets of another family of the project. */
export function lintOverlaps(families: readonly Family[], context: LintContext): Problem[] {
  return families.flatMap((family) => {
    // Families of one logical name are told where their names are checked.
    const others = families.filter(({ logicalName }) => logicalName !== family.logicalName);
    const targets = foreignTargets(family, others, context);
    const caught = targets.map(({ labels }) => labels.get('TaskDefinitionFamily') ?? '');
    const section = family.services.flatMap(({ name }) => context.sections.get(name)?.insights ?? [])[0];
    if (section === undefined || caught.length === 0) return [];
    const remedy = context.compat === undefined ? 'rename one' : 'rename one, or render without --compat';
    const text = `the patterns of family ${family.name} also find targets of ${listed(caught)}, so that the rules of both publish their metrics; ${remedy}`;
    return [section.problemAt('warning', [], text)];
  });
}
