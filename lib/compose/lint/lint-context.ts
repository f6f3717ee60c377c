import type { MetricDeclaration } from '../../cloudwatch/agent-config.ts';
import type { Path } from '../../document/document.ts';
import { customDeclarations, declarationsOf } from '../documents/render-agent.ts';
import type { RulePack } from '../extensions/rule-pack.ts';
import type { Section } from '../extensions/section.ts';
import type { TopLevel } from '../extensions/x-prom-emf-schema.ts';
import type { ContainersInsights, ExporterSettings } from '../extensions/x-prometheus-schema.ts';
import type { Compat, Engine, Exporter, Family } from '../family/family.ts';
import { PREDEFINED } from '../family/family-exporters.ts';
import type { ServiceSections } from '../family/merge-family.ts';

/** What the warnings about families look at. */
export type LintContext = {
  readonly sections: ReadonlyMap<string, ServiceSections>;
  readonly topLevel: Section<TopLevel> | undefined;
  readonly rulePacks: readonly RulePack[];
  readonly compat?: Compat;
  readonly cluster: string;
  /** What reads the documents; the prom-emf functions by default. */
  readonly engine?: Engine;
  /** With `compat`: what jobs start with. */
  readonly stackId?: string;
};

/** The ContainersInsights of a family's services, in their order. */
export function insightsOf({ services }: Family, { sections }: LintContext): Section<ContainersInsights>[] {
  return services.flatMap(({ name }) => sections.get(name)?.insights ?? []);
}

/** A key that asks for an exporter, and what the family makes of it; nothing where it is ignored or another's wins. */
export type WantedExporter = {
  readonly exporter: Exporter | undefined;
  readonly settings: ExporterSettings;
  readonly section: Section<unknown>;
  /** Where it is written in the section. */
  readonly path: Path;
};

/** Every key of a family's services that asks for an exporter. */
export function wantedExporters(family: Family, context: LintContext): WantedExporter[] {
  const predefined = insightsOf(family, context).flatMap((section) =>
    PREDEFINED.map(([key, name]) => ({ section, name, written: section.value[key], path: [key] })),
  );
  const named = family.own.flatMap((section) =>
    Object.entries(section.value.Exporters ?? {}).map(([name, written]) => ({
      section,
      name,
      written,
      path: ['Exporters', name],
    })),
  );
  return [...predefined, ...named].flatMap(({ section, name, written, path }) => {
    if (written === undefined || written === false) return [];
    const settings = written === true ? {} : written;
    return [{ exporter: exporterOf(family, name, settings), settings, section, path }];
  });
}

function exporterOf({ exporters }: Family, name: string, settings: ExporterSettings): Exporter | undefined {
  const wanted = JSON.stringify([settings.source_labels, settings.label_matcher]);
  return exporters.find(
    ({ pack, port, path, source_labels, label_matcher }) =>
      pack.name === name &&
      port === (settings.ExporterPort ?? pack.discovery.port) &&
      path === (settings.ExporterPath ?? pack.discovery.path) &&
      JSON.stringify([source_labels, label_matcher]) === wanted,
  );
}

/** A metric_declaration of a family and where it is written. */
export type WrittenDeclaration = {
  readonly declaration: Omit<MetricDeclaration, 'source_labels'> & { readonly source_labels: readonly string[] };
  readonly section: Section<unknown>;
  /** The processor, or the key of the exporter. */
  readonly path: Path;
  /** Whose settings a user can change: of an exporter's declarations only what is written. */
  readonly changes: (key: 'source_labels' | 'label_matcher' | 'dimensions' | 'metric_selectors') => boolean;
};

/** The declarations of a family: those of its rules, and those of its exporters at the keys that switch them on. */
export function writtenDeclarations(family: Family, context: LintContext): WrittenDeclaration[] {
  return [...rulesOf(family, context), ...exporterDeclarations(family, context)];
}

/** A declaration of a custom rule, and the port that the rule is for. */
export type RuleDeclaration = WrittenDeclaration & { readonly port: number };

/** The declarations of a family's own rules; under `compat` those that another service's win over are not there. */
export function rulesOf(family: Family, context: LintContext): RuleDeclaration[] {
  return insightsOf(family, context).flatMap((section) =>
    (section.value.CustomRules ?? []).flatMap((rule, index) =>
      !family.customRules.includes(rule)
        ? []
        : customDeclarations({ customRules: [rule] }).map((declaration, processor) => ({
            declaration: { ...declaration, source_labels: declaration.source_labels ?? [] },
            section,
            path: ['CustomRules', index, 'EmfProcessors', processor],
            port: rule.ExporterPort,
            changes: () => true,
          })),
    ),
  );
}

function exporterDeclarations(family: Family, context: LintContext): WrittenDeclaration[] {
  return wantedExporters(family, context).flatMap(({ exporter, settings, section, path }) =>
    publishedBy(exporter, context).map((declaration) => ({
      declaration: { ...declaration, source_labels: declaration.source_labels ?? [] },
      section,
      path,
      changes: (key) => key in settings,
    })),
  );
}

/** ECS Compose-X knows published declarations alone. */
function publishedBy(exporter: Exporter | undefined, { compat }: LintContext): MetricDeclaration[] {
  if (exporter === undefined) return [];
  if (compat === undefined) return declarationsOf(exporter);
  return declarationsOf({ ...exporter, pack: { ...exporter.pack, added_metric_declaration: undefined } });
}

/** Texts as a sentence lists them. */
export function listed(texts: Iterable<string>, conjunction: 'and' | 'or' = 'and'): string {
  const all = [...new Set(texts)];
  return [all.slice(0, -1).join(', '), ...all.slice(-1)].filter((part) => part !== '').join(` ${conjunction} `);
}
