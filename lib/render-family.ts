import { stringify } from 'yaml';
import { renderAgent, renderComposeXAgent } from './compose/documents/render-agent.ts';
import {
  endpointsOf,
  renderComposeXDiscovery,
  renderDiscovery,
  type Stack,
  stackPrefix,
} from './compose/documents/render-discovery.ts';
import { renderOptions } from './compose/documents/render-options.ts';
import { renderComposeXPrometheus, renderPrometheus } from './compose/documents/render-prometheus.ts';
import type { Compat, Engine, Family, Scraping } from './compose/family/family.ts';
import { type ComposeText, isNamed } from './compose/file/compose-file.ts';
import { parseDocument } from './document/document.ts';
import { ConfigError, type Problem, startOf } from './document/problem.ts';
import { DOCUMENT_KINDS, type DocumentKind, type FamilyTexts } from './ports.ts';
import { parsePrometheusConfig } from './prometheus/scrape-config.ts';
import { type Artifacts, renderArtifacts } from './render-artifacts.ts';

/** For whom and how documents are rendered. */
export type DocumentSettings = {
  /** Name of the ECS cluster the families run in. */
  readonly cluster: string;
  /** What reads the documents; the prom-emf functions by default. */
  readonly engine?: Engine;
  /** Files that `extends` and ScrapingConfigurationFile may name. */
  readonly files?: readonly ComposeText[];
  readonly compat?: Compat;
  /** With `compat`: the first eight digits of the stack's id, and its name (`{family}` stands for the logical name). */
  readonly stackId?: string;
  readonly stackName?: string;
  /** What the names of the SSM parameters start with, such as /prom-emf/dev. */
  readonly documentsPrefix?: string;
  /** The security group of the scrape function. */
  readonly scraperSecurityGroup?: string;
  /** The AWS region of the metrics. */
  readonly region?: string;
  /** The log group of the families' containers; `/ecs/FAMILY` by default. */
  readonly taskLogGroup?: string;
};

/** The documents of one task family as texts, their sizes in bytes of UTF-8, and the files that go with them. */
export type RenderedFamily = FamilyTexts & {
  readonly agent: string;
  readonly options: string;
  readonly sizes: Readonly<Partial<Record<DocumentKind, number>>>;
  /** Texts by file name: task-definition.json, compose.override.yaml, dashboard.json, cloudformation.json. */
  readonly artifacts: Artifacts;
};

/** Renders a family of a project, adding to `problems` what only shows then. */
export function renderFamily(
  family: Family,
  project: readonly Family[],
  settings: DocumentSettings,
  problems: Problem[],
): RenderedFamily {
  const texts = documentsOf(family, settings, problems);
  for (const kind of DOCUMENT_KINDS) if (texts[kind]?.includes('{{')) problems.push(refusedText(family.name, kind));
  const sizes = Object.fromEntries(
    DOCUMENT_KINDS.flatMap((kind) => (texts[kind] === undefined ? [] : [[kind, bytesOf(texts[kind])]])),
  );
  return { family: family.name, ...texts, sizes, artifacts: renderArtifacts(family, project, settings, problems) };
}

type Texts = Pick<RenderedFamily, DocumentKind>;

function documentsOf(family: Family, settings: DocumentSettings, problems: Problem[]): Texts {
  const { cluster, compat, engine = 'lambda' } = settings;
  const own = scrapingFile(family, settings, problems);
  if (compat !== undefined) {
    const stack: Stack = { id: settings.stackId, name: settings.stackName };
    const prometheus = own ?? renderComposeXPrometheus(family, stackPrefix(stack));
    return {
      ...(family.scrapes && { prometheus }),
      agent: JSON.stringify(renderComposeXAgent(family, renderComposeXDiscovery(family, stack))),
      options: JSON.stringify(renderOptions({}, engine)),
    };
  }
  const prometheus = own ?? renderPrometheus(family, endpointsOf(family, cluster), cluster);
  if (own === undefined) problems.push(...refusedSettings(prometheus, family));
  return {
    ...(family.scrapes && { prometheus }),
    agent: JSON.stringify(renderAgent(family, renderDiscovery(family, cluster), cluster)),
    options: JSON.stringify(renderOptions(family.options, engine)),
  };
}

/** What ScrapeConfigs and ScrapingConfiguration make together, as a Prometheus would refuse it. */
function refusedSettings(prometheus: string, { name, scrapeSections, scraping }: Family): readonly Problem[] {
  try {
    parsePrometheusConfig(parseDocument(prometheus, `${name}/prometheus`, 'text'));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const section = scrapeSections.at(-1);
    return error.problems.map((problem) => {
      const text = `${problem.path}: ${problem.text}`;
      return (
        section?.problemAt('error', ['ScrapeConfigs'], text) ??
        intervalSection(scraping)?.problemAt('error', ['ScrapingConfiguration'], text) ??
        problem
      );
    });
  }
}

/** Where a family's interval or timeout is written. */
function intervalSection(scraping: Scraping | undefined) {
  return scraping?.writtenIn.Timeout ?? scraping?.writtenIn.Interval;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The backstop for texts that no section holds: a scraping file, a cluster name. */
function refusedText(family: string, kind: DocumentKind): Problem {
  const text = `expected no "{{" in the ${kind} document of ${family}, found it; SSM parameters cannot hold it`;
  return { severity: 'error', place: startOf(`${family}/${kind}`), path: '', text };
}

/** The user's own Prometheus configuration, if the family names one. */
function scrapingFile({ scraping }: Family, { files = [] }: DocumentSettings, problems: Problem[]) {
  const section = scraping?.writtenIn.ScrapingConfigurationFile;
  const wanted = section?.value.ScrapingConfiguration?.ScrapingConfigurationFile;
  if (scraping === undefined || section === undefined || wanted === undefined) return undefined;
  const missing = section.problemAt(
    'error',
    ['ScrapingConfiguration', 'ScrapingConfigurationFile'],
    `expected a file that was given too, found ${JSON.stringify(wanted)}; give it, relative to the compose file`,
  );
  const file = files.find((candidate) => isNamed(candidate.file, wanted, missing.place.file));
  if (file === undefined) {
    problems.push(missing);
    return undefined;
  }
  warnOverruled(scraping, wanted, problems);
  try {
    parsePrometheusConfig(parseDocument(file.text, file.file, 'text'));
    return stringify(parseDocument(file.text, file.file).value);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function warnOverruled(scraping: Scraping, file: string, problems: Problem[]): void {
  for (const key of ['Interval', 'Timeout'] as const) {
    const section = scraping.writtenIn[key];
    if (section === undefined) continue;
    const text = `has no effect beside ScrapingConfigurationFile; write it in ${file}`;
    problems.push(section.problemAt('warning', ['ScrapingConfiguration', key], text));
  }
}
