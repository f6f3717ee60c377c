import type { Problem } from '../../document/problem.ts';
import { CREDENTIAL_KEYS } from '../../prometheus/credentials.ts';
import type { RulePack } from '../extensions/rule-pack.ts';
import type { Section } from '../extensions/section.ts';
import type { PromEmf, TopLevel } from '../extensions/x-prom-emf-schema.ts';
import type { ContainersInsights } from '../extensions/x-prometheus-schema.ts';
import type { ComposeService } from '../file/compose-service.ts';
import { type Compat, type Engine, type Family, logicalNameOf } from './family.ts';
import { exportersOf } from './family-exporters.ts';
import { mergeNamed, mergeOptions, mergeScraping } from './merge-settings.ts';

/** The sections of one service; one that is absent or has errors is not there. */
export type ServiceSections = {
  readonly insights: Section<ContainersInsights> | undefined;
  readonly own: Section<PromEmf> | undefined;
  /** `x-monitoring.CWAgentCollectEmf`, which is ECS Compose-X's own, and the agent's image it asks for. */
  readonly monitorsEmf: boolean;
  readonly agentImage: string | undefined;
};

export type MergeSettings = {
  readonly rulePacks: readonly RulePack[];
  readonly compat: Compat;
  readonly engine: Engine;
  readonly topLevel: Section<TopLevel> | undefined;
  readonly problems: Problem[];
};

/**
 * The family its services make; nothing when they collect nothing. By default CustomRules are concatenated and
 * exporters collected from every service; as in Compose-X, the last service with a key wins it as a whole.
 * `services`: dependencies first.
 */
export function mergeFamily(
  name: string,
  services: readonly ComposeService[],
  sections: ReadonlyMap<string, ServiceSections>,
  settings: MergeSettings,
): Family | undefined {
  const { compat, problems } = settings;
  const read = services.flatMap((service) => sections.get(service.name) ?? []);
  const insights = read.flatMap((each) => each.insights ?? []);
  // ECS Compose-X knows no x-prom-emf.
  const own = compat === undefined ? read.flatMap((each) => each.own ?? []) : [];
  const shared = compat === undefined && settings.topLevel !== undefined ? [settings.topLevel, ...own] : own;
  const givers = (has: (value: ContainersInsights) => boolean) => {
    const having = insights.filter(({ value }) => has(value));
    return compat === undefined ? having : having.slice(-1);
  };
  const isOn = (key: 'EnableCWAgentDebug' | 'EnableTasksDiscovery' | 'AutoAddNginxPrometheusExporter' | 'CollectEmf') =>
    insights.some(({ value }) => value[key] === true);
  const exporters = exportersOf(givers, own, settings);
  const customRules = givers(({ CustomRules = [] }) => CustomRules.length > 0).flatMap(
    ({ value }) => value.CustomRules ?? [],
  );
  const scraping = mergeScraping(
    givers(({ ScrapingConfiguration = {} }) => Object.keys(ScrapingConfiguration).length > 0),
    problems,
  );
  const debug = isOn('EnableCWAgentDebug');
  const adds = isOn('AutoAddNginxPrometheusExporter');
  const collects = exporters.length > 0 || customRules.length > 0;
  // Whatever it is, Compose-X adds its agent for it.
  const asks = debug || adds || isOn('EnableTasksDiscovery') || scraping !== undefined;
  return rendered(
    {
      name,
      logicalName: logicalNameOf(name),
      services,
      exporters,
      customRules,
      scraping,
      debug,
      scrapes: collects || (compat !== undefined && asks),
      collectsEmf: compat === undefined ? isOn('CollectEmf') : read.some(({ monitorsEmf }) => monitorsEmf),
      agentImage: read.find(({ monitorsEmf }) => monitorsEmf)?.agentImage,
      addsNginxExporter: adds && exporters.some(({ pack }) => pack.name === 'nginx' || pack.name === 'nginxplus'),
      discoversTasks: compat !== undefined || !insights.some(({ value }) => value.EnableTasksDiscovery === false),
      options: mergeOptions(shared, problems),
      scrapeSettings: shared.flatMap(({ value }) => value.ScrapeConfigs ?? []),
      scrapeSections: shared.filter(({ value }) => value.ScrapeConfigs !== undefined),
      alarms: mergeNamed(own, 'Alarms', problems),
      scaling: mergeNamed(own, 'Scaling', problems),
      own,
    },
    insights,
    own,
    settings,
  );
}

/** The family if it gives anything; otherwise a warning says what is missing. */
function rendered(
  family: Family,
  insights: readonly Section<ContainersInsights>[],
  own: readonly Section<PromEmf>[],
  { compat, engine, problems }: MergeSettings,
): Family | undefined {
  if (compat !== undefined) return family.scrapes || family.collectsEmf ? family : undefined;
  warnUnused(family, insights, { engine, problems });
  if (engine === 'agent') problems.push(...own.flatMap(agentProblems));
  if (family.scrapes || (engine === 'agent' && family.collectsEmf)) return family;
  // What is refused is not missing.
  if (problems.some(({ severity }) => severity === 'error')) return undefined;
  const text = 'nothing is collected, so nothing is rendered; add a CollectFor key, CustomRules or Exporters';
  const last = insights.filter(({ value }) => asksForMore(value)).at(-1) ?? own.at(-1);
  if (last !== undefined) problems.push(last.problemAt('warning', [], text));
  return undefined;
}

/** What an agent does not read, or reads otherwise. */
function agentProblems({ value, problemAt }: Section<PromEmf>): Problem[] {
  const unread = 'an agent does not read options; render without --engine agent, or remove them';
  const unresolved =
    'an agent takes it for the name of a file; write scrape_configs in a file of your own and name it in ScrapingConfigurationFile';
  const references = (value.ScrapeConfigs ?? []).flatMap((settings, index) =>
    CREDENTIAL_KEYS.filter((key) => settings[key] !== undefined).map((key) =>
      problemAt('error', ['ScrapeConfigs', index, key], `expected no reference to a secret: ${unresolved}`),
    ),
  );
  return [...(value.Options === undefined ? [] : [problemAt('warning', ['Options'], unread)]), ...references];
}

/** Keys that are not simply off. */
function asksForMore(value: ContainersInsights): boolean {
  return Object.values(value).some((each) => each !== undefined && each !== false && !Array.isArray(each));
}

/** Keys that are right and do nothing here. */
function warnUnused(
  family: Family,
  insights: readonly Section<ContainersInsights>[],
  { engine, problems }: Pick<MergeSettings, 'engine' | 'problems'>,
): void {
  for (const { value, problemAt } of insights) {
    if (value.AutoAddNginxPrometheusExporter === true && !family.addsNginxExporter) {
      const text = 'no NGINX metrics are collected, so no exporter is added; add CollectForNginx: true';
      problems.push(problemAt('warning', ['AutoAddNginxPrometheusExporter'], text));
    }
    if (value.CollectEmf === true && engine === 'lambda') {
      const text =
        'no agent runs beside the tasks to receive EMF; let the application write it on stdout, or render with --engine agent';
      problems.push(problemAt('warning', ['CollectEmf'], text));
    }
  }
}
