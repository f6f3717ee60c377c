import type { Path } from '../../document/document.ts';
import type { Problem } from '../../document/problem.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, type WrittenDeclaration, writtenDeclarations } from './lint-context.ts';
import { canBeLabel, knowsTargets } from './lint-targets.ts';

type WrittenName = { readonly name: string; readonly path: Path };

/** Names in source_labels and dimensions that no docker label can have, and docker labels that never become labels. */
export function lintLabels(family: Family, context: LintContext): Problem[] {
  if (!knowsTargets(family)) return [];
  return writtenDeclarations(family, context).flatMap((written) =>
    namesOf(written).flatMap(({ name, path }) => {
      const text = canBeLabel(name) ? misspelt(name, family) : impossible(name, family);
      return text === undefined ? [] : [written.section.problemAt('warning', [...written.path, ...path], text)];
    }),
  );
}

function namesOf({ declaration: { source_labels, dimensions = [] }, changes }: WrittenDeclaration): WrittenName[] {
  const sources = source_labels.map((name, index) => ({ name, path: ['source_labels', index] }));
  const members = dimensions.flatMap((set, index) =>
    set.map((name, member) => ({ name, path: ['dimensions', index, member] })),
  );
  return [...(changes('source_labels') ? sources : []), ...(changes('dimensions') ? members : [])];
}

function impossible(name: string, { services }: Family): string {
  const valid = labelNameFor(name);
  const expected = `expected a label name such as ${valid} ([a-zA-Z_][a-zA-Z0-9_]*, not starting "__")`;
  const service = services.find(({ dockerLabels }) => dockerLabels.has(name));
  const reason =
    service === undefined
      ? 'no label of a target has another name'
      : `the docker label of service ${service.name} never becomes a label; call it ${valid} there and here`;
  return `${expected}, found ${JSON.stringify(name)}: ${reason}`;
}

/** A docker label that differs in the characters a label name cannot have. */
function misspelt(name: string, { services }: Family): string | undefined {
  if (services.some(({ dockerLabels }) => dockerLabels.has(name))) return undefined;
  for (const { name: service, dockerLabels } of services) {
    const meant = [...dockerLabels.keys()].find((label) => !canBeLabel(label) && labelNameFor(label) === name);
    if (meant === undefined) continue;
    const label = JSON.stringify(meant);
    return `no docker label is called ${JSON.stringify(name)}: ${label} of service ${service} is no label name and never becomes a label; rename that docker label to ${name}`;
  }
  return undefined;
}

/** The nearest name that a label can have. */
function labelNameFor(name: string): string {
  return name
    .replace(/[^a-zA-Z0-9_]/g, '_')
    .replace(/^__+/, '')
    .replace(/^(?=[0-9]|$)/, '_');
}
