import type { Problem } from '../document/problem.ts';
import { FAMILY_LABEL, type FamilyMember } from './compose-service.ts';
import type { RulePack } from './rule-pack.ts';
import type { Section } from './x-prometheus.ts';
import type { ContainersInsights, CustomRule, ExporterSettings } from './x-prometheus-schema.ts';

/**
 * Whose rules decide: ours, or those of an ECS Compose-X release (1.1.9; 1.0.1 was the last to render App Mesh).
 * Source of the differences: docs/differences-from-the-agent.md.
 */
export type Compat = 'compose-x' | 'compose-x@1.0.1' | undefined;

/** A predefined exporter that is on. */
export type Exporter = {
  readonly pack: RulePack;
  readonly port: number;
  readonly path: string;
  readonly source_labels: readonly string[] | undefined;
  readonly label_matcher: string | undefined;
};

/** One ScrapingConfiguration, with the section it is written in. */
export type Scraping = NonNullable<ContainersInsights['ScrapingConfiguration']> & { readonly section: Section };

/** What the services of one task family ask for together. */
export type Family = {
  readonly name: string;
  /** The name without what CloudFormation refuses in a logical id. */
  readonly logicalName: string;
  readonly debug: boolean;
  readonly exporters: readonly Exporter[];
  readonly customRules: readonly CustomRule[];
  readonly scraping: Scraping | undefined;
};

/** Each key and the rule pack behind it, in the order their declarations are written. */
const PREDEFINED = [
  ['CollectForAppMesh', 'appmesh'],
  ['CollectForJavaJmx', 'javajmx'],
  ['CollectForNginx', 'nginx'],
] as const;
type PredefinedKey = (typeof PREDEFINED)[number][0];

/**
 * The family its services' sections make; nothing when they collect nothing. By default CustomRules are concatenated
 * and exporters collected from every service; as in Compose-X, the last service with a key wins it as a whole.
 * `sections`: dependencies first.
 */
export function mergeSections(
  name: string,
  sections: readonly Section[],
  settings: { readonly rulePacks: readonly RulePack[]; readonly compat: Compat; readonly problems: Problem[] },
): Family | undefined {
  const { compat, problems } = settings;
  const last = sections.slice(-1);
  const givers = (has: (insights: ContainersInsights) => boolean): readonly Section[] => {
    const all = sections.filter(({ insights }) => has(insights));
    return compat === undefined ? all : all.slice(-1);
  };
  const exporters = PREDEFINED.flatMap(([key, packName]) => {
    const on = givers((insights) => settingsOf(insights, key, compat) !== undefined);
    const pack = settings.rulePacks.find((candidate) => candidate.name === packName);
    if (pack !== undefined) return on.map(({ insights }) => exporterOf(pack, settingsOf(insights, key, compat) ?? {}));
    problems.push(
      ...on.map((section) => section.problemAt('error', [key], `expected the rule pack ${packName}, found none`)),
    );
    return [];
  });
  const customRules = givers(({ CustomRules = [] }) => CustomRules.length > 0).flatMap(
    ({ insights }) => insights.CustomRules ?? [],
  );
  const debug = sections.some(({ insights }) => insights.EnableCWAgentDebug === true);
  const scraping = mergeScraping(
    givers(({ ScrapingConfiguration: own = {} }) => Object.keys(own).length > 0),
    problems,
  );
  const collects = exporters.length > 0 || customRules.length > 0;
  const asks = debug || scraping !== undefined || sections.some(({ insights }) => asksForAgent(insights));
  if (!collects && asks && compat === undefined) {
    const text = 'nothing is collected, so nothing is rendered; add a CollectFor key or CustomRules';
    problems.push(...last.map((section) => section.problemAt('warning', [], text)));
  }
  if (!collects && (compat === undefined || !asks)) return undefined;
  return { name, logicalName: logicalNameOf(name), debug, exporters: distinct(exporters), customRules, scraping };
}

export function logicalNameOf(family: string): string {
  return family.replace(/[^A-Za-z0-9]/g, '');
}

