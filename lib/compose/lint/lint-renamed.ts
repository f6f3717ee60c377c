import type { Problem } from '../../document/problem.ts';
import { compileRegex } from '../../prometheus/regex.ts';
import type { RulePack } from '../extensions/rule-pack.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, type RuleDeclaration, rulesOf } from './lint-context.ts';

/** Selectors of a family's own rules that find a metric under its former name alone. */
export function lintRenamed(family: Family, context: LintContext): Problem[] {
  return rulesOf(family, context).flatMap((written) => {
    // At the port of an exporter that is on its pack knows; elsewhere any pack may.
    const here = family.exporters.filter(({ port }) => port === written.port).map(({ pack }) => pack);
    const packs = here.length > 0 ? here : context.rulePacks;
    return lintRenames(
      written,
      packs.flatMap(({ renamed = [] }) => renamed),
    );
  });
}

function lintRenames(
  { declaration: { metric_selectors = [] }, section, path }: RuleDeclaration,
  renames: NonNullable<RulePack['renamed']>,
): Problem[] {
  const selectors = metric_selectors.map(compileRegex);
  return renames.flatMap(({ from, to, note }) => {
    const index = selectors.findIndex(({ search }) => search(from));
    if (index < 0 || selectors.some(({ search }) => search(to))) return [];
    const text = `selects ${from}, renamed to ${to} (${note}); select both: "^(${from}|${to})$"`;
    return [section.problemAt('warning', [...path, 'metric_selectors', index], text)];
  });
}
