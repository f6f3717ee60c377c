import type { Problem } from '../../document/problem.ts';
import type { DiscoveredTarget } from '../../ecs/service-discovery.ts';
import { compileRegex } from '../../prometheus/regex.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, listed, type WrittenDeclaration, writtenDeclarations } from './lint-context.ts';
import { canBeLabel, expectedTargets, expectedValue, knowsTargets } from './lint-targets.ts';

/** Matchers that no target of the family can match, where all values they are compared with are known. */
export function lintMatchers(family: Family, context: LintContext): Problem[] {
  if (!knowsTargets(family)) return [];
  const targets = expectedTargets(family, context);
  return writtenDeclarations(family, context).flatMap((written) => {
    // A name that no label has is told as such.
    if (!written.declaration.source_labels.every(canBeLabel)) return [];
    const values = targets.map((target) => joinedValue(written, target, context));
    if (values.length === 0 || values.some((value) => value === undefined || matches(written, value))) return [];
    return [problemOf(written, values as string[], separatorOf(written.declaration, context))];
  });
}

/** What the matcher is compared with on samples of a target; nothing where a part of it is not known. */
export function joinedValue(
  { declaration }: WrittenDeclaration,
  target: DiscoveredTarget,
  context: LintContext,
): string | undefined {
  const values = declaration.source_labels.map((name) => expectedValue(name, target, context));
  return values.includes(undefined) ? undefined : values.join(separatorOf(declaration, context));
}

/** A CloudWatch agent takes its own, whatever is written. */
function separatorOf({ label_separator = ';' }: WrittenDeclaration['declaration'], { engine }: LintContext): string {
  return engine === 'agent' ? ';' : label_separator;
}

export function matches({ declaration: { label_matcher = '.*' } }: WrittenDeclaration, value: string): boolean {
  return compileRegex(label_matcher).search(value);
}

function problemOf(written: WrittenDeclaration, values: readonly string[], separator: string): Problem {
  const { declaration, section, path, changes } = written;
  const { source_labels, label_matcher = '.*' } = declaration;
  const key = (['label_matcher', 'source_labels'] as const).find(changes);
  const found = listed(values.map((value) => JSON.stringify(value)));
  const remedy =
    source_labels.length === 1 && source_labels[0] === 'job'
      ? 'match that, or the container with source_labels: [container_name]'
      : 'match that, or choose other source_labels';
  const text = `expected a pattern that a target matches, found ${JSON.stringify(label_matcher)}: ${source_labels.join(separator)} of the targets is ${found}, so nothing is selected; ${remedy}`;
  return section.problemAt('warning', key === undefined ? path : [...path, key], text);
}
