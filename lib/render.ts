import { parseRulePack, type RulePack } from './compose/extensions/rule-pack.ts';
import { readCollectsEmf } from './compose/extensions/x-monitoring.ts';
import { readPromEmf, readTopLevel } from './compose/extensions/x-prom-emf.ts';
import { readInsights } from './compose/extensions/x-prometheus.ts';
import { checkFamilyNames, type Family, groupFamilies } from './compose/family/family.ts';
import { mergeFamily, type ServiceSections } from './compose/family/merge-family.ts';
import { type Compose, type ComposeText, parseComposeFiles } from './compose/file/compose-file.ts';
import { readMember, readService } from './compose/file/compose-service.ts';
import type { Variables } from './compose/file/interpolate.ts';
import { lintFamilies } from './compose/lint/lint.ts';
import { ConfigError, formatProblem, type Problem, startOf } from './document/problem.ts';
import { type DocumentSettings, type RenderedFamily, renderFamily } from './render-family.ts';

export { ENGINES } from './compose/family/family.ts';
export type { RenderedFamily } from './render-family.ts';

/** The rule packs of these documents. @throws {ConfigError} naming the pack. */
export function readRulePacks(packs: readonly unknown[]): RulePack[] {
  return packs.map((pack) => parseRulePack(pack));
}

/** What rendering needs beside the compose files. */
export type RenderSettings = DocumentSettings & {
  readonly rulePacks: readonly RulePack[];
  /** Variables that interpolation replaces. */
  readonly environment: Variables;
  /** The active profiles; without, the services of every profile are rendered. */
  readonly profiles?: readonly string[];
};

export type Rendered = {
  readonly families: readonly RenderedFamily[];
  readonly warnings: readonly Problem[];
  /** The compose project's name, if a file gives one. */
  readonly project: string | undefined;
};

/**
 * Renders the extensions of compose files, merged in order, into the documents of each task family.
 * @throws {ConfigError} with every error and warning of every file, if there is an error.
 */
export function renderFamilies(composeFiles: readonly ComposeText[], settings: RenderSettings): Rendered {
  const problems: Problem[] = [];
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(settings.cluster)) problems.push(clusterProblem(settings.cluster, composeFiles));
  const compose = parseComposeFiles(composeFiles, {
    variables: settings.environment,
    escapes: settings.compat === undefined ? 'unescape' : 'keep',
    extendable: settings.files ?? [],
    ...(settings.profiles !== undefined && { profiles: settings.profiles }),
    problems,
  });
  const families = readFamilies(compose, settings, problems);
  if (families.length === 0) warnNothing(composeFiles, problems);
  const rendered = hasError(problems)
    ? []
    : families.map((family) => renderFamily(family, families, settings, problems));
  const found = inOrder(problems, composeFiles);
  if (hasError(found)) throw new ConfigError(found);
  return { families: rendered, warnings: found, project: compose.project };
}

/** The name becomes part of parameter names and labels. */
function clusterProblem(cluster: string, [first]: readonly ComposeText[]): Problem {
  const text = `expected the name of an ECS cluster (letters, digits, hyphens, underscores), found ${JSON.stringify(cluster)}`;
  return { severity: 'error', place: startOf(first?.file ?? 'event'), path: 'cluster', text };
}

function readFamilies(compose: Compose, settings: RenderSettings, problems: Problem[]): readonly Family[] {
  const { services, extensions, reader } = compose;
  const topLevel = readTopLevel(extensions, { reader, problems });
  problems.push(...misplaced(extensions));
  const sections = readSections(compose, settings, problems);
  // Without a section nothing of a project is used, and so nothing of it is read.
  if (sections.size === 0) return [];
  const members = [...services].map(([name, definition]) => readMember(name, definition, reader));
  const groups = new Map(
    [...groupFamilies(members, settings.compat)].filter(([, group]) => group.some(({ name }) => sections.has(name))),
  );
  checkFamilyNames(groups, problems);
  const { rulePacks, compat, engine = 'lambda' } = settings;
  const families = [...groups].flatMap(([name, group]) => {
    const read = group.flatMap((member) => {
      const definition = services.get(member.name);
      return definition === undefined ? [] : [readService(member, definition, reader)];
    });
    return mergeFamily(name, read, sections, { rulePacks, compat, engine, topLevel, problems }) ?? [];
  });
  problems.push(...lintFamilies(families, { sections, topLevel, ...settings }));
  return families;
}

/** Compose-X reads it from services only, and says nothing of one at the top level. */
function misplaced(extensions: Compose['extensions']): Problem[] {
  const entry = extensions.get('x-prometheus');
  const text = 'x-prometheus is read from services only; move it under a service';
  return entry === undefined ? [] : [{ severity: 'warning', place: entry.key, path: 'x-prometheus', text }];
}

function readSections({ services, reader }: Compose, { compat }: RenderSettings, problems: Problem[]) {
  const sections = new Map<string, ServiceSections>();
  for (const [name, definition] of services) {
    const insights = readInsights(name, definition, reader, problems);
    const own = readPromEmf(name, definition, { reader, problems });
    const emf = compat === undefined ? undefined : readCollectsEmf(definition, reader);
    const monitorsEmf = emf?.collectsEmf === true;
    if (insights === undefined && own === undefined && !monitorsEmf) continue;
    sections.set(name, { insights, own, monitorsEmf, agentImage: emf?.image });
  }
  return sections;
}

function warnNothing(composeFiles: readonly ComposeText[], problems: Problem[]): void {
  const [first] = composeFiles;
  if (first === undefined || problems.length > 0) return;
  const nothing =
    'nothing is collected, so nothing is rendered; switch something on under x-prometheus.ContainersInsights or x-prom-emf of a service';
  problems.push({ severity: 'warning', place: startOf(first.file), path: '', text: nothing });
}

function hasError(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** Each problem once, in the order of the files and of the lines in them. */
function inOrder(problems: readonly Problem[], composeFiles: readonly ComposeText[]): Problem[] {
  const rank = (file: string) => composeFiles.findIndex((candidate) => candidate.file === file);
  const distinct = [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
  return distinct.sort(
    ({ place: a }, { place: b }) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column,
  );
}
