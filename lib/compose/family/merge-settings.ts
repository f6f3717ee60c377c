import type { ChosenOptions } from '../../cloudwatch/options.ts';
import type { Problem } from '../../document/problem.ts';
import type { Section } from '../extensions/section.ts';
import type { PromEmf, TopLevel } from '../extensions/x-prom-emf-schema.ts';
import type { ContainersInsights } from '../extensions/x-prometheus-schema.ts';
import type { Scraping } from './family.ts';

const SCRAPING_KEYS = ['Interval', 'Timeout', 'ScrapingConfigurationFile'] as const;

/** Key by key, the last service wins; a family is scraped by one Prometheus configuration. */
export function mergeScraping(
  sections: readonly Section<ContainersInsights>[],
  problems: Problem[],
): Scraping | undefined {
  let merged: Scraping | undefined;
  for (const section of sections) {
    const own = section.value.ScrapingConfiguration ?? {};
    const given = SCRAPING_KEYS.filter((key) => own[key] !== undefined);
    for (const key of given) {
      const text = replacement(merged?.[key], own[key], merged?.writtenIn[key]?.service);
      if (text !== undefined) problems.push(section.problemAt('warning', ['ScrapingConfiguration', key], text));
    }
    const writtenIn = { ...merged?.writtenIn, ...Object.fromEntries(given.map((key) => [key, section])) };
    merged = { ...merged, ...own, writtenIn };
  }
  return merged;
}

/** Key by key: a service's options lie over the top level's; of two services the later wins, with a warning. */
export function mergeOptions(sections: readonly Section<PromEmf | TopLevel>[], problems: Problem[]): ChosenOptions {
  let merged: ChosenOptions = {};
  const givers = new Map<string, string>();
  for (const { service, value, problemAt } of sections) {
    for (const [key, chosen] of Object.entries(value.Options ?? {})) {
      const giver = givers.get(key);
      const text = giver ? replacement(merged[key as keyof ChosenOptions], chosen, giver) : undefined;
      if (text !== undefined) problems.push(problemAt('warning', ['Options', key], text));
      givers.set(key, service);
    }
    merged = { ...merged, ...value.Options };
  }
  return merged;
}

/** The named settings of all services as a list; of two with one name the later wins, with a warning. */
export function mergeNamed<const Key extends 'Alarms' | 'Scaling'>(
  sections: readonly Section<PromEmf>[],
  key: Key,
  problems: Problem[],
): readonly (NonNullable<PromEmf[Key]>[string] & { readonly name: string })[] {
  type Settings = NonNullable<PromEmf[Key]>[string];
  const named = new Map<string, Settings>();
  for (const { value, problemAt } of sections) {
    for (const [name, settings] of Object.entries(value[key] ?? {}) as [string, Settings][]) {
      if (named.has(name)) {
        const text = `replaces what another service of the family calls ${JSON.stringify(name)}; rename one`;
        problems.push(problemAt('warning', [key, name], text));
      }
      named.set(name, settings);
    }
  }
  return [...named].map(([name, settings]) => ({ ...settings, name }));
}

function replacement(before: unknown, after: unknown, giver: string | undefined): string | undefined {
  if (before === undefined || after === undefined || JSON.stringify(before) === JSON.stringify(after)) return undefined;
  return `replaces ${JSON.stringify(before)} of service ${giver}; one value holds for the whole family`;
}
