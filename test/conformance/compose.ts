import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { parseRulePack } from '../../lib/compose/extensions/rule-pack.ts';
import { type Compat, logicalNameOf } from '../../lib/compose/family/family.ts';
import type { ComposeText } from '../../lib/compose/file/compose-file.ts';
import { ConfigError } from '../../lib/document/problem.ts';
import { type RenderedFamily, renderFamilies } from '../../lib/render.ts';
import appmesh from '../../rules/appmesh.json' with { type: 'json' };
import javajmx from '../../rules/javajmx.json' with { type: 'json' };
import nginx from '../../rules/nginx.json' with { type: 'json' };
import { sidecarDifference } from './compose-sidecars.ts';
import type { Outcome, Topic } from './topic.ts';

export const rulePacks = [appmesh, javajmx, nginx].map((document) => parseRulePack(document));

/** The names of the recorded deployment; every family has a nested stack of its own. */
const STACK = { stackId: '0a1b2c3d', stackName: 'test-{family}-1A2B3C4D5E6F7' };

/** What prom-emf refuses, with its place, where ECS Compose-X copies it. */
const NO_CONFIGURATION = 'the scraping file is no Prometheus configuration (file_sd_configs is a mapping): refused';

/** The documents, the sidecars and what an agent may do are those of ECS Compose-X. */
export const topic: Topic = {
  name: 'compose',
  run: async (folder) => caseFolders(folder).map((name) => runCase(join(folder, name), name)),
};

function runCase(folder: string, name: string): Outcome {
  const rendered = renderCase(folder, 'compose-x');
  const isRefused = copiesNoConfiguration(folder);
  if (rendered instanceof ConfigError) {
    const errors = rendered.problems.filter(({ severity }) => severity === 'error');
    const isPlaced = errors.every(({ place, path }) => place.line > 1 && OF_SCRAPING_FILE.test(path));
    if (isRefused && isPlaced) return { case: name, outcome: 'skipped', reason: NO_CONFIGURATION };
    return { case: name, outcome: 'failed', detail: `refused: ${rendered.message}` };
  }
  if (isRefused) return { case: name, outcome: 'failed', detail: 'accepted, expected it to be refused' };
  const detail = differenceOf(folder, rendered);
  return detail === undefined ? { case: name, outcome: 'passed' } : { case: name, outcome: 'failed', detail };
}

/** The file, where the case has it, or the key that names it. */
const OF_SCRAPING_FILE = /(?:\.ScrapingConfigurationFile|^scrape_configs\[\d+\]\.file_sd_configs)$/;

type CopiedConfiguration = { readonly scrape_configs?: readonly { readonly file_sd_configs?: unknown }[] } | null;

/** Whether ECS Compose-X rendered a Prometheus configuration that no Prometheus and no agent reads. */
function copiesNoConfiguration(folder: string): boolean {
  return recordedNames(folder, 'prometheus').some((file) => {
    const { scrape_configs = [] } = (parse(readFileSync(join(folder, file), 'utf8')) as CopiedConfiguration) ?? {};
    return scrape_configs.some(({ file_sd_configs = [] }) => !Array.isArray(file_sd_configs));
  });
}

function recordedNames(folder: string, name: string): string[] {
  return readdirSync(folder).filter((file) => file.startsWith(`${name}.`));
}

export function caseFolders(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The compose file and its override, with every other YAML file of the case at hand. */
export function renderCase(folder: string, compat: Compat): readonly RenderedFamily[] | ConfigError {
  const textOf = (file: string): ComposeText => ({ file, text: readFileSync(join(folder, file), 'utf8') });
  const composeFiles = ['compose.yaml', 'override.yaml'].filter((file) => existsSync(join(folder, file)));
  const others = readdirSync(folder).filter((file) => file.endsWith('.yaml') && !composeFiles.includes(file));
  try {
    const settings = { cluster: 'test', rulePacks, environment: {}, files: others.map(textOf), compat, ...STACK };
    return renderFamilies(composeFiles.map(textOf), settings).families;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The first document or sidecar that is not the recorded one; nothing when all are equal. */
export function differenceOf(folder: string, rendered: readonly RenderedFamily[]): string | undefined {
  const expected = recordedFamilies(folder);
  const found = rendered.map(({ family }) => logicalNameOf(family)).sort();
  if (!isDeepStrictEqual(found, expected)) return `expected families [${expected}], found [${found}]`;
  for (const family of rendered) {
    const infix = recordsByFamily(folder) ? `.${logicalNameOf(family.family)}` : '';
    for (const [kind, name, extension] of [
      ['prometheus', 'prometheus', 'yaml'],
      ['agent', 'cw-agent', 'json'],
    ] as const) {
      const recorded = parse(readRecorded(folder, name + infix, extension) ?? '');
      const own: unknown = parse(family[kind] ?? '');
      if (isDeepStrictEqual(own, recorded)) continue;
      return `${kind} of ${family.family}: expected ${JSON.stringify(recorded)}, found ${JSON.stringify(own)}`;
    }
  }
  return sidecarDifference(folder, rendered);
}

/** The document after deployment; as written where CloudFormation would refuse it; nothing where there is none. */
function readRecorded(folder: string, name: string, extension: string): string | undefined {
  const candidates = [`${name}.resolved.${extension}`, `${name}.${extension}`].map((file) => join(folder, file));
  const file = candidates.find((candidate) => existsSync(candidate));
  return file && readFileSync(file, 'utf8');
}

/** A project of several families has the family in the names of its files, even if only one of them has documents. */
function recordsByFamily(folder: string): boolean {
  return readdirSync(folder).some((file) => /^cw-agent\.(?!resolved\.)[^.]+(\.resolved)?\.json$/.test(file));
}

type Meta = { readonly sizes: Readonly<Record<string, { readonly cw_agent: number }>> };

/** The logical names of the families that have documents. */
function recordedFamilies(folder: string): string[] {
  const { sizes } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  return Object.keys(sizes)
    .filter((family) => (sizes[family]?.cw_agent ?? 0) > 0)
    .sort();
}
