import type { WantedAlarm } from '../../cloudwatch/monitoring/alarm-settings.ts';
import type { WantedScaling } from '../../cloudwatch/monitoring/scaling-settings.ts';
import type { ChosenOptions } from '../../cloudwatch/options.ts';
import type { Problem } from '../../document/problem.ts';
import type { RulePack } from '../extensions/rule-pack.ts';
import type { Section } from '../extensions/section.ts';
import type { PromEmf, ScrapeSettings, TopLevel } from '../extensions/x-prom-emf-schema.ts';
import type { ContainersInsights, CustomRule } from '../extensions/x-prometheus-schema.ts';
import { type ComposeService, FAMILY_LABEL, type FamilyMember } from '../file/compose-service.ts';

/**
 * Whose rules decide: ours, or those of an ECS Compose-X release (1.1.9; 1.0.1 was the last to render App Mesh).
 * Source of the differences: docs/differences-from-the-agent.md.
 */
export type Compat = 'compose-x' | 'compose-x@1.0.1' | undefined;

/** What runs the documents: the prom-emf functions, or a CloudWatch agent beside the tasks. */
export const ENGINES = ['lambda', 'agent'] as const;
export type Engine = (typeof ENGINES)[number];

/** An exporter that is on, and the rule pack that says what to take from it. */
export type Exporter = {
  readonly pack: RulePack;
  readonly port: number;
  readonly path: string;
  readonly source_labels: readonly string[] | undefined;
  readonly label_matcher: string | undefined;
};

type ScrapingKey = keyof NonNullable<ContainersInsights['ScrapingConfiguration']>;

/** The ScrapingConfiguration of a family, and the section that each of its keys is written in. */
export type Scraping = NonNullable<ContainersInsights['ScrapingConfiguration']> & {
  readonly writtenIn: Readonly<Partial<Record<ScrapingKey, Section<ContainersInsights>>>>;
};

/** What the services of one task family ask for together. */
export type Family = {
  readonly name: string;
  /** The name without what CloudFormation refuses in a logical id. */
  readonly logicalName: string;
  /** Its containers, dependencies first. */
  readonly services: readonly ComposeService[];
  readonly exporters: readonly Exporter[];
  readonly customRules: readonly CustomRule[];
  readonly scraping: Scraping | undefined;
  /** Whether it has anything to scrape; without, it has no Prometheus configuration. */
  readonly scrapes: boolean;
  /** EnableCWAgentDebug. */
  readonly debug: boolean;
  /** Whether an agent takes EMF from the family's applications. */
  readonly collectsEmf: boolean;
  /** The agent's image, where one is asked for. */
  readonly agentImage: string | undefined;
  /** AutoAddNginxPrometheusExporter, where NGINX metrics are collected. */
  readonly addsNginxExporter: boolean;
  /** Whether tasks that no service started are scraped too. */
  readonly discoversTasks: boolean;
  readonly options: ChosenOptions;
  /** How jobs scrape: later entries win, key by key. */
  readonly scrapeSettings: readonly ScrapeSettings[];
  /** The sections that these are written in, the top level's first. */
  readonly scrapeSections: readonly Section<TopLevel>[];
  readonly alarms: readonly WantedAlarm[];
  readonly scaling: readonly WantedScaling[];
  /** The x-prom-emf of its services, in their order; none as ECS Compose-X has it. */
  readonly own: readonly Section<PromEmf>[];
};

export function logicalNameOf(family: string): string {
  return family.replace(/[^A-Za-z0-9]/g, '');
}

/**
 * The services of each family, in the order the families are first named; within one, dependencies come first.
 * ECS Compose-X looks no further than direct dependencies: who has more of them comes later.
 */
export function groupFamilies(
  services: readonly FamilyMember[],
  compat: Compat,
): ReadonlyMap<string, readonly FamilyMember[]> {
  const inOrder = compat === undefined ? dependenciesFirst : fewestDependenciesFirst;
  const names = new Set(services.flatMap((service) => service.families));
  return new Map([...names].map((name) => [name, inOrder(services.filter(({ families }) => families.includes(name)))]));
}

function fewestDependenciesFirst(services: readonly FamilyMember[]): readonly FamilyMember[] {
  const dependencies = ({ dependsOn }: FamilyMember) => services.filter(({ name }) => dependsOn.includes(name)).length;
  return [...services].sort((a, b) => dependencies(a) - dependencies(b));
}

function dependenciesFirst(services: readonly FamilyMember[]): readonly FamilyMember[] {
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
