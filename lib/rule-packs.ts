import type { RulePack } from './compose/extensions/rule-pack.ts';
import { PREDEFINED } from './compose/family/family-exporters.ts';

export { parseRulePackText } from './compose/extensions/rule-pack.ts';
export type { RulePack };

/** What there is to know about a rule pack before one reads it. */
export type RulePackSummary = {
  readonly name: string;
  readonly title: string;
  readonly port: number;
  readonly path: string;
  /** How many metric_declarations it has. */
  readonly declarations: number;
  /** How many CloudWatch metrics a family made where it was tried; nothing where it was not. */
  readonly typical_metric_count: number | undefined;
  /** The keys of a compose file that switch it on. */
  readonly switches: readonly string[];
};

/** A line for each rule pack, in the order given. */
export function summarizeRulePacks(packs: readonly RulePack[]): RulePackSummary[] {
  return packs.map((pack) => ({
    name: pack.name,
    title: pack.title,
    port: pack.discovery.port,
    path: pack.discovery.path,
    declarations: pack.metric_declaration.length + (pack.added_metric_declaration ?? []).length,
    typical_metric_count: pack.typical_metric_count,
    switches: switchesOf(pack.name),
  }));
}

function switchesOf(name: string): string[] {
  const keys = PREDEFINED.filter(([, pack]) => pack === name).map(([key]) => `ContainersInsights.${key}`);
  return [...keys, `x-prom-emf.Exporters.${name}`];
}
