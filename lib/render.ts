import { stringify } from 'yaml';
import { type Compose, type ComposeText, isNamed, parseComposeFiles } from './compose/compose-file.ts';
import { type ComposeService, readMember, readService } from './compose/compose-service.ts';
import {
  type Compat,
  checkFamilyNames,
  type Family,
  groupFamilies,
  mergeSections,
  type Scraping,
} from './compose/family.ts';
import type { Variables } from './compose/interpolate.ts';
import { lintSection } from './compose/lint.ts';
import { renderAgent } from './compose/render-agent.ts';
import { renderComposeXDiscovery, renderDiscovery, type Stack, stackPrefix } from './compose/render-discovery.ts';
import { renderOptions } from './compose/render-options.ts';
import { renderPrometheus } from './compose/render-prometheus.ts';
import { parseRulePack, type RulePack } from './compose/rule-pack.ts';
import { readSection, type Section } from './compose/x-prometheus.ts';
import { parseDocument } from './document/document.ts';
import { ConfigError, formatProblem, type Problem } from './document/problem.ts';
import { DOCUMENT_KINDS, type DocumentKind, type DocumentStore } from './ports.ts';
import { parsePrometheusConfig } from './prometheus/scrape-config.ts';

/** The rule packs of these documents. @throws {ConfigError} naming the pack. */
export function readRulePacks(packs: readonly unknown[]): RulePack[] {
  return packs.map((pack) => parseRulePack(pack));
}

/** What rendering needs beside the compose files. */
export type RenderSettings = {
  /** Name of the ECS cluster the families run in. */
  readonly cluster: string;
  readonly rulePacks: readonly RulePack[];
  /** Variables that interpolation replaces. */
  readonly environment: Variables;
  /** Files that `extends` and ScrapingConfigurationFile may name. */
  readonly files?: readonly ComposeText[];
  readonly compat?: Compat;
  /** With `compat`: the first eight digits of the stack's id, and its name (`{family}` stands for the logical name). */
  readonly stackId?: string;
  readonly stackName?: string;
};

/** The documents of one task family as texts, and their sizes in bytes of UTF-8. */
export type RenderedFamily = Readonly<Record<DocumentKind, string>> & {
  readonly family: string;
  readonly sizes: Readonly<Record<DocumentKind, number>>;
};

export type Rendered = { readonly families: readonly RenderedFamily[]; readonly warnings: readonly Problem[] };

/**
 * Renders the `x-prometheus` sections of compose files, merged in order, into the documents of each task family.
 * @throws {ConfigError} with every error and warning of every file, if there is an error.
 */
export function renderFamilies(composeFiles: readonly ComposeText[], settings: RenderSettings): Rendered {
  const problems: Problem[] = [];
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(settings.cluster)) problems.push(clusterProblem(settings.cluster, composeFiles));
  const compose = parseComposeFiles(composeFiles, {
    variables: settings.environment,
    escapes: settings.compat === undefined ? 'unescape' : 'keep',
    extendable: settings.files ?? [],
    problems,
  });
  const families = readFamilies(compose, settings, problems);
  if (families.length === 0) warnNothing(compose, composeFiles, problems);
  const rendered = hasError(problems) ? [] : families.map((family) => renderFamily(family, settings, problems));
  const found = inOrder(problems, composeFiles);
  if (hasError(found)) throw new ConfigError(found);
  return { families: rendered, warnings: found };
}

/** The name becomes part of parameter names and labels. */
function clusterProblem(cluster: string, [first]: readonly ComposeText[]): Problem {
  const text = `expected the name of an ECS cluster (letters, digits, hyphens, underscores), found ${JSON.stringify(cluster)}`;
  return { severity: 'error', place: { file: first?.file ?? 'event', line: 1, column: 1 }, path: 'cluster', text };
}

/** Writes the documents of all families; returns their addresses. */
export function writeFamilies(
  rendered: readonly RenderedFamily[],
  cluster: string,
  store: DocumentStore,
): Promise<readonly string[]> {
  return store.write(cluster, rendered);
}

