import type { ComposeText } from '../lib/compose-sources.ts';
import { formatProblem, type Problem } from '../lib/document/problem.ts';
import type { DocumentStore } from '../lib/ports.ts';
import { type PublishedFamily, publishFamilies } from '../lib/publish.ts';
import { type RenderedFamily, type RenderSettings, readRulePacks, renderFamilies } from '../lib/render.ts';
import { parseRulePackText } from '../lib/rule-packs.ts';
import { packs } from '../rules/index.ts';

/** What every way in comes down to: compose files as texts, and what to do with their documents. */
export type ConfigRequest = {
  readonly cluster: string;
  /** Merged in order; none: nothing is rendered, so that pruning deletes all families of the project. */
  readonly compose: readonly ComposeText[];
  /** Files that these name. */
  readonly files: readonly ComposeText[];
  /** The user's own rule packs. */
  readonly rules: readonly ComposeText[];
  readonly environment: Readonly<Record<string, string>>;
  /** Default: the `name:` of the compose files. */
  readonly project?: string | undefined;
  /** An earlier name of the project. */
  readonly formerProject?: string | undefined;
  /** The active profiles; none given: those of every profile. */
  readonly profiles?: readonly string[] | undefined;
  readonly engine?: NonNullable<RenderSettings['engine']>;
  readonly prune: boolean;
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
};

export type ConfigResult = {
  /** Without artifacts when the documents were to be written: those of two hundred families are more than Lambda returns. */
  readonly families: readonly (Omit<RenderedFamily, 'artifacts'> & Partial<Pick<RenderedFamily, 'artifacts'>>)[];
  readonly warnings: readonly string[];
  /** The parameters that were written. */
  readonly written: readonly string[];
  /** What became of each family, the pruned ones too; in a dry run, what would. Empty when nothing was to be written. */
  readonly outcomes: readonly Omit<PublishedFamily, 'addresses'>[];
};

const rulePacks = readRulePacks(packs);

/** Renders the documents and publishes them to the store; without one they are only rendered. */
export async function runRequest(request: ConfigRequest, store: DocumentStore | undefined): Promise<ConfigResult> {
  const { cluster, formerProject, prune, dryRun, signal } = request;
  const { families, warnings, project } = renderRequest(request);
  const settings = { cluster, project: request.project ?? project, formerProject, prune, dryRun, signal };
  const published = store === undefined ? [] : await publishFamilies(families, store, settings);
  const written = published.filter(({ outcome }) => !dryRun && (outcome === 'created' || outcome === 'changed'));
  return {
    families: store === undefined ? families : families.map(({ artifacts, ...documents }) => documents),
    warnings: warnings.map(formatProblem),
    written: written.flatMap(({ addresses }) => addresses),
    outcomes: published.map(({ addresses, ...outcome }) => outcome),
  };
}

function renderRequest({ cluster, compose, files, rules, environment, engine, profiles }: ConfigRequest) {
  if (compose.length === 0) return { families: [], warnings: [] as Problem[], project: undefined };
  const own = rules.map(({ file, text }) => parseRulePackText(text, file));
  return renderFamilies(compose, {
    cluster,
    rulePacks: [...rulePacks, ...own],
    environment,
    files,
    ...deployment(),
    ...(engine !== undefined && { engine }),
    ...(profiles !== undefined && { profiles }),
  });
}

/** What the stack knows of itself. */
function deployment() {
  const { DOCUMENTS_PREFIX, SCRAPE_SECURITY_GROUPS, AWS_REGION } = process.env;
  const [scraperSecurityGroup] = (SCRAPE_SECURITY_GROUPS ?? '').split(',').filter((id) => id !== '');
  return {
    ...(DOCUMENTS_PREFIX !== undefined && { documentsPrefix: DOCUMENTS_PREFIX }),
    ...(scraperSecurityGroup !== undefined && { scraperSecurityGroup }),
    ...(AWS_REGION !== undefined && { region: AWS_REGION }),
  };
}

/** What could not be done, a line a family; empty when all is done. */
export function failuresOf({ outcomes }: ConfigResult): readonly string[] {
  return outcomes.flatMap(({ family, error }) => (error === undefined ? [] : [`family ${family}: ${error}`]));
}