/** The settings of an exporter that is on; `{}` means on with defaults here, and off in Compose-X. */
function settingsOf(insights: ContainersInsights, key: PredefinedKey, compat: Compat): ExporterSettings | undefined {
  const value = insights[key];
  if (value === undefined || value === false) return undefined;
  if (key === 'CollectForAppMesh' && compat === 'compose-x') return undefined;
  if (value === true) return {};
  return compat !== undefined && Object.keys(value).length === 0 ? undefined : value;
}

function exporterOf(pack: RulePack, settings: ExporterSettings): Exporter {
  return {
    pack,
    port: settings.ExporterPort ?? pack.discovery.port,
    path: settings.ExporterPath ?? pack.discovery.path,
    source_labels: settings.source_labels,
    label_matcher: settings.label_matcher,
  };
}

/** Keys that configure nothing alone, and for which Compose-X adds its agent all the same. */
function asksForAgent({ EnableTasksDiscovery, AutoAddNginxPrometheusExporter }: ContainersInsights): boolean {
  return EnableTasksDiscovery === true || AutoAddNginxPrometheusExporter === true;
}

/** Key by key, the last service wins; a family is scraped by one Prometheus configuration. */
function mergeScraping(sections: readonly Section[], problems: Problem[]): Scraping | undefined {
  let merged: Scraping | undefined;
  for (const section of sections) {
    const own = section.insights.ScrapingConfiguration ?? {};
    for (const key of ['Interval', 'Timeout', 'ScrapingConfigurationFile'] as const) {
      const [before, after] = [merged?.[key], own[key]];
      if (before === undefined || after === undefined || before === after) continue;
      const text = `replaces ${JSON.stringify(before)} of service ${merged?.section.service}; one value holds for the whole family`;
      problems.push(section.problemAt('warning', ['ScrapingConfiguration', key], text));
    }
    merged = { ...merged, ...own, section };
  }
  return merged;
}

function distinct(exporters: readonly Exporter[]): Exporter[] {
  const keyOf = ({ pack, ...settings }: Exporter) => JSON.stringify([pack.name, settings]);
  return [...new Map(exporters.map((exporter) => [keyOf(exporter), exporter])).values()];
}

/** The services of each family, in the order the families are first named; within one, dependencies come first. */
export function groupFamilies(services: readonly FamilyMember[]): ReadonlyMap<string, readonly FamilyMember[]> {
  const names = new Set(services.flatMap((service) => service.families));
  return new Map([...names].map((name) => [name, inOrder(services.filter(({ families }) => families.includes(name)))]));
}

function inOrder(services: readonly FamilyMember[]): readonly FamilyMember[] {
  const ordered = new Set<FamilyMember>();
  const seen = new Set<FamilyMember>();
  const visit = (service: FamilyMember) => {
    if (seen.has(service)) return;
    seen.add(service);
    for (const other of services) if (service.dependsOn.includes(other.name)) visit(other);
    ordered.add(service);
  };
  for (const service of services) visit(service);
  return [...ordered];
}

/** A family's name must fit a task definition, an SSM path and a folder; two logical names that meet are suspicious. */
export function checkFamilyNames(families: ReadonlyMap<string, readonly FamilyMember[]>, problems: Problem[]): void {
  const taken = new Map<string, string>();
  for (const [name, services] of families) {
    const [service] = services;
    if (service === undefined) continue;
    const path = `services.${service.name}.deploy.labels.${FAMILY_LABEL}`;
    const report = (severity: Problem['severity'], text: string) =>
      problems.push({ severity, place: service.familyPlace, path, text });
    if (name.length > 255 || !/^_*[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) {
      report('error', `expected a task family of at most 255 letters, digits, - and _, found ${JSON.stringify(name)}`);
    }
    const other = taken.get(logicalNameOf(name));
    if (other === undefined) taken.set(logicalNameOf(name), name);
    else report('warning', `families ${other} and ${name} have one logical name, ${logicalNameOf(name)}; rename one`);
  }
}