function readFamilies({ services, reader }: Compose, settings: RenderSettings, problems: Problem[]): Family[] {
  const sections = new Map<string, Section>();
  for (const [name, definition] of services) {
    const section = readSection(name, definition, reader, problems);
    if (section !== undefined) sections.set(name, section);
  }
  // Without a section nothing of a project is used, and so nothing of it is read.
  if (sections.size === 0) return [];
  const members = [...services].map(([name, definition]) => readMember(name, definition, reader));
  const groups = new Map(
    [...groupFamilies(members)].filter(([, group]) => group.some(({ name }) => sections.has(name))),
  );
  checkFamilyNames(groups, problems);
  return [...groups].flatMap(([name, group]) => {
    const read = group.flatMap((member) => {
      const definition = services.get(member.name);
      return definition === undefined ? [] : [readService(member, definition, reader)];
    });
    problems.push(...lintFamily(read, sections, settings.rulePacks));
    const own = group.flatMap((member) => sections.get(member.name) ?? []);
    return mergeSections(name, own, { rulePacks: settings.rulePacks, compat: settings.compat, problems }) ?? [];
  });
}

function lintFamily(
  group: readonly ComposeService[],
  sections: ReadonlyMap<string, Section>,
  rulePacks: readonly RulePack[],
): Problem[] {
  return group.flatMap((service) => {
    const section = sections.get(service.name);
    return section === undefined ? [] : lintSection(section, service, group, rulePacks);
  });
}

function renderFamily(family: Family, settings: RenderSettings, problems: Problem[]): RenderedFamily {
  const { cluster, compat } = settings;
  const stack: Stack = { id: settings.stackId, name: settings.stackName };
  const agent =
    compat === undefined
      ? renderAgent(family, renderDiscovery(family, cluster), cluster)
      : renderAgent(family, renderComposeXDiscovery(family, stack), undefined);
  const jobPrefix = compat === undefined ? cluster : stackPrefix(stack);
  const texts = {
    prometheus:
      scrapingFile(family.scraping, settings, problems) ??
      renderPrometheus(jobPrefix, family.scraping, compat !== undefined),
    agent: JSON.stringify(agent),
    options: JSON.stringify(renderOptions()),
  };
  const sizes = Object.fromEntries(DOCUMENT_KINDS.map((kind) => [kind, bytesOf(texts[kind])]));
  for (const kind of DOCUMENT_KINDS) if (texts[kind].includes('{{')) problems.push(refusedText(family.name, kind));
  return { family: family.name, ...texts, sizes: sizes as Record<DocumentKind, number> };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The backstop for texts that no section holds: a scraping file, a cluster name. */
function refusedText(family: string, kind: DocumentKind): Problem {
  const text = `expected no "{{" in the ${kind} document of ${family}, found it; SSM parameters cannot hold it`;
  return { severity: 'error', place: { file: `${family}/${kind}`, line: 1, column: 1 }, path: '', text };
}

/** The user's own Prometheus configuration, if the family names one. */
function scrapingFile(scraping: Scraping | undefined, { files = [] }: RenderSettings, problems: Problem[]) {
  const wanted = scraping?.ScrapingConfigurationFile;
  if (scraping === undefined || wanted === undefined) return undefined;
  const path = ['ScrapingConfiguration', 'ScrapingConfigurationFile'];
  const missing = scraping.section.problemAt(
    'error',
    path,
    `expected a file that was given too, found ${JSON.stringify(wanted)}; give it, relative to the compose file`,
  );
  const file = files.find((candidate) => isNamed(candidate.file, wanted, missing.place.file));
  if (file === undefined) {
    problems.push(missing);
    return undefined;
  }
  for (const key of ['Interval', 'Timeout'] as const) {
    if (scraping[key] === undefined) continue;
    const text = `has no effect beside ScrapingConfigurationFile; write it in ${wanted}`;
    problems.push(scraping.section.problemAt('warning', ['ScrapingConfiguration', key], text));
  }
  try {
    parsePrometheusConfig(parseDocument(file.text, file.file, 'text'));
    return stringify(parseDocument(file.text, file.file).value);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function warnNothing({ extensions }: Compose, composeFiles: readonly ComposeText[], problems: Problem[]): void {
  for (const key of ['x-prometheus', 'x-prom-emf']) {
    const entry = extensions.get(key);
    const text = `${key} is read from services only; move it under a service`;
    if (entry !== undefined) problems.push({ severity: 'warning', place: entry.key, path: key, text });
  }
  const [first] = composeFiles;
  if (first === undefined || problems.length > 0) return;
  const text = 'no service has x-prometheus.ContainersInsights, so nothing is rendered';
  problems.push({ severity: 'warning', place: { file: first.file, line: 1, column: 1 }, path: '', text });
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
